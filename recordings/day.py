"""An agent's day: what he did for how long, and the calls he had. A fold over the states that the journal
tells and the segments of calls that are over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import zip_longest

from sqlalchemy import select

from cti.calls.events import AgentChanged
from cti.calls.words import AgentState, Refusal
from recordings.record import Segment, SegmentKind
from recordings.rows import decoded, segment_of
from recordings.store import Store
from recordings.tables import journal, segments

BUSY = frozenset({AgentState.TALKING, AgentState.WRAP_UP})
"""Handling calls."""
AVAILABLE = BUSY | {AgentState.READY, AgentState.RESERVED, AgentState.RINGING}
"""Handling calls, or there to be given one."""
_MISSED = frozenset({Refusal.NO_ANSWER.value, Refusal.UNREACHABLE.value})


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in one state, from ``start`` until ``end`` (Unix seconds)."""

    state: AgentState
    reason: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class StateTime:
    """How long in all an agent was in a state for a reason, and how often."""

    state: AgentState
    reason: str
    seconds: float
    times: int


@dataclass(frozen=True, slots=True)
class Day:
    """From ``start``, midnight, until ``end`` (Unix seconds). ``stretches`` follow each other; ``states``
    are their sums, the longest first.

    Calls count when they are over: ``answered``, ``missed`` (the phone rang in vain, or could not be
    reached), ``refused``; ``talk_s`` is with holds, ``hold_s`` of it on hold. ``aht_s`` is talk and
    wrap-up for each call answered; ``occupancy`` the share (0 to 1) of handling in the time that the
    agent was available or handling; ``within_target`` the share of his calls from a queue that he
    answered within its target. None where there is nothing to divide by.
    """

    agent: str
    start: float
    end: float
    stretches: tuple[Stretch, ...]
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
    return datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def day(
    agent: str,
    start: float,
    end: float,
    changes: Sequence[AgentChanged],
    parts: Iterable[Segment],
    within_s: Mapping[str, float],
) -> Day:
    """``changes`` are the agent's in order, from the last one before ``start``; ``parts`` the segments of
    the calls that rang or were answered at his desk since, call by call; ``within_s`` the target of each
    queue in seconds."""
    stretches = _stretches(start, end, changes)
    states = _sums(stretches)
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
        stretches=stretches,
        states=states,
        answered=len(talks),
        missed=sum(detail in _MISSED for detail in rings),
        refused=rings.count(Refusal.REFUSED.value),
        talk_s=talk_s,
        hold_s=sum(map(_length, holds), 0.0),
        wrap_up_s=wrap_up_s,
        aht_s=(talk_s + wrap_up_s) / len(talks) if talks else None,
        occupancy=_time(states, BUSY) / available_s if available_s else None,
        within_target=sum(waits) / len(waits) if waits else None,
    )


async def day_of(store: Store, agent: str, start: float, end: float, within_s: Mapping[str, float]) -> Day:
    """The agent's day from ``start`` until ``end``, as far as it is in the database: what happened in the
    last second may not be."""
    told = select(journal.c.data).where(journal.c.agent == agent)
    before = told.where(journal.c.at < start).order_by(journal.c.at.desc(), journal.c.seq.desc()).limit(1)
    since = told.where(journal.c.at.between(start, end)).order_by(journal.c.at, journal.c.seq)
    part = segments.c
    his = (
        select(part.call)
        .where(part.agent == agent, part.kind.in_([SegmentKind.TALK.value, SegmentKind.RING.value]))
        .where(part.started_at.between(start, end))
    )
    of_calls = select(segments).where(part.call.in_(his)).order_by(part.call, part.number)
    async with store.connect() as connection:
        rows = [*(await connection.execute(before)).scalars(), *(await connection.execute(since)).scalars()]
        parts = [segment_of(row) for row in await connection.execute(of_calls)]
    changes = [event for event in decoded(rows) if isinstance(event, AgentChanged)]
    return day(agent, start, end, changes, parts, within_s)


def _stretches(start: float, end: float, changes: Sequence[AgentChanged]) -> tuple[Stretch, ...]:
    """What is told again without a change, as by a restart, is one stretch."""
    found: list[Stretch] = []
    for change, after in zip_longest(changes, changes[1:]):
        begun, until = max(start, change.at), end if after is None else after.at
        if until <= start:
            continue
        last = found[-1] if found else None
        if last is not None and (last.state, last.reason) == (change.state, change.reason):
            found[-1] = Stretch(last.state, last.reason, last.start, until)
        else:
            found.append(Stretch(change.state, change.reason, begun, until))
    return tuple(found)


def _sums(stretches: Iterable[Stretch]) -> tuple[StateTime, ...]:
    sums: dict[tuple[AgentState, str], list[float]] = {}
    for one in stretches:
        sums.setdefault((one.state, one.reason), []).append(one.end - one.start)
    found = (StateTime(state, reason, sum(times), len(times)) for (state, reason), times in sums.items())
    return tuple(sorted(found, key=lambda sum_: -sum_.seconds))


def _time(states: Iterable[StateTime], of: Iterable[AgentState]) -> float:
    return sum((one.seconds for one in states if one.state in of), 0.0)


def _length(segment: Segment) -> float:
    return 0.0 if segment.ended_at is None else segment.ended_at - segment.started_at
