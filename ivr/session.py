"""One caller's walk through a flow: what happened goes in, what to do comes out. No I/O.

Keys are used in the order they are pressed. A prompt with barge-in ends at any key, and is not
played at all when keys are waiting already; a prompt without it drops the keys pressed before
and during it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from cti.calls.call import Call
from cti.calls.commands import Answer, Hangup, Play, Tape
from cti.calls.events import Answered, CallEvent, Digit, EnteredFlow, EnteredMenu, Failed, Played, Taped, TapeStarted
from cti.calls.legs import phone_of
from cti.calls.part import Output
from ivr.node import KEYS
from ivr.prompt import Piece, Prompt, Text
from ivr.questions import Question, Scalar, Spoken, Unanswered
from ivr.saying import said
from ivr.tree import Flow, Flows
from ivr.walk import RETURN, Ask, Hear, Leave, Need, Record, Speak, Steps, Walk

ANSWER_S = 10.0
"""Seconds for ``Answered`` to come before we go on without it."""

SOUND_S = 5.0
"""Seconds after a sound should be over in which ``Played`` must come before we go on without it."""

SPOKEN_S = 2.5
"""Seconds for a text with values to be spoken, before it is left out."""

MAX_NODES = 500
"""Nodes one walk may enter. A caller who needs more is a machine that presses keys."""

MAX_TYPED = 64
"""Keys kept for later questions; more are dropped."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound ready to be played: its absolute path without suffix, and its length."""

    path: str
    seconds: float


class Sounds(Protocol):
    """Where the sound of a piece of a prompt is found. Raises KeyError if it is not there."""

    def sound(self, voice: str, piece: Piece) -> Sound: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for the world outside, to be answered by ``Session.answer`` with its number."""

    number: int
    question: Question


class TooFar(Exception):
    """A walk entered more than MAX_NODES nodes."""


_Said = tuple[str, Piece]
"""A piece of a prompt, and the language to say it in."""


@dataclass(frozen=True, slots=True)
class _Answering:
    deadline: float


@dataclass(frozen=True, slots=True)
class _Speaking:
    """``pieces`` begins with the one being played. ``again``: its end was not the caller's wish."""

    deadline: float
    play: int
    pieces: tuple[_Said, ...]
    barge_in: bool
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Taping:
    deadline: float
    play: int


@dataclass(frozen=True, slots=True)
class _Asking:
    """``then`` are the pieces to be played after the one asked for, when a text is being spoken."""

    deadline: float
    number: int
    then: tuple[_Said, ...] | None = None
    barge_in: bool = False


@dataclass(frozen=True, slots=True)
class _Hearing:
    deadline: float


@dataclass(frozen=True, slots=True)
class _Leaving:
    deadline: float


_State = _Answering | _Speaking | _Taping | _Asking | _Hearing | _Leaving


class Session:
    """A caller in a flow. It keeps the flows it began with, whatever is loaded later.

    ``plays`` gives numbers for ``Play``, ``Tape`` and questions that are used nowhere else. Times
    are Unix seconds. Questions that came up are taken from ``asked``. ``home`` is the flow that a
    walk which starts inside a subflow comes back to, at its start. What the caller has entered
    earlier in the call, and was not secret, is among the data again. An exception from any method
    means that the walk cannot go on.
    """

    def __init__(
        self,
        call: Call,
        flow: Flow,
        flows: Flows,
        sounds: Sounds,
        plays: Iterator[int],
        *,
        home: Flow | None = None,
    ) -> None:
        language = call.language if call.language in flow.languages else flow.language
        self._walk = Walk(call.id, flow, flows, caller=call.caller, dialled=call.dialled, language=language)
        self._walk.phone = phone_of(call.channel)
        self._walk.data.update(_entered(call, (flow, home or flow)))
        if home is not None:
            self._walk.back.append((home, home.start))
        self._sounds = sounds
        self._plays = plays
        self._steps: Steps | None = None
        self._state: _State | None = None
        self._entered = 0
        self._asked: list[Asked] = []

    @property
    def flow(self) -> str:
        return self._walk.flow.name

    @property
    def node(self) -> str:
        """The node the caller is at; before the first one, where the walk will start."""
        return self._walk.node

    @property
    def data(self) -> Mapping[str, Scalar]:
        """The call's data as the flow has it now. There may be secrets among it."""
        return self._walk.data

    @property
    def language(self) -> str:
        """What the caller hears."""
        return self._walk.language

    @property
    def deadline(self) -> float | None:
        """When ``on_time`` is wanted. None: the call is no longer the flow's."""
        return self._state.deadline if self._state is not None else None

    def asked(self) -> list[Asked]:
        """The questions that have come up since this was called last."""
        taken, self._asked = self._asked, []
        return taken

    def begin(self, node: str, *, answered: bool, now: float) -> list[Output]:
        """Starts at ``node``, after picking up if that has not been done."""
        walk = self._walk
        walk.now, walk.node = now, node
        walk.out.append(EnteredFlow(call=walk.call, at=now, flow=walk.flow.name, version=walk.flow.version))
        if answered:
            self._enter(node)
        else:
            self._state = _Answering(now + ANSWER_S)
            walk.out.append(Answer(call=walk.call))
        return self._taken()

    def answer(self, number: int, answer: object, now: float) -> list[Output]:
        """Takes the answer to a question; one that comes too late changes nothing."""
        self._walk.now = now
        if isinstance(self._state, _Asking) and self._state.number == number:
            self._answered(self._state, answer)
        return self._taken()

    def on_event(self, event: CallEvent, now: float) -> list[Output]:
        """Takes what happened to the call."""
        self._walk.now = now
        match event, self._state:
            case Digit(), _Answering() | _Speaking() | _Asking() | _Hearing():
                self._pressed(event.digit)
            case Answered(), _Answering():
                self._enter(self._walk.node)
            case Failed(command="Answer"), _Answering():
                self._state = None
                self._walk.out.append(Hangup(call=self._walk.call))
            case Played(), _Speaking() as speaking if event.play == speaking.play:
                self._played(speaking, cut=not event.whole and not event.error)
            case Taped(), _Taping() as taping if event.play == taping.play:
                self._resume(0.0 if event.error else event.seconds)
            case Failed(command="Tape"), _Taping():
                self._resume(0.0)
            case Failed(command="Transfer"), _Leaving():
                self._resume(None)
        return self._taken()

    def on_time(self, now: float) -> list[Output]:
        """Takes note of the time; does nothing before ``deadline``."""
        self._walk.now = now
        if self._state is not None and now >= self._state.deadline:
            match self._state:
                case _Answering():
                    self._enter(self._walk.node)
                case _Speaking() as speaking:
                    self._played(speaking, cut=False)
                case _Taping():
                    self._resume(0.0)
                case _Asking() as asking:
                    self._answered(asking, Unanswered("no answer in time"))
                case _Hearing() | _Leaving():
                    self._resume(None)
        return self._taken()

    def _taken(self) -> list[Output]:
        out, self._walk.out = self._walk.out, []
        return out

    def _pressed(self, key: str) -> None:
        walk = self._walk
        if len(key) != 1 or key not in KEYS:
            return
        trailing, walk.trailing = walk.trailing, None
        if trailing is not None and key == trailing[0] and walk.now <= trailing[1]:
            if isinstance(self._state, _Speaking):
                self._state = replace(self._state, again=True)
            return
        match self._state:
            case _Hearing():
                self._resume(key)
            case _Speaking(barge_in=False):
                pass
            case _Asking(then=then, barge_in=barge_in) if then is not None:
                if barge_in:  # no sound is playing that the key could stop
                    walk.typed.append(key)
                    self._resume(None)
            case _ if len(walk.typed) < MAX_TYPED:
                walk.typed.append(key)

    def _played(self, speaking: _Speaking, *, cut: bool) -> None:
        if cut and speaking.again and not self._walk.typed:
            self._go_on(speaking.pieces, speaking.barge_in)
        elif cut and speaking.barge_in:
            self._resume(None)
        else:
            self._go_on(speaking.pieces[1:], speaking.barge_in)

    def _go_on(self, pieces: tuple[_Said, ...], barge_in: bool) -> None:
        """Speaks what is left of a prompt, unless a key has ended it."""
        waiting = None if barge_in and self._walk.typed else self._speak(pieces, barge_in)
        if waiting is None:
            self._resume(None)
        else:
            self._state = waiting

    def _speak(self, pieces: tuple[_Said, ...], barge_in: bool) -> _Speaking | _Asking | None:
        """Plays the first of the pieces that has a sound; one with values in it must be spoken
        first, and is left out when nothing of it is known. None if there is nothing to play."""
        for i, (language, piece) in enumerate(pieces):
            voice = self._walk.flow.languages[language]
            if not isinstance(piece, Text) or not piece.values:
                return self._play(self._sounds.sound(voice, piece), pieces[i:], barge_in)
            if text := said(piece, self._walk.known(), language):
                return self._ask(Spoken(language, voice, text), SPOKEN_S, pieces[i:], barge_in)
        return None

    def _play(self, sound: Sound, pieces: tuple[_Said, ...], barge_in: bool) -> _Speaking:
        play = next(self._plays)
        self._walk.out.append(Play(call=self._walk.call, play=play, sound=sound.path, barge_in=barge_in))
        return _Speaking(self._walk.now + sound.seconds + SOUND_S, play, pieces, barge_in)

    def _ask(
        self, question: Question, seconds: float, then: tuple[_Said, ...] | None = None, barge_in: bool = False
    ) -> _Asking:
        asked = Asked(next(self._plays), question)
        self._asked.append(asked)
        return _Asking(self._walk.now + seconds, asked.number, then, barge_in)

    def _answered(self, asking: _Asking, answer: object) -> None:
        if asking.then is None:
            self._resume(answer)
        elif isinstance(answer, Sound):
            self._state = self._play(answer, asking.then, asking.barge_in)
        else:  # what could not be spoken is left out
            self._go_on(asking.then[1:], asking.barge_in)

    def _pieces(self, prompt: Prompt, *, every: bool) -> Iterator[_Said]:
        """What is spoken of a prompt now: in the caller's language, or the first of a subflow that
        lacks it; or in every language that the prompt names."""
        walk = self._walk
        own = walk.language if walk.language in walk.flow.languages else walk.flow.language
        languages = [language for language in walk.flow.languages if language in prompt.languages] if every else []
        for language in languages or [own]:
            for piece in prompt.pieces(language):
                yield language, piece

    def _enter(self, node: str) -> None:
        self._steps = self._way(node)
        self._resume(None)

    def _way(self, node: str | None) -> Steps:
        """All nodes of the walk, one after the other, through subflows and back."""
        walk = self._walk
        while node is not None:
            if node == RETURN and walk.back:
                walk.flow, node = walk.back.pop()
                continue
            self._entered += 1
            if self._entered > MAX_NODES:
                raise TooFar
            walk.node, here = node, walk.flow.nodes[node]
            walk.out.append(EnteredMenu(call=walk.call, at=walk.now, flow=walk.flow.name, node=node, verb=here.verb))
            node = yield from here.walk(walk)
        return None

    def _resume(self, value: object) -> None:
        """Lets the verb go on until it needs something that takes time."""
        assert self._steps is not None
        while True:
            try:
                need = self._steps.send(value)
            except StopIteration:
                self._state = None
                return
            waiting = self._wait(need)
            if waiting is not None:
                self._state = waiting
                return
            value = self._walk.typed.pop(0) if isinstance(need, Hear) else None

    def _wait(self, need: Need) -> _State | None:
        """How to wait for what is needed; None if it is at hand."""
        walk = self._walk
        if walk.trailing is not None and walk.typed:
            if walk.typed[0] == walk.trailing[0]:
                del walk.typed[0]
            walk.trailing = None
        match need:
            case Speak(prompts, barge_in, every):
                if not barge_in:
                    walk.typed.clear()
                pieces = tuple(part for prompt in prompts for part in self._pieces(prompt, every=every))
                return self._speak(pieces, barge_in) if not walk.typed else None
            case Record(recording, longest_s, silence_s, stop_keys, beep, box):
                play = next(self._plays)
                walk.out.append(TapeStarted(call=walk.call, at=walk.now, recording=recording, box=box))
                walk.out.append(
                    Tape(
                        call=walk.call,
                        play=play,
                        recording=recording,
                        longest_s=longest_s,
                        silence_s=silence_s,
                        stop_keys=stop_keys,
                        beep=beep,
                    )
                )
                return _Taping(walk.now + longest_s + SOUND_S, play)
            case Ask(question, seconds):
                return self._ask(question, seconds)
            case Hear(seconds):
                return _Hearing(walk.now + seconds) if not walk.typed else None
            case Leave(seconds):
                return _Leaving(walk.now + seconds)


def _entered(call: Call, flows: Iterable[Flow]) -> dict[str, Scalar]:
    """The fields of the data that the call's choices tell of: those that a node sets, and no secret."""
    nodes = [node for flow in flows for node in flow.nodes.values()]
    secret = {name for node in nodes for name in node.secrets()}
    fields = {name for node in nodes for name in node.sets()} - secret
    return {name: value for name, value in call.choices if name in fields}
