"""What past calls were like: how many came when, how long they took, how long callers had patience.

Read from the segments of calls that are over, and the states of agents in the journal. It only reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from sqlalchemy import Row, Select, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from cti.calls.events import AgentChanged
from cti.calls.words import AgentState
from cti.figures import handling_time
from recordings.tables import calls, journal, segments
from recordings.words import Outcome, SegmentKind

QUARTER_S = 900
LONGEST_WRAP_UP_S = 3600.0
"""A longer one is an agent who forgot it, or an end that nobody saw."""


class Slot(NamedTuple):
    """A quarter-hour of a weekday (0 is Monday), counted from midnight by the clock on the wall."""

    queue: str
    weekday: int
    quarter: int


@dataclass(slots=True)
class Past:
    """Sums over the calls that came to a queue in a slot. ``waited_s`` is the wait of all of them,
    ``talk_s`` and ``wrap_up_s`` are the agents' time for those answered. A call that was neither
    answered nor abandoned left the queue in another way."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    waited_s: float = 0.0
    talk_s: float = 0.0
    wrap_up_s: float = 0.0

    def add(self, other: Past) -> None:
        self.offered += other.offered
        self.answered += other.answered
        self.abandoned += other.abandoned
        self.waited_s += other.waited_s
        self.talk_s += other.talk_s
        self.wrap_up_s += other.wrap_up_s

    @property
    def aht_s(self) -> float | None:
        """Mean handling time: talk (with holds) and wrap-up of an answered call."""
        return handling_time(self.talk_s, self.wrap_up_s, self.answered)

    @property
    def patience_s(self) -> float | None:
        """Mean time after which callers hang up. Those who were answered would have waited longer, so
        it is the wait of all calls over the number of those abandoned: the maximum likelihood where
        patience is exponential (Brown et al., "Statistical analysis of a telephone call center", JASA
        100 (2005))."""
        return self.waited_s / self.abandoned if self.abandoned else None


@dataclass(frozen=True, slots=True)
class History:
    """``days`` has, for each weekday (0 is Monday), how many days any call came to a queue."""

    days: Mapping[int, int] = field(default_factory=dict)
    past: Mapping[Slot, Past] = field(default_factory=dict)


class Part(Protocol):
    """A waiting or a talk of a call; all of a call's come together and in order."""

    @property
    def call(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def started_at(self) -> float: ...
    @property
    def ended_at(self) -> float | None: ...
    @property
    def queue(self) -> str: ...
    @property
    def outcome(self) -> str: ...


class Counting:
    """Counts calls, then the wrap-ups after them. ``weekday`` counts only those days; ``zone`` is whose
    clock is meant, None for this machine's. Pure."""

    def __init__(self, weekday: int | None = None, zone: tzinfo | None = None) -> None:
        self._weekday, self._zone = weekday, zone
        self._past: defaultdict[Slot, Past] = defaultdict(Past)
        self._days: set[date] = set()
        self._talks: dict[str, Slot] = {}
        self._with: dict[str, str] = {}
        self._wrapping: dict[str, tuple[Slot, float]] = {}

    def call(self, parts: Iterable[Part]) -> None:
        """All waitings and talks of one call."""
        past: Past | None = None
        slot: Slot | None = None
        waits, outcome = False, ""
        for part in parts:
            length = (part.started_at if part.ended_at is None else part.ended_at) - part.started_at
            if part.kind == SegmentKind.WAIT:
                slot = self._slot(part)
                past = None if slot is None else self._past[slot]
                waits, outcome = True, part.outcome
                if past:
                    past.offered += 1
                    past.waited_s += length
            elif past and slot:
                past.answered += waits
                past.talk_s += length
                waits = False
                self._talks[part.call] = slot
        if past and waits and outcome == Outcome.ABANDONED_IN_QUEUE:
            past.abandoned += 1

    def _slot(self, wait: Part) -> Slot | None:
        came = datetime.fromtimestamp(wait.started_at, self._zone)
        if self._weekday not in (None, came.weekday()):
            return None
        self._days.add(came.date())
        return Slot(wait.queue, came.weekday(), (came.hour * 3600 + came.minute * 60) // QUARTER_S)

    def agent(self, at: float, agent: str, state: str, call: str | None) -> None:
        """An agent's new state, in order of time, after all calls."""
        if (wrapping := self._wrapping.pop(agent, None)) is not None:
            slot, since = wrapping
            self._past[slot].wrap_up_s += min(max(0.0, at - since), LONGEST_WRAP_UP_S)
        if state == AgentState.WRAP_UP:
            if (of := self._talks.get(self._with.get(agent, ""))) is not None:
                self._wrapping[agent] = of, at
        elif call is not None:
            self._with[agent] = call

    def result(self) -> History:
        days: defaultdict[int, int] = defaultdict(int)
        for day in self._days:
            days[day.weekday()] += 1
        return History(dict(days), dict(self._past))


async def history(
    connection: AsyncConnection, start: float, end: float, *, weekday: int | None = None, zone: tzinfo | None = None
) -> History:
    """The calls that arrived from ``start`` until ``end`` (Unix seconds) and are over; see Counting."""
    counting = Counting(weekday, zone)
    part = segments.c
    of_calls = (
        select(part.call, part.kind, part.started_at, part.ended_at, part.queue, calls.c.outcome)
        .join(calls, calls.c.id == part.call)
        .where(calls.c.arrived_at >= start, calls.c.arrived_at < end)
        .where(part.kind.in_([SegmentKind.WAIT.value, SegmentKind.TALK.value]))
        .order_by(calls.c.arrived_at, part.call, part.number)
    )
    of_one: list[Any] = []
    async for row in _rows(connection, of_calls):
        if of_one and row.call != of_one[0].call:
            counting.call(of_one)
            of_one = []
        of_one.append(row)
    counting.call(of_one)
    of_agents = (
        select(journal.c.at, journal.c.data)
        .where(journal.c.kind == AgentChanged.__name__)
        .where(journal.c.at >= start, journal.c.at < end + LONGEST_WRAP_UP_S)
        .order_by(journal.c.seq)
    )
    async for row in _rows(connection, of_agents):
        counting.agent(row.at, row.data["agent"], row.data["state"], row.data.get("call"))
    return counting.result()


async def _rows(connection: AsyncConnection, wanted: Select[Any]) -> AsyncIterator[Row[Any]]:
    """A page at a time: a month of a hotline does not fit into memory."""
    async with connection.stream(wanted) as found:
        async for page in found.partitions(5_000):
            for row in page:
                yield row


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection to the database of records, to read only. Raises FileNotFoundError where its file is
    not there, SQLAlchemyError or OSError where it cannot be reached."""
    engine = create_async_engine(_read_only(make_url(url)), hide_parameters=True)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def _read_only(url: URL) -> URL:
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    if not Path(url.database).is_file():
        raise FileNotFoundError(f"there is no file {url.database}")
    return url.set(database=f"file:{quote(url.database)}").update_query_dict({"mode": "ro", "uri": "true"})
