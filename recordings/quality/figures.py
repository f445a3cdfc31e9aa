"""What graders found beside what customers said, by agent and by queue. The fold is pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, String, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.quality.reviews import SEEN_BY_AGENT, State
from recordings.quality.tables import reviews
from recordings.tables import calls

PAGE = 2000


@dataclass(frozen=True, slots=True)
class Mean:
    """Of ``count`` values; ``mean`` is None without any."""

    count: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """Of one agent or queue: the scores by graders (0 to 100), how many of them a fatal answer made 0, and what
    customers answered in surveys, by question."""

    name: str
    quality: Mean
    fatal: int
    surveys: Mapping[str, Mean]


@dataclass(frozen=True, slots=True)
class Figures:
    agents: tuple[Line, ...]
    queues: tuple[Line, ...]


class Graded(NamedTuple):
    agent: str
    queue: str
    score: float | None
    fatal: bool


class Surveyed(NamedTuple):
    """The agent and queue of a call are its last."""

    agent: str
    queue: str
    scores: Sequence[tuple[str, int]]


@dataclass(slots=True)
class _Sum:
    count: int = 0
    total: float = 0.0

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value

    def mean(self) -> Mean:
        return Mean(self.count, round(self.total / self.count, 2) if self.count else None)


@dataclass(slots=True)
class _Row:
    quality: _Sum = field(default_factory=_Sum)
    fatal: int = 0
    surveys: dict[str, _Sum] = field(default_factory=lambda: defaultdict(_Sum))

    def grade(self, graded: Graded) -> None:
        self.fatal += graded.fatal
        if graded.score is not None:
            self.quality.add(graded.score)

    def survey(self, surveyed: Surveyed) -> None:
        for question, score in surveyed.scores:
            self.surveys[question].add(score)


class Sums:
    """Adds up, in any order."""

    def __init__(self) -> None:
        self._agents: dict[str, _Row] = defaultdict(_Row)
        self._queues: dict[str, _Row] = defaultdict(_Row)

    def graded(self, rows: Iterable[Graded]) -> None:
        for one in rows:
            self._agents[one.agent].grade(one)
            self._queues[one.queue].grade(one)

    def surveyed(self, rows: Iterable[Surveyed]) -> None:
        for one in rows:
            self._agents[one.agent].survey(one)
            self._queues[one.queue].survey(one)

    def figures(self) -> Figures:
        """Without calls that came to no agent, or no queue."""
        return Figures(_rows(self._agents), _rows(self._queues))


def _rows(found: Mapping[str, _Row]) -> tuple[Line, ...]:
    return tuple(
        Line(name, row.quality.mean(), row.fatal, {q: row.surveys[q].mean() for q in sorted(row.surveys)})
        for name, row in sorted(found.items())
        if name
    )


async def figures(
    connection: AsyncConnection, start: float, end: float, agent: str | None = None, *, released: bool = False
) -> Figures:
    """Of talks and calls from ``start`` to ``end`` (Unix seconds), all or one agent's; of what is ``released``, or
    of all that is submitted. Without comparisons of graders."""
    sums = Sums()
    states = SEEN_BY_AGENT if released else frozenset(State) - {State.OPEN}
    graded = select(reviews.c.agent, reviews.c.queue, reviews.c.score, reviews.c.fatal).where(
        reviews.c.talked_at >= start,
        reviews.c.talked_at < end,
        reviews.c.calibration == "",
        reviews.c.state.in_(states),
    )
    surveyed = select(calls.c.agent, calls.c.queue, calls.c.scores).where(
        calls.c.arrived_at >= start, calls.c.arrived_at < end, cast(calls.c.scores, String) != json.dumps([])
    )
    if agent is not None:
        graded, surveyed = graded.where(reviews.c.agent == agent), surveyed.where(calls.c.agent == agent)
    async for rows in _pages(connection, graded):
        sums.graded(Graded(**row._mapping) for row in rows)
    async for rows in _pages(connection, surveyed):
        sums.surveyed(Surveyed(**row._mapping) for row in rows)
    return sums.figures()


async def _pages(connection: AsyncConnection, wanted: Select[Any]) -> AsyncIterator[Sequence[Row[Any]]]:
    async with connection.stream(wanted) as found:
        async for page in found.partitions(PAGE):
            yield page
