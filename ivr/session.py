"""One caller's walk through a flow: what happened goes in, what to do comes out. No I/O.

Keys are used in the order they are pressed. A prompt with barge-in ends at any key, and is not
played at all when keys are waiting already; a prompt without it drops the keys pressed before
and during it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from cti.calls.commands import Answer, Hangup, Play
from cti.calls.events import Answered, CallEvent, CallId, Digit, EnteredMenu, Failed, Played
from cti.calls.part import Output
from ivr.tree import KEYS, Flow, Piece
from ivr.verbs import WALKS, Hear, Leave, Need, Speak, Steps, Walk

ANSWER_S = 10.0
"""Seconds for ``Answered`` to come before we go on without it."""

SOUND_S = 5.0
"""Seconds after a sound should be over in which ``Played`` must come before we go on without it."""

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


class TooFar(Exception):
    """A walk entered more than MAX_NODES nodes."""


@dataclass(frozen=True, slots=True)
class _Answering:
    deadline: float


@dataclass(frozen=True, slots=True)
class _Speaking:
    """``pieces`` begins with the one being played. ``again``: its end was not the caller's wish."""

    deadline: float
    play: int
    pieces: tuple[Piece, ...]
    barge_in: bool
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Hearing:
    deadline: float


@dataclass(frozen=True, slots=True)
class _Leaving:
    deadline: float


class Session:
    """A caller in a flow. It keeps the flow it began with, whatever is loaded later.

    ``plays`` gives numbers for ``Play`` that are used nowhere else. Times are Unix seconds. An
    exception from any method means that the walk cannot go on.
    """

    def __init__(self, call: CallId, flow: Flow, sounds: Sounds, plays: Iterator[int]) -> None:
        self._walk = Walk(call, flow)
        self._sounds = sounds
        self._plays = plays
        self._steps: Steps | None = None
        self._state: _Answering | _Speaking | _Hearing | _Leaving | None = None

    @property
    def flow(self) -> str:
        return self._walk.flow.name

    @property
    def node(self) -> str:
        """The node the caller is at; before the first one, where the walk will start."""
        return self._walk.node

    @property
    def deadline(self) -> float | None:
        """When ``on_time`` is wanted. None: the call is no longer the flow's."""
        return self._state.deadline if self._state is not None else None

    def begin(self, node: str, *, answered: bool, now: float) -> list[Output]:
        """Starts at ``node``, after picking up if that has not been done."""
        self._walk.now, self._walk.node = now, node
        if answered:
            self._enter(node)
        else:
            self._state = _Answering(now + ANSWER_S)
            self._walk.out.append(Answer(call=self._walk.call))
        return self._taken()

    def on_event(self, event: CallEvent, now: float) -> list[Output]:
        """Takes what happened to the call."""
        self._walk.now = now
        match event, self._state:
            case Digit(), _Answering() | _Speaking() | _Hearing():
                self._pressed(event.digit)
            case Answered(), _Answering():
                self._enter(self._walk.node)
            case Failed(command="Answer"), _Answering():
                self._state = None
                self._walk.out.append(Hangup(call=self._walk.call))
            case Played(), _Speaking() as speaking if event.play == speaking.play:
                self._played(speaking, cut=not event.whole and not event.error)
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
            case _ if len(walk.typed) < MAX_TYPED:
                walk.typed.append(key)

    def _played(self, speaking: _Speaking, *, cut: bool) -> None:
        if speaking.barge_in and self._walk.typed:
            self._resume(None)
        elif cut and speaking.again:
            self._state = self._speak(speaking.pieces, speaking.barge_in)
        elif (cut and speaking.barge_in) or len(speaking.pieces) == 1:
            self._resume(None)
        else:
            self._state = self._speak(speaking.pieces[1:], speaking.barge_in)

    def _speak(self, pieces: tuple[Piece, ...], barge_in: bool) -> _Speaking:
        sound = self._sounds.sound(self._walk.flow.voice, pieces[0])
        play = next(self._plays)
        self._walk.out.append(Play(call=self._walk.call, play=play, sound=sound.path, barge_in=barge_in))
        return _Speaking(self._walk.now + sound.seconds + SOUND_S, play, pieces, barge_in)

    def _enter(self, node: str) -> None:
        self._steps = self._way(node)
        self._resume(None)

    def _way(self, node: str | None) -> Steps:
        """All nodes of the walk, one after the other."""
        walk, entered = self._walk, 0
        while node is not None:
            entered += 1
            if entered > MAX_NODES:
                raise TooFar
            walk.node, here = node, walk.flow.nodes[node]
            walk.out.append(EnteredMenu(call=walk.call, at=walk.now, flow=walk.flow.name, node=node, verb=here.verb))
            node = yield from WALKS[type(here)](walk, here)
        return None

    def _resume(self, value: str | None) -> None:
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

    def _wait(self, need: Need) -> _Speaking | _Hearing | _Leaving | None:
        """How to wait for what is needed; None if it is at hand."""
        walk = self._walk
        if walk.trailing is not None and walk.typed:
            if walk.typed[0] == walk.trailing[0]:
                del walk.typed[0]
            walk.trailing = None
        match need:
            case Speak(prompt, barge_in):
                if not barge_in:
                    walk.typed.clear()
                return self._speak(prompt, barge_in) if not walk.typed else None
            case Hear(seconds):
                return _Hearing(walk.now + seconds) if not walk.typed else None
            case Leave(seconds):
                return _Leaving(walk.now + seconds)
