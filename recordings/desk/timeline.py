"""An agent's day as a line: which state he was in from when to when, and the calls he had. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from cti.calls.words import AgentState, CallId
from recordings.records.record import Segment
from recordings.words import SegmentKind


@dataclass(frozen=True, slots=True)
class Stretch:
    """The agent was in this state from ``since`` until ``until`` (Unix seconds)."""

    state: AgentState
    reason: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Talk:
    """A call that is over and on which the agent talked. Times are Unix seconds."""

    call: CallId
    queue: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """From ``start``, midnight, until ``end`` (Unix seconds); both lists in order."""

    agent: str
    start: float
    end: float
    states: tuple[Stretch, ...]
    talks: tuple[Talk, ...]


@dataclass(slots=True)
class Track:
    """When an agent changed to what: 16 bytes a change, for thousands of agents who change all day.
    ``doings`` are values that all tracks share."""

    at: array[float] = field(default_factory=lambda: array("d"))
    doings: list[tuple[AgentState, str]] = field(default_factory=list)

    def add(self, at: float, doing: tuple[AgentState, str]) -> None:
        self.at.append(at)
        self.doings.append(doing)

    def stretches(self, start: float, end: float) -> tuple[Stretch, ...]:
        """What was done from ``start`` to ``end``."""
        untils = (*self.at[1:], end)
        found = zip(self.at, untils, self.doings, strict=True)
        return tuple(
            Stretch(state, reason, max(start, since), min(end, until))
            for since, until, (state, reason) in found
            if min(end, until) > max(start, since)
        )


def talks_of(agent: str, parts: Iterable[Segment], start: float) -> tuple[Talk, ...]:
    """The agent's talks among the segments of his calls."""
    talks = (
        Talk(part.call, part.queue, max(start, part.started_at), part.ended_at)
        for part in parts
        if part.kind is SegmentKind.TALK and part.agent == agent and part.ended_at is not None and part.ended_at > start
    )
    return tuple(sorted(talks, key=lambda talk: talk.since))
