"""A caller in virtual time: a session is driven without Asterisk, and without waiting. No I/O.

The terminal, the scenarios and tests stand on this: the flow, its verbs and the session are those
that real callers get; only sounds, keys and the clock are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from math import inf
from typing import Protocol

from cti.calls.call import Call
from cti.calls.commands import Command, Hangup, Play, Tape, Transfer
from cti.calls.events import CallEvent, Digit, EnteredMenu, Event, Failed, LanguageChosen, Played, Queued, Taped
from cti.calls.part import Output
from cti.calls.words import CallId
from ivr.node import Node
from ivr.prompt import File, Piece
from ivr.questions import Question, Scalar, Spoken
from ivr.session import Asked, Session, Sound, Sounds, TooFar
from ivr.tree import Flow, Flows

CALL = CallId("rehearsal")

LATIN_S, HAN_S, LEAST_S = 0.07, 0.23, 0.5
"""Seconds a voice needs for a letter, for a Chinese character, and for anything at all."""

FILE_S = 3.0
"""Seconds a sound file is taken to last where nobody has measured it."""


class Hangs:
    """The answer to a question that is never answered."""


HANGS = Hangs()

Answers = Callable[[Question, str], object]
"""Answers a question asked at a node; HANGS lets it run into its time-out. Never gets ``Spoken``."""


class Voice(Sounds, Protocol):
    """Where sounds come from, those of texts with values too."""

    def spoken(self, voice: str, text: str) -> Sound: ...


class Guessed:
    """Sounds that nobody made, as long as a voice would likely take. ``measured`` are the seconds
    of sound files by name. The path of each is what is heard."""

    def __init__(self, measured: Mapping[str, float] | None = None) -> None:
        self._measured = measured or {}

    def sound(self, voice: str, piece: Piece) -> Sound:
        if isinstance(piece, File):
            return Sound(piece.name, self._measured.get(piece.name, FILE_S))
        return self.spoken(voice, piece.text)

    def spoken(self, voice: str, text: str) -> Sound:
        return Sound(text, guessed_s(text))


def guessed_s(text: str) -> float:
    """The seconds that a voice likely takes for a text."""
    return max(LEAST_S, sum(HAN_S if ord(letter) >= 0x2E80 else LATIN_S for letter in text))


@dataclass(frozen=True, slots=True)
class Said:
    """The caller hears this. ``words`` is a text, or a sound file's name with ``file`` set."""

    words: str
    sound: Sound
    file: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """The caller presses a key; it is not ``counted`` during a prompt without barge-in."""

    key: str = field(repr=False)
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Happened:
    """Something happened ``at`` (Unix seconds, virtual) while the caller was at a node."""

    at: float
    flow: str
    node: str
    what: Said | Pressed | Event | Command


@dataclass(frozen=True, slots=True)
class _Playing:
    play: int
    until: float
    barge_in: bool


@dataclass(frozen=True, slots=True)
class _Taping:
    tape: Tape
    start: float
    voice_until: float

    @property
    def until(self) -> float:
        longest = self.start + self.tape.longest_s
        return min(longest, self.voice_until + self.tape.silence_s) if self.tape.silence_s else longest


class Rehearsal:
    """One made-up call in a flow. ``log`` has all that happened; times are Unix seconds, virtual."""

    def __init__(
        self,
        flow: Flow,
        flows: Flows,
        voice: Voice,
        answers: Answers,
        *,
        caller: str = "",
        dialled: str = "",
        at: float = 0.0,
    ) -> None:
        self.began = self.now = at
        self.log: list[Happened] = []
        self.queued: Queued | None = None
        self.transfer: Transfer | None = None
        self._flow, self._flows = flow, flows
        self._voice, self._answers = voice, answers
        self._heard: dict[str, Said] = {}
        self._call = Call(id=CALL, caller=caller, dialled=dialled, answered=True)
        self._plays = count(1)
        self._playing: _Playing | None = None
        self._taping: _Taping | None = None
        self._hanging = False
        self._gone = False
        self._at = flow.name, flow.start
        self._start(flow.start)

    @property
    def flow(self) -> Flow:
        """The flow the caller is in now."""
        return self._flows.get(self._session.flow, self._flow)

    @property
    def node(self) -> str:
        return self._session.node

    @property
    def here(self) -> Node:
        """The node the caller is at."""
        return self.flow.nodes[self.node]

    @property
    def data(self) -> Mapping[str, Scalar]:
        return self._session.data

    @property
    def language(self) -> str:
        return self._session.language

    @property
    def over(self) -> bool:
        """Whether the flow has no more to do with the call."""
        return self._gone or self.transfer is not None or self._session.deadline is None

    @property
    def waiting(self) -> bool:
        """Whether the caller waits in a queue."""
        return self.queued is not None and not self._gone

    @property
    def listening(self) -> bool:
        """Whether nothing is heard, and the flow waits for a key."""
        return not (self.over or self._playing or self._taping or self._hanging)

    @property
    def taping(self) -> bool:
        return self._taping is not None

    @property
    def deaf(self) -> bool:
        """Whether a key pressed now would be dropped."""
        return self._playing is not None and not self._playing.barge_in

    @property
    def moment(self) -> float | None:
        """When the next thing happens if the caller does nothing, infinity for never; None when the
        call is over."""
        if self.over:
            return None
        ends = self._playing or self._taping
        return ends.until if ends is not None else self._session.deadline

    def step(self) -> None:
        """Goes on to ``moment``; does nothing where nothing will happen."""
        moment = self.moment
        if moment is None or moment == inf:
            return
        self.now = max(self.now, moment)
        if self._playing is not None:
            self._end_play(whole=True)
        elif self._taping is not None:
            self._end_tape(self._taping.voice_until)
        else:
            self._hanging = False
            self._do(lambda: self._session.on_time(self.now))

    def advance(self, to: float) -> None:
        """Lets time pass up to ``to``, with all that happens meanwhile."""
        while (moment := self.moment) is not None and moment <= to:
            self.step()
        self.now = max(self.now, to)

    def press(self, key: str) -> None:
        """The caller presses a key, now."""
        if self.over:
            return
        self._note(Pressed(key, not self.deaf))
        playing = self._playing
        self._tell(Digit(at=self.now, call=CALL, digit=key))
        if playing is not None and playing.barge_in and self._playing is playing:
            self._end_play(whole=False)
        elif self._taping is not None and key in self._taping.tape.stop_keys:
            self._end_tape(self.now)

    def speak(self, seconds: float) -> None:
        """The caller speaks into a recording for so long."""
        if self._taping is not None:
            self._taping = replace(self._taping, voice_until=self.now + seconds)
        self.advance(self.now + seconds)

    def fail_transfer(self) -> None:
        """The transfer that was asked for does not come about."""
        if self.transfer is not None:
            self.transfer = None
            self._tell(Failed(at=self.now, call=CALL, command="Transfer", why="rehearsed"))

    def talk(self, seconds: float) -> bool:
        """An agent takes the queued call, talks and hangs up; the flow goes on where it says so.
        False where nobody waits in a queue."""
        queued, self.queued = self.queued, None
        if queued is None:
            return False
        self._playing, self._hanging = None, False  # whatever is said ends when the agent comes
        self.now += seconds
        if queued.after:
            self._call = replace(self._call, language=self.language)
            self._flow = self.flow
            self._start(queued.after)
        else:
            self.hang_up()
        return True

    def hang_up(self) -> None:
        """The caller goes away."""
        self._gone = True

    def _start(self, node: str) -> None:
        sounds = _Noted(self._voice, self._heard)
        self._session = Session(self._call, self._flow, self._flows, sounds, self._plays)
        self._do(lambda: self._session.begin(node, answered=True, now=self.now))

    def _tell(self, event: CallEvent) -> None:
        self._do(lambda: self._session.on_event(event, self.now))

    def _end_play(self, *, whole: bool) -> None:
        assert self._playing is not None
        play, self._playing = self._playing.play, None
        self._tell(Played(at=self.now, call=CALL, play=play, whole=whole))

    def _end_tape(self, voice_until: float) -> None:
        assert self._taping is not None
        taping, self._taping = self._taping, None
        seconds = min(max(0.0, voice_until - taping.start), taping.tape.longest_s)
        self._tell(Taped(at=self.now, call=CALL, play=taping.tape.play, seconds=seconds))

    def _do(self, act: Callable[[], list[Output]]) -> None:
        """One turn of the session, and the questions that come up in it."""
        waiting: list[Asked] = []
        try:
            out = act()
            while True:
                for output in out:
                    self._take(output)
                waiting += self._session.asked()
                if not waiting:
                    return
                asked, out = waiting.pop(0), []
                answer = self._answer(asked.question)
                self._hanging = answer is HANGS
                if not self._hanging:
                    out = self._session.answer(asked.number, answer, self.now)
        except TooFar:
            self._take(Hangup(call=CALL))

    def _answer(self, question: Question) -> object:
        if not isinstance(question, Spoken):
            return self._answers(question, self.node)
        sound = self._voice.spoken(question.voice, question.text)
        self._heard[sound.path] = Said(question.text, sound)
        return sound

    def _take(self, output: Output) -> None:
        match output:
            case Play():
                self._hear(output)
                return
            case Tape():
                self._taping = _Taping(output, self.now, self.now)
            case Transfer():
                self.transfer = output
            case Queued():
                self.queued = output
            case EnteredMenu():
                self.queued = None
            case Hangup():
                self._gone = True
            case LanguageChosen():
                self._call = replace(self._call, language=output.language)
        self._note(output)

    def _hear(self, play: Play) -> None:
        said = self._heard[play.sound]
        self._note(said)
        self._playing = _Playing(play.play, self.now + said.sound.seconds, play.barge_in)

    def _note(self, what: Said | Pressed | Event | Command) -> None:
        if isinstance(what, EnteredMenu):  # the session may be further on already
            self._at = what.flow, what.node
        self.log.append(Happened(self.now, *self._at, what))


class _Noted:
    """Sounds, with a note of what each of them says."""

    def __init__(self, voice: Voice, heard: dict[str, Said]) -> None:
        self._voice = voice
        self._heard = heard

    def sound(self, voice: str, piece: Piece) -> Sound:
        sound = self._voice.sound(voice, piece)
        words = piece.name if isinstance(piece, File) else piece.text
        self._heard[sound.path] = Said(words, sound, isinstance(piece, File))
        return sound


def private(node: Node) -> bool:
    """Whether what is typed at the node is a secret."""
    return bool(node.secrets()) or node.verb == "verify" or bool(getattr(node, "secret", False))


def secret_fields(flows: Flows) -> frozenset[str]:
    """The fields of the data that hold a secret in some flow, or something made of one."""
    nodes = [node for flow in flows.values() for node in flow.nodes.values()]
    found = {name for node in nodes for name in node.secrets()}
    made = [(name, of) for node in nodes for name, of in node.sets().items()]
    while new := {name for name, of in made if found & set(of)} - found:
        found |= new
    return frozenset(found)
