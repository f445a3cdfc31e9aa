"""The database of the journal, the call records and the recordings.

SQLite by default, or any database that SQLAlchemy has an async driver for: the statements
are plain Core, and a row is replaced by deleting and inserting it in one transaction.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, tuple_, union
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti.calls import codec
from cti.calls.events import CallEvent, Ended, Event
from cti.calls.words import SHORTEST_MESSAGE_S, CallId
from cti.database import opened
from recordings import dispositions, followups
from recordings.dispositions import Disposition, given_under, noted
from recordings.migrations import migrate
from recordings.record import NOT_RECORDED, CallRecord, Outcome, Recording, RecordingState, Segment, SegmentKind, fold
from recordings.rows import call_events, call_of, plain, recording_of, segment_of
from recordings.tables import calls, journal, open_calls, recordings, segments


class Json(str):
    """A text that is JSON already, for a column of JSON."""


@dataclass(slots=True)
class JournalRow:
    """An event and who wrote it: one run of the program, and its own count."""

    run: str
    number: int
    event: Event
    data: Json = field(init=False, repr=False, compare=False)
    """The event as the journal has it. Made once, for the spool and the database."""

    def __post_init__(self) -> None:
        self.data = Json(json.dumps(codec.encode(self.event)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which calls are wanted; None is any. ``start`` <= arrival < ``end``, Unix seconds.

    ``agent`` has talked on the call; ``disposition`` is one it was given, or a group of it; ``text`` is
    part of the caller's number or name, of the number dialled, of where the call was transferred to,
    or of the notes.
    """

    agent: str | None = None
    caller: str | None = None
    queue: str | None = None
    start: float | None = None
    end: float | None = None
    outcome: Outcome | None = None
    disposition: str | None = None
    text: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.agent is not None:
            talked = select(segments.c.call).where(
                segments.c.agent == self.agent, segments.c.kind == SegmentKind.TALK.value
            )
            found.append(calls.c.id.in_(talked))
        if self.caller is not None:
            found.append(calls.c.caller == self.caller)
        if self.queue is not None:
            found.append(calls.c.queue == self.queue)
        if self.start is not None:
            found.append(calls.c.arrived_at >= self.start)
        if self.end is not None:
            found.append(calls.c.arrived_at < self.end)
        if self.outcome is not None:
            found.append(calls.c.outcome == self.outcome.value)
        if self.disposition is not None:
            found.append(given_under(calls.c.id, self.disposition))
        if self.text is not None:
            searched = (calls.c.caller, calls.c.caller_name, calls.c.dialled, calls.c.transferred_to)
            columns = [c.icontains(self.text, autoescape=True) for c in searched]
            found.append(or_(*columns, noted(calls.c.id, self.text)))
        return found


Cursor = tuple[float, str]
"""Where a search goes on: (arrived_at, id) of the last call seen."""


@dataclass(frozen=True, slots=True)
class CallDetails:
    """A call with all that is known of it."""

    record: CallRecord
    segments: tuple[Segment, ...]
    recordings: tuple[Recording, ...]
    dispositions: tuple[Disposition, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """A message in a box. ``caller`` and ``caller_name`` are empty while the call goes on."""

    recording: Recording
    caller: str
    caller_name: str


class Store:
    """Reads and writes; made by ``Store.open``. One task at a time may ``write``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writing = asyncio.Lock()
        self._whole: dict[CallId, list[CallEvent]] = {}
        """Open calls whose every event passed through here: they need not be read again at their end."""

    @classmethod
    async def open(cls, url: str) -> Store:
        """Connects and brings the tables up to date. Raises as ``cti.database.opened``."""
        return cls(await opened(url, migrate, _serialized))

    async def close(self) -> None:
        await self._engine.dispose()

    async def write(self, rows: Sequence[JournalRow], measured: Sequence[Recording] = ()) -> None:
        """Appends to the journal and keeps the records in step, in one transaction.

        Writing the same again changes nothing. A call whose end is among the rows gets its
        record, folded from all its events. An expected recording never replaces a measured one.
        """
        try:
            await self._write(rows, measured, again=False)
        except IntegrityError:  # some of it is there: looked for only now, since it seldom is
            await self._write(rows, measured, again=True)

    async def _write(self, rows: Sequence[JournalRow], measured: Sequence[Recording], *, again: bool) -> None:
        events: dict[CallId, list[CallEvent]] = defaultdict(list)
        for row in rows:
            if isinstance(row.event, CallEvent):
                events[row.event.call].append(row.event)
        over = {call for call, happened in events.items() if any(isinstance(e, Ended) for e in happened)}
        best = _best(measured)
        async with self.writing() as connection:
            if again:
                rows = await _not_there(connection, rows)
                best = await _not_known(connection, best)
            await _append(connection, rows)
            happened = [row.event for row in rows]
            await dispositions.keep(connection, happened)
            await followups.told(connection, happened)
            new = await _unknown(connection, events.keys() - self._whole.keys())
            if opened := new - over:
                await connection.execute(insert(open_calls), [{"call": call} for call in opened])
            known = new | self._whole.keys()
            whole = {call: self._whole.get(call, []) + events[call] for call in events if call in known}
            if over:
                await _record(connection, over, whole)
            await _keep(connection, best)
        self._whole |= whole
        for call in over:
            self._whole.pop(call, None)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, for what is no event. Nobody else writes meanwhile."""
        async with self._writing, self._engine.begin() as connection:
            yield connection

    async def unfinished(self) -> list[CallEvent]:
        """The events of all calls that have no end yet, in the journal's order."""
        wanted = select(journal.c.data).join(open_calls, open_calls.c.call == journal.c.call).order_by(journal.c.seq)
        async with self._engine.connect() as connection:
            return call_events((await connection.execute(wanted)).scalars())

    def connect(self) -> AsyncConnection:
        """A connection, for other looks at the tables; for reading only."""
        return self._engine.connect()

    async def search(
        self, filters: Filters, limit: int = 50, after: Cursor | None = None
    ) -> tuple[list[CallRecord], Cursor | None]:
        """Calls that are over, newest first, and where to go on (None: there are no more)."""
        wanted = select(calls).where(*filters.conditions())
        if after is not None:
            wanted = wanted.where(tuple_(calls.c.arrived_at, calls.c.id) < tuple_(*after))
        wanted = wanted.order_by(calls.c.arrived_at.desc(), calls.c.id.desc()).limit(limit + 1)
        async with self._engine.connect() as connection:
            found = [call_of(row) for row in await connection.execute(wanted)]
        page = found[:limit]
        return page, (page[-1].arrived_at, page[-1].id) if len(found) > limit else None

    async def call(self, call: str) -> CallDetails | None:
        """One call that is over."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(calls).where(calls.c.id == call))).one_or_none()
            if row is None:
                return None
            parts = await connection.execute(
                select(segments).where(segments.c.call == call).order_by(segments.c.number)
            )
            sounds = await connection.execute(
                select(recordings).where(recordings.c.call == call).order_by(recordings.c.started_at)
            )
            said = await dispositions.of_calls(connection, [CallId(call)])
            return CallDetails(call_of(row), tuple(map(segment_of, parts)), tuple(map(recording_of, sounds)), said)

    async def recording(self, stem: str) -> Recording | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(recordings).where(recordings.c.stem == stem))).one_or_none()
        return None if row is None else recording_of(row)

    async def messages(
        self, box: str | None = None, limit: int = 50, after: Cursor | None = None
    ) -> tuple[list[LeftMessage], Cursor | None]:
        """Messages that can be heard, of one box or all, newest first, and where to go on. A cursor
        here is (started_at, stem)."""
        place = tuple_(recordings.c.started_at, recordings.c.stem)
        wanted = (
            select(recordings, calls.c.caller, calls.c.caller_name)
            .outerjoin(calls, calls.c.id == recordings.c.call)
            .where(recordings.c.box != "", recordings.c.file.is_not(None))
            .where(recordings.c.length_s >= SHORTEST_MESSAGE_S)
            .order_by(recordings.c.started_at.desc(), recordings.c.stem.desc())
            .limit(limit + 1)
        )
        if box is not None:
            wanted = wanted.where(recordings.c.box == box)
        if after is not None:
            wanted = wanted.where(place < tuple_(*after))
        async with self._engine.connect() as connection:
            found = [
                LeftMessage(recording_of(row), row.caller or "", row.caller_name or "")
                for row in await connection.execute(wanted)
            ]
        page = found[:limit]
        last = page[-1].recording if len(found) > limit else None
        return page, (last.started_at, last.stem) if last else None

    async def expected(self, *, of_open_calls: bool) -> list[Recording]:
        """Recordings not measured yet, of calls that are open or of those that are over; the
        latter with the seconds recorded of their talk where they are known."""
        holds = segments.alias("holds")
        rested = (
            select(func.sum(holds.c.ended_at - holds.c.started_at))
            .where((holds.c.call == segments.c.call) & (holds.c.detail == NOT_RECORDED))
            .where((holds.c.started_at >= segments.c.started_at) & (holds.c.ended_at <= segments.c.ended_at))
            .correlate(segments)
            .scalar_subquery()
        )
        talk = segments.c.ended_at - segments.c.started_at - func.coalesce(rested, 0.0)
        still_open = recordings.c.call.in_(select(open_calls.c.call))
        wanted = (
            select(recordings, talk.label("length"))
            .outerjoin(segments, (segments.c.call == recordings.c.call) & (segments.c.recording == recordings.c.stem))
            .where(recordings.c.state == RecordingState.EXPECTED.value)
            .where(still_open if of_open_calls else ~still_open)
            .order_by(recordings.c.started_at)
        )
        async with self._engine.connect() as connection:
            return [replace(recording_of(row), talk_s=row.length) for row in await connection.execute(wanted)]


def _serialized(value: Any) -> str:
    return value if isinstance(value, Json) else json.dumps(value)


async def _not_there(connection: AsyncConnection, rows: Sequence[JournalRow]) -> list[JournalRow]:
    """Those of the rows that the journal does not have."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        numbers[row.run].append(row.number)
    there = set()
    for run, of_run in numbers.items():
        found = await connection.execute(
            select(journal.c.run, journal.c.number).where(
                journal.c.run == run, journal.c.number.between(min(of_run), max(of_run))
            )
        )
        there |= {tuple(row) for row in found}
    return [row for row in rows if (row.run, row.number) not in there]


async def _append(connection: AsyncConnection, rows: Sequence[JournalRow]) -> None:
    new = [
        {
            "run": row.run,
            "number": row.number,
            "call": row.event.call if isinstance(row.event, CallEvent) else None,
            "at": row.event.at,
            "kind": type(row.event).__name__,
            "data": row.data,
        }
        for row in rows
    ]
    if new:
        await connection.execute(insert(journal), new)


async def _unknown(connection: AsyncConnection, seen: Collection[CallId]) -> set[CallId]:
    """The calls that are neither open nor over as far as the database knows."""
    if not seen:
        return set()
    known = union(
        select(open_calls.c.call).where(open_calls.c.call.in_(seen)), select(calls.c.id).where(calls.c.id.in_(seen))
    )
    return set(seen).difference((await connection.execute(known)).scalars())


async def _record(
    connection: AsyncConnection, over: Collection[CallId], whole: Mapping[CallId, Sequence[CallEvent]]
) -> None:
    """Writes the records of these calls: of those that are ``whole`` for the first time, of the
    others anew, from the journal."""
    events: dict[CallId, Sequence[CallEvent]] = {call: whole[call] for call in over if call in whole}
    if again := [call for call in over if call not in whole]:
        events |= await _read_again(connection, again)
        await connection.execute(delete(segments).where(segments.c.call.in_(again)))
        await connection.execute(delete(calls).where(calls.c.id.in_(again)))
    await connection.execute(delete(open_calls).where(open_calls.c.call.in_(over)))
    folded = [fold(of_call) for of_call in events.values()]
    await connection.execute(insert(calls), [plain(record) for record, _ in folded])
    parts = [plain(segment) for _, of_call in folded for segment in of_call]
    if parts:
        await connection.execute(insert(segments), parts)


async def _read_again(connection: AsyncConnection, wanted: Collection[CallId]) -> dict[CallId, list[CallEvent]]:
    """All events of these calls that the journal has."""
    rows = select(journal.c.data).where(journal.c.call.in_(wanted)).order_by(journal.c.seq)
    events: dict[CallId, list[CallEvent]] = defaultdict(list)
    for happened in call_events((await connection.execute(rows)).scalars()):
        events[happened.call].append(happened)
    return events


def _best(found: Sequence[Recording]) -> dict[str, Recording]:
    """Of each recording, by stem, what says most: the last one measured, or else that it is expected."""
    best: dict[str, Recording] = {}
    for one in found:
        if one.state is not RecordingState.EXPECTED or one.stem not in best:
            best[one.stem] = one
    return best


async def _not_known(connection: AsyncConnection, found: Mapping[str, Recording]) -> dict[str, Recording]:
    """Without the expected ones of which there is a row."""
    known = set(await connection.scalars(select(recordings.c.stem).where(recordings.c.stem.in_(found))))
    return {stem: one for stem, one in found.items() if one.state is not RecordingState.EXPECTED or stem not in known}


async def _keep(connection: AsyncConnection, found: Mapping[str, Recording]) -> None:
    """A measured recording takes the place of the row that there may be; an expected one is new."""
    if measured := [stem for stem, one in found.items() if one.state is not RecordingState.EXPECTED]:
        await connection.execute(delete(recordings).where(recordings.c.stem.in_(measured)))
    if found:
        await connection.execute(insert(recordings), [plain(one) for one in found.values()])
