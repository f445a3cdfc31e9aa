"""Reports from the sums by quarter-hour."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, String, Values, column, func, literal, select, values
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.quality.reviews import SEEN_BY_AGENT
from recordings.quality.tables import reviews
from recordings.reports.figures import By, Figure, of
from recordings.reports.intervals import Span
from recordings.reports.sums import NAMES, Subject, Sums
from recordings.tables import rollups

MOST_ROWS = 5_000
_SUBJECTS = {
    By.QUEUE: Subject.QUEUE,
    By.AGENT: Subject.AGENT,
    By.TEAM: Subject.AGENT,
    By.NODE: Subject.NODE,
    By.NUMBER: Subject.NUMBER,
}


class TooMuch(ValueError):
    """A report would have more than MOST_ROWS rows."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """``spans`` in order. ``names`` are the only ones wanted, None for all; ``together`` has one row a span
    of all of them. ``teams`` has the agents of each team."""

    by: By
    spans: Sequence[Span]
    names: Collection[str] | None = None
    together: bool = False
    teams: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A row: the figures of ``name`` (empty for all together) from ``start`` until ``end``, Unix seconds."""

    name: str
    start: int
    end: int
    figures: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Report:
    """``total`` is of all rows together: an agent in two teams that are asked for counts in it twice."""

    by: By
    figures: Sequence[Figure]
    lines: Sequence[Line]
    total: Line


async def report(connection: AsyncConnection, wanted: Wanted) -> Report:
    """Lines by start, then name. Raises TooMuch."""
    figures = of(wanted.by)
    found = await sums(connection, wanted)
    ends = dict(wanted.spans)
    start, end = (wanted.spans[0][0], wanted.spans[-1][1]) if wanted.spans else (0, 0)
    lines = [Line(name, at, ends[at], _values(figures, counted)) for (at, name), counted in sorted(found.items())]
    whole = Sums()
    for counted in found.values():
        whole.update(counted)
    return Report(wanted.by, figures, lines, Line("", start, end, _values(figures, whole)))


async def sums(connection: AsyncConnection, wanted: Wanted) -> dict[tuple[int, str], Sums]:
    """The sums by (start, name). Raises TooMuch."""
    if not wanted.spans or (wanted.by is By.TEAM and not wanted.teams):
        return {}
    many = len(wanted.spans) > 1
    times = _table("times", {"start": BigInteger(), "until": BigInteger()}, wanted.spans) if many else None
    first, last = wanted.spans[0][0], wanted.spans[-1][1]
    start: ColumnElement[int] = literal(first, BigInteger()).label("start") if times is None else times.c.start
    name: ColumnElement[str] = rollups.c.name
    source: Any = rollups
    if times is not None:
        source = source.join(times, (rollups.c.at >= times.c.start) & (rollups.c.at < times.c.until))
    if wanted.by is By.TEAM:
        members = [(team, agent) for team, agents in wanted.teams.items() for agent in agents]
        teams = _table("teams", {"team": String(), "agent": String()}, members)
        source = source.join(teams, rollups.c.name == teams.c.agent)
        name = teams.c.team
    subject = _SUBJECTS[wanted.by]
    question = (
        select(start.label("start"), *([] if wanted.together else [name.label("name")]))
        .add_columns(*(func.sum(rollups.c[one]).label(one) for one in needed(wanted.by)))
        .select_from(source)
        .where(rollups.c.subject == subject.value, rollups.c.at >= first, rollups.c.at < last)
        .limit(MOST_ROWS + 1)
    )
    groups: list[ColumnElement[Any]] = [*([] if times is None else [start]), *([] if wanted.together else [name])]
    question = question.group_by(*groups) if groups else question
    if wanted.names is not None:
        question = question.where(name.in_(wanted.names))
    rows = (await connection.execute(question)).all()
    if len(rows) > MOST_ROWS:
        raise TooMuch(f"the report would have more than {MOST_ROWS} rows: ask for longer intervals, or fewer names")
    found = {(row.start, "" if wanted.together else row.name): _sums(row, wanted.by) for row in rows}
    for where, graded in (await _graded(connection, wanted)).items():
        found.setdefault(where, Sums()).update(graded)
    return found


async def _graded(connection: AsyncConnection, wanted: Wanted) -> dict[tuple[int, str], Sums]:
    """What graders said of talks that began in these times, by (start, name)."""
    if wanted.by not in (By.QUEUE, By.AGENT, By.TEAM):
        return {}
    column_of = reviews.c.queue if wanted.by is By.QUEUE else reviews.c.agent
    first, last = wanted.spans[0][0], wanted.spans[-1][1]
    at = reviews.c.talked_at
    question = select(at, column_of.label("name"), reviews.c.fatal).where(
        at >= first, at < last, reviews.c.state.in_(SEEN_BY_AGENT), reviews.c.calibration == "", column_of != ""
    )
    starts = [start for start, _ in wanted.spans]
    teams: defaultdict[str, list[str]] = defaultdict(list)
    for team, agents in wanted.teams.items():
        for agent in agents:
            teams[agent].append(team)
    found: defaultdict[tuple[int, str], Sums] = defaultdict(Sums)
    for row in await connection.execute(question):
        start = starts[bisect_right(starts, row.talked_at) - 1]
        for name in teams[row.name] if wanted.by is By.TEAM else [row.name]:
            if wanted.names is None or name in wanted.names:
                found[start, "" if wanted.together else name].update(graded=1, fatal=int(row.fatal))
    return found


def needed(by: By) -> list[str]:
    """The sums that a report's figures are made of."""
    seen = _Seen()
    for figure in of(by):
        seen.update(figure.sums)
        figure.value(seen)
    return [name for name in NAMES if name in seen]


class _Seen(Sums):
    """Notes what is asked for."""

    def __missing__(self, name: str) -> int:
        self[name] = 0
        return 0


def _sums(row: Row[Any], by: By) -> Sums:
    return Sums({name: int(row._mapping[name]) for name in needed(by) if row._mapping[name]})


def _values(figures: Sequence[Figure], counted: Sums) -> dict[str, float | None]:
    found = ((figure.name, figure.value(counted)) for figure in figures)
    return {name: None if value is None else round(value, 4) for name, value in found}


def _table(name: str, columns: Mapping[str, Any], rows: Sequence[tuple[Any, ...]]) -> Any:
    """Values as a table of the question."""
    made: Values = values(*(column(key, kind) for key, kind in columns.items()), name=f"{name}_values")
    return made.data(list(rows)).cte(name)
