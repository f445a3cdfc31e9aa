"""A flow in the terminal: the keyboard is the telephone's keypad, and the clock runs ahead.

What is said is shown, or played by ``aplay`` or ``paplay``; what the flow asks of the world outside is
asked here, or answered from a file. It is the session that real callers get.
"""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import inf
from typing import Protocol, TextIO

from cti.calls.commands import Hangup, Transfer
from cti.calls.events import (
    CallbackWanted,
    CameBack,
    Chosen,
    Consented,
    EnteredFlow,
    EnteredMenu,
    LanguageChosen,
    MessageLeft,
    Queued,
    StateAsked,
    Surveyed,
    Taped,
)
from cti.site.files import Problem, SiteError
from ivr.answers import KINDS, Prepared, Unprepared, answer
from ivr.node import KEYS
from ivr.prompt import Piece
from ivr.prompts import Prompts
from ivr.questions import CheckSecret, Fetch, Question, SendCode
from ivr.rehearsal import Happened, Pressed, Rehearsal, Said, private, secret_fields
from ivr.session import Sound
from ivr.speech import Unmade
from ivr.tree import Flows

HIDDEN = "••••"
QUIT = "q"
SILENCE = "."
TALK = "t"
TALK_S = 60.0
"""How long an agent talks who takes the call."""
PLAYERS = (("aplay", "-q"), ("paplay",))
"""Programs that play a WAV file, the first that is there."""

Say = Callable[[str], None]


class Keyboard(Protocol):
    """Where keys come from."""

    def key(self, seconds: float | None) -> str:
        """The next key: one character, or empty when none comes in so many seconds (None: wait).
        Raises EOFError when there will be no more."""
        ...

    def line(self, prompt: str) -> str:
        """A whole line of text. Raises EOFError."""
        ...


class Piped:
    """Keys from a pipe or a file: all characters of a line, and an empty line for silence."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._keys: list[str] = []

    def key(self, seconds: float | None) -> str:
        if not self._keys:
            self._keys = [key for key in self.line("") if not key.isspace()] or [SILENCE]
        return self._keys.pop(0)

    def line(self, prompt: str) -> str:
        line = self._stream.readline()
        if not line:
            raise EOFError
        return line.strip()


class Console:
    """Keys of a real keyboard, one by one, without Enter."""

    def key(self, seconds: float | None) -> str:
        ready, _, _ = select.select([sys.stdin], [], [], seconds)
        if not ready:
            return ""
        typed = os.read(sys.stdin.fileno(), 1).decode(errors="replace")
        if typed in ("", "\x04"):
            raise EOFError
        return SILENCE if typed in "\r\n" else typed

    def line(self, prompt: str) -> str:
        with _cooked():
            return input(prompt).strip()


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """The keyboard, with the terminal set for single keys as long as it is in use."""
    stream = sys.stdin
    if not stream.isatty():
        yield Piped(stream)
        return
    before = termios.tcgetattr(stream)
    tty.setcbreak(stream)
    try:
        yield Console()
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)


@contextmanager
def _cooked() -> Iterator[None]:
    """The terminal as it usually is: lines with an echo."""
    now = termios.tcgetattr(sys.stdin)
    usual = [*now]
    usual[3] = int(usual[3]) | termios.ICANON | termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, usual)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, now)


class Aloud:
    """The flows' real sounds, made as for real calls. Raises SiteError where one cannot be made."""

    def __init__(self, prompts: Prompts, flows: Flows) -> None:
        self._prompts = prompts
        asyncio.run(prompts.load(flows))

    def sound(self, voice: str, piece: Piece) -> Sound:
        return self._prompts.sound(voice, piece)

    def spoken(self, voice: str, text: str) -> Sound:
        try:
            return asyncio.run(self._prompts.spoken(voice, text))
        except (Unmade, OSError) as error:
            raise SiteError([Problem("", 0, "", f"no sound could be made: {error}")]) from None


class Player(Protocol):
    """A sound that is being played."""

    def wait(self) -> int: ...

    def terminate(self) -> None: ...


Play = Callable[[Sound], Player]


def player() -> Play | None:
    """What plays a sound on this machine; None if nothing does."""
    command = next(((found, *rest) for name, *rest in PLAYERS if (found := shutil.which(name))), None)
    if command is None:
        return None

    def play(sound: Sound) -> Player:
        return subprocess.Popen([*command, f"{sound.path}.wav"], stdin=subprocess.DEVNULL)

    return play


class Asking:
    """Answers a flow's questions from what was prepared, else by asking at the keyboard."""

    def __init__(self, keys: Keyboard, say: Say, prepared: Mapping[str, object]) -> None:
        self._keys, self._say = keys, say
        self._prepared = Prepared(prepared)

    def __call__(self, question: Question, node: str) -> object:
        try:
            return self._prepared(question, node)
        except Unprepared:
            pass
        self._say(f"         ? {node} asks for a {KINDS[type(question)]}; fails and hangs are answers too")
        match question:
            case Fetch(save=save):
                return self._fields(question, save)
            case CheckSecret():
                return self._one(question, "right, wrong or locked")
            case _:
                return self._one(question, "yes")

    def _one(self, question: Question, choices: str) -> object:
        while True:
            given = self._keys.line(f"           {choices}: ")
            try:
                return answer(question, True if isinstance(question, SendCode) and given == "yes" else given)
            except Unprepared as error:
                self._say(f"           {error}")

    def _fields(self, question: Question, save: Mapping[str, str]) -> object:
        found: dict[str, str] = {}
        for name in save:
            given = self._keys.line(f"           {name} (empty: not found): ")
            if given in ("fails", "hangs"):
                return answer(question, given)
            if given:
                found[name] = given
        return found


class Screen:
    """Tells what happens, a line each. Fields in ``secrets`` are never shown."""

    def __init__(self, say: Say, secrets: frozenset[str], flows: Flows) -> None:
        self._say, self._secrets, self._flows = say, secrets, flows
        self._seen = 0
        self._data: dict[str, object] = {}

    def update(self, call: Rehearsal) -> None:
        """Shows what has happened since the last time."""
        for happened in call.log[self._seen :]:
            if line := self._line(happened):
                clock = happened.at - call.began
                self._say(f"{int(clock // 60):3}:{clock % 60:04.1f}  {line}")
        self._seen = len(call.log)
        if dict(call.data) != self._data:
            self._data = dict(call.data)
            shown = (f"{k}={HIDDEN if k in self._secrets else v}" for k, v in self._data.items())
            self._say(f"         data: {', '.join(shown)}")

    def _line(self, happened: Happened) -> str:
        match happened.what:
            case EnteredFlow(flow=flow, version=version):
                return f"flow {flow}, version {version}"
            case EnteredMenu(node=node, verb=verb):
                return f"→ {node} ({verb})"
            case Said(words=words, file=file):
                return f"  [{words}]" if file else f"  “{words}”"
            case Pressed(key=key, counted=counted):
                hidden = private(self._flows[happened.flow].nodes[happened.node])
                dropped = "" if counted else "; dropped, for this prompt is heard whole"
                return f"  pressed {'•' if hidden else key}{dropped}"
            case Chosen(value=value):
                return f"  chosen {value}"
            case Queued() as queued:
                more = {
                    "skills": dict(queued.skills),
                    "level": queued.level,
                    "screen": dict(queued.screen),
                    "first for": queued.prefer,
                }
                shown = "".join(f", {k} {v}" for k, v in more.items() if v)
                return f"  waits in the queue {queued.queue}, priority {queued.priority}{shown}"
            case CameBack(screen=screen):
                return "  back to the agent" + "".join(f", {label}: {value}" for label, value in screen.items())
            case Transfer(to=to):
                return f"  transferred to {to}"
            case LanguageChosen(language=language):
                return f"  hears {language} from now on"
            case Taped(seconds=seconds):
                return f"  recorded {seconds:.1f} s"
            case MessageLeft(box=box, seconds=seconds):
                return f"  left a message of {seconds:.1f} s in {box}"
            case CallbackWanted(number=number, queue=queue, since=since):
                kept = "" if since is None else ", and keeps the place"
                return f"  wants to be called back at {number} by {queue}{kept}"
            case Surveyed(question=question, score=score):
                return f"  {question}: {score}"
            case Consented(given=given):
                return f"  talks are {'recorded' if given else 'not recorded'}"
            case StateAsked(agent=agent, state=state):
                return f"  {agent or 'whose phone this is'} asks to be {state}"
            case Hangup():
                return "  hung up"
        return ""


def keys_of(call: Rehearsal) -> str:
    """The keys that do something now, in words."""
    if call.waiting:
        known = " ".join(getattr(call.here, "keys", ())) or "none"
        return f"         keys: {known} · Enter: wait · {TALK}: an agent takes the call · {QUIT}: hang up"
    keys = getattr(call.here, "keys", None) or getattr(call.here, call.here.verb, None)
    known = " ".join(keys) if isinstance(keys, Mapping) else "digits"
    return f"         keys: {known} · Enter: silence · {QUIT}: hang up"


def walk(
    call: Rehearsal,
    flows: Flows,
    keys: Keyboard,
    say: Say,
    *,
    real_time: bool = False,
    play: Play | None = None,
) -> None:
    """Takes somebody at the keyboard through the call, to its end. In real time, keys count during
    prompts, too; else prompts and silence pass by at once."""
    screen = Screen(say, secret_fields(flows), flows)
    playing: Player | None = None
    heard = 0
    asked = False
    while True:
        screen.update(call)
        for happened in call.log[heard:]:
            if play is not None and isinstance(happened.what, Said):
                playing = play(happened.what.sound)
                if not real_time:
                    playing.wait()
        heard = len(call.log)
        moment = call.moment
        if moment is None:
            return
        if call.listening and not asked:
            say(keys_of(call))
        asked = call.listening
        try:
            key = _key(call, keys, moment, real_time=real_time)
        except EOFError:
            key = QUIT
        if key not in ("", SILENCE) and playing is not None and not call.deaf:
            playing.terminate()
        if key == QUIT:
            say("         you hung up")
            call.hang_up()
        elif key == TALK and call.waiting:
            say(f"         an agent talks with you for {TALK_S:g} s")
            call.talk(TALK_S)
        elif key in ("", SILENCE):
            call.step()
            asked = False
        elif key.upper() in KEYS:
            call.press(key.upper())
        else:
            say(f"         a telephone has no key {key!r}")


def _key(call: Rehearsal, keys: Keyboard, moment: float, *, real_time: bool) -> str:
    if not real_time:
        return keys.key(None) if call.listening or call.taping else ""
    before = time.monotonic()
    key = keys.key(max(0.0, moment - call.now) if moment < inf else None)
    if key not in ("", SILENCE):
        call.advance(min(moment, call.now + time.monotonic() - before))
    return "" if key == SILENCE else key
