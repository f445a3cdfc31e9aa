"""Calls that are over, by what is known of them, newest first.

Each search reads a page by an index, in the order of arrival: the next one goes on after the last call that
was seen, so that calls which end meanwhile are neither skipped nor doubled.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.words import Direction
from recordings.desk.dispositions import given_under, like, noted
from recordings.records.record import CallRecord, Recording
from recordings.rows import call_of, recording_of
from recordings.tables import calls, found_in, recordings, segments
from recordings.transcripts.finding import said
from recordings.words import Outcome, SegmentKind

RECENT_S = (14 * 86_400.0, 112 * 86_400.0)
Cursor = tuple[float, str]
"""Where a search goes on: (arrived_at, id) of the last call seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """``least`` <= a value <= ``most``; None is no bound."""

    least: float | None = None
    most: float | None = None

    def conditions(self, value: ColumnElement[float]) -> list[ColumnElement[bool]]:
        found = [] if self.least is None else [value >= self.least]
        return found if self.most is None else [*found, value <= self.most]


ANY = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which calls are wanted; None is any. ``start`` <= arrival < ``end``, Unix seconds.

    ``agent`` has talked on the call; ``disposition`` is one it was given, or a group of it; ``node`` is one
    that the caller came through. ``numbers`` are ways in which a line may show the caller's number, ``prefix``
    is how it begins. Each word of ``notes`` is a part of one agent's notes; each of ``said`` is a part of what was
    said in one recording, of the ``agent`` where he is given. ``text`` is part of the caller's number or name, of
    the number dialled, of where the call was transferred to, or of the notes. ``length`` is that of the whole call,
    ``wait`` of all its waiting, in seconds; ``score`` is the mean of its survey. ``silence`` and ``talk_over`` are
    seconds of one of its recordings.
    """

    agent: str | None = None
    caller: str | None = field(default=None, repr=False)
    numbers: Collection[str] | None = field(default=None, repr=False)
    prefix: str | None = field(default=None, repr=False)
    queue: str | None = None
    start: float | None = None
    end: float | None = None
    outcome: Outcome | None = None
    direction: Direction | None = None
    disposition: str | None = None
    node: str | None = None
    notes: str | None = field(default=None, repr=False)
    said: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    length: Span = ANY
    wait: Span = ANY
    score: Span = ANY
    silence: Span = ANY
    talk_over: Span = ANY

    def conditions(self) -> list[ColumnElement[bool]]:
        """All but that of ``text``."""
        of = calls.c
        same = ((of.caller, self.caller), (of.queue, self.queue), (of.outcome, self.outcome))
        found = [column == value for column, value in (*same, (of.direction, self.direction)) if value is not None]
        found += [] if self.start is None else [of.arrived_at >= self.start]
        found += [] if self.end is None else [of.arrived_at < self.end]
        found += self.length.conditions(of.ended_at - of.arrived_at)
        found += self.wait.conditions(of.wait_s)
        found += self.score.conditions(of.score)
        if self.numbers is not None:
            found.append(of.caller.in_(self.numbers))
        if self.prefix is not None:
            found.append(of.caller.startswith(self.prefix, autoescape=True))
        if self.agent is not None:
            talked = [segments.c.agent == self.agent, segments.c.kind == SegmentKind.TALK.value]
            talked += [] if self.start is None else [segments.c.started_at >= self.start]
            found.append(of.id.in_(select(segments.c.call).where(*talked)))
        if self.disposition is not None:
            found.append(given_under(of.id, self.disposition))
        for span, seconds in ((self.silence, recordings.c.silence_s), (self.talk_over, recordings.c.talk_over_s)):
            if span != ANY:
                found.append(of.id.in_(select(recordings.c.call).where(*span.conditions(seconds))))
        if self.node is not None:
            path = cast(of.path, Text)  # as JSON; LIKE would not tell capitals from small letters everywhere
            found.append(func.replace(path, json.dumps(self.node), "") != path)
        if self.notes is not None:
            found.append(noted(of.id, self.notes.split()))
        if self.said is not None:
            found.append(said(of.id, self.said.split(), self.agent))
        return found

    def ways(self) -> list[list[ColumnElement[bool]]]:
        """Conditions of which all of one list, or all of another, hold, with ``text``. Either is looked for by an
        index of its own: by "or" over two tables neither would be used."""
        found, text = self.conditions(), self.text or ""
        return [[*found, like(found_in(calls), text)], [*found, noted(calls.c.id, [text])]]


async def search(
    connection: AsyncConnection, filters: Filters, limit: int, after: Cursor | None = None
) -> tuple[list[CallRecord], Cursor | None]:
    """A page of calls, and where to go on (None: there are no more)."""
    page: list[CallRecord] = []
    more = False
    for start in await _starts(connection, filters, after):
        page, more = await _search(connection, replace(filters, start=start), limit, after)
        if more:
            break
    return page, (page[-1].arrived_at, page[-1].id) if more else None


async def _starts(connection: AsyncConnection, filters: Filters, after: Cursor | None) -> list[float | None]:
    """Since when calls are looked for, one time after the other until a page is full. An agent's calls are
    known by their talks, of which all that come into question are looked at: so few of them at first."""
    if filters.agent is None:
        return [filters.start]
    newest = after[0] if after is not None else filters.end
    if newest is None:
        newest = (await connection.execute(select(func.max(calls.c.arrived_at)))).scalar()
    tries = [] if newest is None else [newest - seconds for seconds in RECENT_S]
    return [*(start for start in tries if start > (filters.start or 0.0)), filters.start]


async def _search(
    connection: AsyncConnection, filters: Filters, limit: int, after: Cursor | None
) -> tuple[list[CallRecord], bool]:
    """A page of calls, and whether there are more."""
    if filters.text is None:
        wanted = _page(select(calls).where(*filters.conditions()), limit, after)
    else:
        pages = [_page(select(calls.c.id).where(*way), limit, after).subquery() for way in filters.ways()]
        mine = union_all(*(select(page) for page in pages))
        wanted = _page(select(calls).where(calls.c.id.in_(mine)), limit, None)
    found = [call_of(row) for row in await connection.execute(wanted)]
    return found[:limit], len(found) > limit


def _page(wanted: Select[Any], limit: int, after: Cursor | None) -> Select[Any]:
    """The newest of these calls, and one more."""
    if after is not None:
        wanted = wanted.where(tuple_(calls.c.arrived_at, calls.c.id) < tuple_(*after))
    return wanted.order_by(calls.c.arrived_at.desc(), calls.c.id.desc()).limit(limit + 1)


async def recorded(connection: AsyncConnection, calls: Collection[str]) -> tuple[Recording, ...]:
    """The recordings of these calls, the first begun first."""
    wanted = select(recordings).where(recordings.c.call.in_(calls)).order_by(recordings.c.started_at)
    return tuple(map(recording_of, await connection.execute(wanted)))
