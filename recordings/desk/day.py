"""An agent's day: what he did for how long, and the calls he had.

The times are a fold over the changes of his state, kept in memory: the journal has no index by agents,
which would cost more to write than all the rest of it. The calls are the segments of those that are over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from math import floor
from typing import TypeAlias

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cti.calls.call import Call
from cti.calls.events import AgentChanged, Event
from cti.calls.part import Output
from cti.calls.words import AgentState, Refusal
from cti.figures import handling_time, occupancy, service_level_answered
from recordings.desk.timeline import Stretch, Timeline, Track, talks_of
from recordings.journal import changes_since
from recordings.records.record import Segment
from recordings.rows import segment_of
from recordings.store import Store
from recordings.tables import segments
from recordings.words import AVAILABLE, BUSY, MISSED, SegmentKind

log = structlog.get_logger(__name__)

DAY_S = 86_400.0
BEFORE_S = DAY_S / 2
"""How long before midnight states are looked for that last until then."""


@dataclass(frozen=True, slots=True)
class StateTime:
    """How long in all an agent was in a state for a reason, and how often."""

    state: AgentState
    reason: str
    seconds: float
    times: int


@dataclass(frozen=True, slots=True)
class Day:
    """From ``start``, midnight, until ``end`` (Unix seconds). ``states`` has the longest first.

    Calls count when they are over: ``answered``, ``missed`` (the phone rang in vain, or could not be
    reached), ``refused``; ``talk_s`` is with holds, ``hold_s`` of it on hold. ``aht_s`` is talk and
    wrap-up for each call answered; ``occupancy`` the share (0 to 1) of handling in the time that the
    agent was available or handling; ``within_target`` the share of his calls from a queue that he
    answered within its target. None where there is nothing to divide by.
    """

    agent: str
    start: float
    end: float
    states: tuple[StateTime, ...]
    answered: int
    missed: int
    refused: int
    talk_s: float
    hold_s: float
    wrap_up_s: float
    aht_s: float | None
    occupancy: float | None
    within_target: float | None


def midnight(now: float, zone: tzinfo | None) -> float:
    """When the day began that ``now`` (Unix seconds) is in, by the clock on the wall there."""
    # Whole seconds: datetime would round up the last moment of a day.
    return datetime.fromtimestamp(floor(now), zone).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


class Days:
    """How long each agent was in which state since midnight, by the clock in ``zone``, None for this
    machine's. Pure: a fold over the changes in their order. One told again, as after a restart, is none."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._start = self._end = 0.0
        self._now: dict[str, AgentChanged] = {}
        self._sums: dict[str, dict[_Doing, tuple[float, int]]] = {}
        self._tracks: dict[str, Track] = {}
        self._doings: dict[_Doing, _Doing] = {}
        """One value for all tracks."""

    def apply(self, event: AgentChanged) -> None:
        self._turn_to(event.at)
        before = self._now.get(event.agent)
        if before is not None and _doing(before) == _doing(event):
            return
        if before is not None:
            sums = self._sums.setdefault(event.agent, {})
            sums[_doing(before)] = self._with(sums, before, event.at)
        self._now[event.agent] = event
        self._track(event)

    def of(self, agent: str, now: float) -> tuple[StateTime, ...]:
        """The agent's times until ``now``, the longest first; none where nothing is known of him."""
        self._turn_to(now)
        sums = dict(self._sums.get(agent, {}))
        if (last := self._now.get(agent)) is not None:
            sums[_doing(last)] = self._with(sums, last, now)
        found = (StateTime(state, reason, seconds, times) for (state, reason), (seconds, times) in sums.items())
        return tuple(sorted(found, key=lambda one: -one.seconds))

    def line(self, agent: str, now: float) -> tuple[Stretch, ...]:
        """What the agent did until ``now``, in order; nothing where nothing is known of him."""
        self._turn_to(now)
        track = self._tracks.get(agent)
        return () if track is None else track.stretches(self._start, now)

    def _track(self, change: AgentChanged) -> None:
        doing = _doing(change)
        self._tracks.setdefault(change.agent, Track()).add(change.at, self._doings.setdefault(doing, doing))

    def _with(self, sums: Mapping[_Doing, tuple[float, int]], last: AgentChanged, until: float) -> tuple[float, int]:
        seconds, times = sums.get(_doing(last), (0.0, 0))
        return seconds + max(0.0, until - max(self._start, last.at)), times + 1

    def _turn_to(self, now: float) -> None:
        """Begins a new day after midnight: of the one before only what everybody does is kept."""
        if now >= self._end:
            self._start = midnight(now, self._zone)
            self._end = midnight(self._start + 1.5 * DAY_S, self._zone)  # whether it has 23, 24 or 25 hours
            self._sums.clear()
            self._tracks.clear()
            self._doings.clear()
            for last in self._now.values():
                self._track(last)


_Doing: TypeAlias = tuple[AgentState, str]


def _doing(change: AgentChanged) -> _Doing:
    return change.state, change.reason


def day(
    agent: str,
    start: float,
    end: float,
    states: tuple[StateTime, ...],
    parts: Iterable[Segment],
    within_s: Mapping[str, float],
) -> Day:
    """``parts`` are the segments of the calls that rang or were answered at the agent's desk since
    ``start``, call by call; ``within_s`` the target of each queue in seconds."""
    talks: list[Segment] = []
    holds: list[Segment] = []
    rings: list[str] = []
    waits: list[bool] = []
    """Of his calls from a queue: whether each was answered in time."""
    wait: Segment | None = None
    for part in parts:
        if part.kind is SegmentKind.WAIT:
            wait = part
        elif part.kind is SegmentKind.TALK:
            if part.agent == agent and part.started_at >= start:
                talks.append(part)
                if wait is not None and wait.call == part.call and wait.queue in within_s:
                    waits.append(_length(wait) <= within_s[wait.queue])
            wait = None
        elif part.agent == agent and part.started_at >= start:
            if part.kind is SegmentKind.RING:
                rings.append(part.detail)
            elif part.kind is SegmentKind.HOLD:
                holds.append(part)
    talk_s = sum(map(_length, talks), 0.0)
    wrap_up_s = _time(states, {AgentState.WRAP_UP})
    available_s = _time(states, AVAILABLE)
    return Day(
        agent=agent,
        start=start,
        end=end,
        states=states,
        answered=len(talks),
        missed=sum(detail in MISSED for detail in rings),
        refused=rings.count(Refusal.REFUSED.value),
        talk_s=talk_s,
        hold_s=sum(map(_length, holds), 0.0),
        wrap_up_s=wrap_up_s,
        aht_s=handling_time(talk_s, wrap_up_s, len(talks)),
        occupancy=occupancy(_time(states, BUSY), available_s),
        within_target=service_level_answered(sum(waits), len(waits)),
    )


async def segments_of(store: Store, agent: str, start: float, end: float) -> list[Segment]:
    """The segments of all calls that are over and rang or were answered at an agent's desk in this time,
    call by call."""
    part = segments.c
    his = (
        select(part.call)
        .where(part.agent == agent, part.kind.in_([SegmentKind.TALK.value, SegmentKind.RING.value]))
        .where(part.started_at.between(start, end))
    )
    of_calls = select(segments).where(part.call.in_(his)).order_by(part.call, part.number)
    async with store.connect() as connection:
        return [segment_of(row) for row in await connection.execute(of_calls)]


class NotRead(Exception):
    """What was before this run is still being read from the journal."""


class DaysPart:
    """A Part that only listens, and keeps everybody's day."""

    def __init__(self, store: Store, zone: tzinfo | None) -> None:
        self._store = store
        self._zone = zone
        self._days = Days(zone)
        self._later: list[AgentChanged] | None = []
        """What happened while the journal was read; None once it is."""

    async def read(self, now: float) -> None:
        """Takes in what the journal has of this day from before ``now``, when this run began. Meanwhile
        calls go on: it is read a little at a time."""
        try:
            async for event in changes_since(self._store, midnight(now, self._zone) - BEFORE_S):
                if event.at < now:
                    self._days.apply(event)
        except SQLAlchemyError as error:
            log.error("what agents did today before this start is not known", error=type(error).__name__)
        for event in self._later or ():
            self._days.apply(event)
        self._later = None

    async def day(self, agent: str, now: float, within_s: Mapping[str, float]) -> Day:
        """The agent's day until ``now``. Raises NotRead."""
        self._must_be_read()
        start, states = midnight(now, self._zone), self._days.of(agent, now)
        return day(agent, start, now, states, await segments_of(self._store, agent, start, now), within_s)

    async def timeline(self, agent: str, now: float) -> Timeline:
        """What the agent did until ``now``, in order. Raises NotRead."""
        self._must_be_read()
        start = midnight(now, self._zone)
        talks = talks_of(agent, await segments_of(self._store, agent, start, now), start)
        return Timeline(agent, start, now, self._days.line(agent, now), talks)

    def _must_be_read(self) -> None:
        if self._later is not None:
            raise NotRead("the server has just started, and still reads what was before; ask again in a moment")

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if isinstance(event, AgentChanged):
            if self._later is None:
                self._days.apply(event)
            else:
                self._later.append(event)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None


def _time(states: Iterable[StateTime], of: Iterable[AgentState]) -> float:
    return sum((one.seconds for one in states if one.state in of), 0.0)


def _length(segment: Segment) -> float:
    return 0.0 if segment.ended_at is None else segment.ended_at - segment.started_at
