"""One caller's walk through a flow: what happened goes in, what to do comes out. No I/O.

Keys are used in the order they are pressed. A prompt with barge-in ends at any key, and is not
played at all when keys are waiting already; a prompt without it drops the keys pressed before
and during it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from cti.calls.call import Call
from cti.calls.commands import Answer, Hangup, Play, Tape
from cti.calls.events import (
    Accepted,
    Answered,
    CallEvent,
    Digit,
    EnteredFlow,
    EnteredMenu,
    Failed,
    Played,
    Queued,
    Refused,
    Taped,
    TapeStarted,
)
from cti.calls.legs import phone_of
from cti.calls.part import Output
from ivr.memory import entered, waited
from ivr.node import KEYS
from ivr.prompt import Piece, Prompt, Text
from ivr.questions import Question, Scalar, Spoken, Unanswered
from ivr.saying import said
from ivr.states import Answering, Asking, Hearing, Joining, Leaving, Said, Speaking, State, Taping
from ivr.tree import Flow, Flows
from ivr.walk import RETURN, Ask, Hear, Leave, Need, Record, Speak, Steps, Walk

ANSWER_S = 10.0
"""Seconds for ``Answered`` to come before we go on without it."""

SOUND_S = 5.0
"""Seconds after a sound should be over in which ``Played`` must come before we go on without it."""

SPOKEN_S = 2.5
"""Seconds for a text with values to be spoken, before it is left out."""

JOIN_S = 15.0
"""Seconds after an agent has picked up in which it must have come to something, or the waiting goes on."""

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


class Session:
    """A caller in a flow. It keeps the flows it began with, whatever is loaded later.

    ``plays`` gives numbers for ``Play``, ``Tape`` and questions that are used nowhere else. Times
    are Unix seconds. Questions that came up are taken from ``asked``. ``home`` is the flow that a
    walk which starts inside a subflow comes back to, at its start. What the caller has entered
    earlier in the call, and was not secret, is among the data again. ``music`` is each queue's class.

    The walk goes on while the call waits in a queue, where something is said or keys lead on. An
    exception from any method means that the walk cannot go on.
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
        music: Mapping[str, str] | None = None,
    ) -> None:
        language = call.language if call.language in flow.languages else flow.language
        self._walk = Walk(call.id, flow, flows, caller=call.caller, dialled=call.dialled, language=language)
        self._walk.phone = phone_of(call.channel)
        self._walk.music = music or {}
        self._walk.waited = waited(call)
        self._walk.data.update(entered(call, (flow, home or flow)))
        if home is not None:
            self._walk.back.append((home, home.start))
        self.call = call.id
        self.awaited = call.away
        """Whether an agent waits for the caller to come back."""
        self._sounds = sounds
        self._plays = plays
        self._steps: Steps | None = None
        self._state: State | None = None
        self._gone = False
        """The caller has hung up: what he did last is kept, and he goes nowhere from there."""
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
    def waiting(self) -> bool:
        """Whether the call waits in a queue meanwhile."""
        return self._walk.waiting

    @property
    def deadline(self) -> float | None:
        """When ``on_time`` is wanted, infinity for never. None: the flow has no more to do with the call."""
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
            self._state = Answering(now + ANSWER_S)
            walk.out.append(Answer(call=walk.call))
        return self._taken()

    def take_up(self, node: str, now: float) -> list[Output]:
        """Goes on at a queue's node with a call that waits there already."""
        self._walk.now, self._walk.waiting = now, True
        self._enter(node)
        return self._taken()

    def answer(self, number: int, answer: object, now: float) -> list[Output]:
        """Takes the answer to a question; one that comes too late changes nothing."""
        self._walk.now = now
        if isinstance(self._state, Asking) and self._state.number == number:
            self._answered(self._state, answer)
        return self._taken()

    def on_event(self, event: CallEvent, now: float) -> list[Output]:
        """Takes what happened to the call."""
        self._walk.now = now
        match event, self._state:
            case Digit(), Answering() | Speaking() | Asking() | Hearing():
                self._pressed(event.digit)
            case Answered(), Answering():
                self._enter(self._walk.node)
            case Failed(command="Answer"), Answering():
                self._state = None
                self._walk.out.append(Hangup(call=self._walk.call))
            case Played(), Speaking() as speaking if event.play == speaking.play:
                self._played(speaking, cut=not event.whole and not event.error)
            case Taped(), Taping() as taping if event.play == taping.play:
                self._gone = event.gone
                self._resume(0.0 if event.error else event.seconds)
            case Failed(command="Tape"), Taping():
                self._resume(0.0)
            case Failed(command="Transfer"), Leaving():
                self._resume(None)
            case Queued(), _:
                self._walk.waited = event
            case Accepted(), Hearing() | Speaking() | Asking() as state if self._walk.waiting:
                asking = isinstance(state, Asking) and state.then is None
                self._state = Joining(now + JOIN_S, event.offer, asking)
            case Refused(), Joining() as joining if event.offer == joining.offer:
                self._stay(joining)
        return self._taken()

    def on_time(self, now: float) -> list[Output]:
        """Takes note of the time; does nothing before ``deadline``."""
        self._walk.now = now
        if self._state is not None and now >= self._state.deadline:
            match self._state:
                case Answering():
                    self._enter(self._walk.node)
                case Speaking() as speaking:
                    self._played(speaking, cut=False)
                case Taping():
                    self._resume(0.0)
                case Asking() as asking:
                    self._answered(asking, Unanswered("no answer in time"))
                case Joining() as joining:
                    self._stay(joining)
                case Hearing() | Leaving():
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
            if isinstance(self._state, Speaking):
                self._state = replace(self._state, again=True)
            return
        match self._state:
            case Hearing():
                self._resume(key)
            case Speaking(barge_in=False):
                pass
            case Asking(then=then, barge_in=barge_in) if then is not None:
                if barge_in:  # no sound is playing that the key could stop
                    walk.typed.append(key)
                    self._resume(None)
            case _ if len(walk.typed) < MAX_TYPED:
                walk.typed.append(key)

    def _stay(self, joining: Joining) -> None:
        """No agent has come after all: the waiting goes on. A message that was said meanwhile is over."""
        self._resume(Unanswered("an agent picked up meanwhile") if joining.asking else None)

    def _played(self, speaking: Speaking, *, cut: bool) -> None:
        if cut and speaking.again and not self._walk.typed:
            self._go_on(speaking.pieces, speaking.barge_in)
        elif cut and speaking.barge_in:
            self._resume(None)
        else:
            self._go_on(speaking.pieces[1:], speaking.barge_in)

    def _go_on(self, pieces: tuple[Said, ...], barge_in: bool) -> None:
        """Speaks what is left of a prompt, unless a key has ended it."""
        waiting = None if barge_in and self._walk.typed else self._speak(pieces, barge_in)
        if waiting is None:
            self._resume(None)
        else:
            self._state = waiting

    def _speak(self, pieces: tuple[Said, ...], barge_in: bool) -> Speaking | Asking | None:
        """Plays the first of the pieces that has a sound; one with values in it must be spoken
        first, and is left out when nothing of it is known. None if there is nothing to play."""
        for i, (language, piece) in enumerate(pieces):
            voice = self._walk.flow.languages[language]
            if not isinstance(piece, Text) or not piece.values:
                return self._play(self._sounds.sound(voice, piece), pieces[i:], barge_in)
            if text := said(piece, self._walk.known(), language):
                return self._ask(Spoken(language, voice, text), SPOKEN_S, pieces[i:], barge_in)
        return None

    def _play(self, sound: Sound, pieces: tuple[Said, ...], barge_in: bool) -> Speaking:
        play = next(self._plays)
        self._walk.out.append(Play(call=self._walk.call, play=play, sound=sound.path, barge_in=barge_in))
        return Speaking(self._walk.now + sound.seconds + SOUND_S, play, pieces, barge_in)

    def _ask(
        self, question: Question, seconds: float, then: tuple[Said, ...] | None = None, barge_in: bool = False
    ) -> Asking:
        asked = Asked(next(self._plays), question)
        self._asked.append(asked)
        return Asking(self._walk.now + seconds, asked.number, then, barge_in)

    def _answered(self, asking: Asking, answer: object) -> None:
        if asking.then is None:
            self._resume(answer)
        elif isinstance(answer, Sound):
            self._state = self._play(answer, asking.then, asking.barge_in)
        else:  # what could not be spoken is left out
            self._go_on(asking.then[1:], asking.barge_in)

    def _pieces(self, prompt: Prompt, *, every: bool) -> Iterator[Said]:
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
        while node is not None and not self._gone:
            if node == RETURN and walk.back:
                walk.flow, node = walk.back.pop()
                continue
            self._entered += 1
            if self._entered > MAX_NODES:
                raise TooFar
            walk.node, here = node, walk.flow.nodes[node]
            if not walk.waiting:  # else the call was found there
                now, name = walk.now, walk.flow.name
                walk.out.append(EnteredMenu(call=walk.call, at=now, flow=name, node=node, verb=here.verb))
            node = yield from here.walk(walk)
            walk.waiting, walk.here = False, {}
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

    def _wait(self, need: Need) -> State | None:
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
                return Taping(walk.now + longest_s + SOUND_S, play)
            case Ask(question, seconds):
                return self._ask(question, seconds)
            case Hear(seconds):
                return Hearing(walk.now + seconds) if not walk.typed else None
            case Leave(seconds):
                return Leaving(walk.now + seconds)
