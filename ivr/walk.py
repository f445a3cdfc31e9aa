"""One caller on the way through a flow: what verbs work with.

A verb's ``walk`` is a generator: it yields what it needs (``Speak``, ``Hear``, ``Ask`` ...), is
resumed with what came of it, and returns the name of the next node, or None when the call is no
longer the flow's. It knows no clock and no Asterisk.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cti.calls.commands import Hangup, StartMusic
from cti.calls.events import Queued
from cti.calls.part import Output
from cti.calls.words import CallId
from ivr.prompt import Prompt
from ivr.questions import Question, Scalar

if TYPE_CHECKING:
    from ivr.tree import Flow


@dataclass(frozen=True, slots=True)
class Speak:
    """Play the prompts one after the other; resumed with None when they are over. ``every``: in
    each of the flow's languages in turn, not in the caller's only."""

    prompts: tuple[Prompt, ...]
    barge_in: bool
    every: bool = False


@dataclass(frozen=True, slots=True)
class Hear:
    """Wait for a key; resumed with it, or with None after ``seconds`` of silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller under the stem; resumed with the seconds recorded, 0.0 where it failed.
    ``box`` is whose message it is to be, if anybody's."""

    recording: str
    longest_s: float
    silence_s: float
    stop_keys: str
    beep: bool
    box: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the world outside; resumed with the answer, or ``questions.Unanswered``."""

    question: Question
    seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class Leave:
    """Wait to be rid of the call; resumed, with None, only if that fails or takes ``seconds``."""

    seconds: float


Need = Speak | Hear | Record | Ask | Leave
Steps = Generator[Need, Any, str | None]

MUSIC = "default"
"""The class of music of a queue of which none is known."""

RETURN = "return"
"""In a subflow, a link to this goes back to where the subflow was entered."""


@dataclass(slots=True)
class Walk:
    """One caller's walk. ``data`` are the call's fields, set by collect, set, lookup and others."""

    call: CallId
    flow: Flow
    flows: Mapping[str, Flow]
    caller: str = field(default="", repr=False)
    dialled: str = ""
    phone: str = ""
    """The dial string of the caller's phone, if it is one of ours."""
    now: float = 0.0
    node: str = ""
    language: str = ""
    data: dict[str, Scalar] = field(default_factory=dict, repr=False)
    back: list[tuple[Flow, str]] = field(default_factory=list)
    """Where to go on after each subflow entered: its caller's flow, and the node."""
    out: list[Output] = field(default_factory=list)
    typed: list[str] = field(default_factory=list, repr=False)
    """Keys pressed and not used yet. They count for the next question (type-ahead)."""
    trailing: tuple[str, float] | None = None
    """A terminator that may still follow a value complete without it, until then (Unix seconds)."""
    here: Mapping[str, Scalar] = field(default_factory=dict)
    """What is known at this node only."""
    music: Mapping[str, str] = field(default_factory=dict)
    """The class of music of each queue."""
    waited: Queued | None = None
    """How the caller waits, or waited last, for an agent who has not come."""
    waiting: bool = False
    """Whether the caller waits in a queue now: the node is a queue's, and the call is the queue's too."""

    def known(self) -> Mapping[str, Scalar]:
        """All that expressions and texts may name: the data, and what every call has."""
        return {"caller": self.caller, "dialled": self.dialled, "language": self.language, **self.data, **self.here}

    def since(self, queue: str) -> float | None:
        """When the caller began to wait in this queue (Unix seconds), if it is the one where he
        waited last: his place is still his."""
        if self.waited is None or self.waited.queue != queue:
            return None
        return self.waited.at if self.waited.since is None else self.waited.since

    def wait(self, queued: Queued) -> None:
        """From now on the caller waits."""
        self.out.append(queued)
        self.waited, self.waiting = queued, True

    def play_music(self) -> None:
        """The music of the queue where the caller waits goes on: a message has ended it."""
        music = self.music.get(self.waited.queue, MUSIC) if self.waited is not None else MUSIC
        self.out.append(StartMusic(call=self.call, music=music))

    def give_up(self, otherwise: str | None) -> str | None:
        """Goes to ``otherwise``, or ends the call where there is none."""
        if otherwise is None:
            self.out.append(Hangup(call=self.call))
        return otherwise
