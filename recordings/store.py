"""The database of the journal, the call records and the recordings.

SQLite by default, or any database that SQLAlchemy has an async driver for: the statements
are plain Core, as far as one is not much quicker otherwise.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import Double, delete, false, insert, null, select, text, tuple_, union_all
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti.calls import codec
from cti.calls.events import CallEvent, Ended, Event
from cti.calls.words import SHORTEST_MESSAGE_S, CallId
from cti.database import opened
from cti.seals import Head
from recordings.bulk import Json, add, serialized
from recordings.desk import dispositions, followups
from recordings.desk.dispositions import Disposition
from recordings.ledger.ledger import Entry, Ledger, not_there
from recordings.migrations import migrate
from recordings.pipeline.intake import enqueue
from recordings.records import upkeep
from recordings.records.fold import fold
from recordings.records.record import CallRecord, Recording, Segment
from recordings.records.search import Cursor, Filters, search
from recordings.rows import call_events, call_of, plain, recording_of, segment_of
from recordings.tables import calls, journal, open_calls, recordings, segments
from recordings.transcripts.finding import transcribed
from recordings.words import NO_RECORDING, RecordingState

__all__ = ["CallDetails", "Cursor", "Filters", "JournalRow", "LeftMessage", "Store"]


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


@dataclass(frozen=True, slots=True)
class CallDetails:
    """A call with all that is known of it."""

    record: CallRecord
    segments: tuple[Segment, ...]
    recordings: tuple[Recording, ...]
    dispositions: tuple[Disposition, ...] = ()
    transcribed: tuple[str, ...] = ()
    """Stems of the recordings of which there is a transcript."""


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """A message in a box. ``caller`` and ``caller_name`` are empty while the call goes on."""

    recording: Recording
    caller: str
    caller_name: str


class Store:
    """Reads and writes; made by ``Store.open``. One task at a time may ``write``."""

    def __init__(self, engine: AsyncEngine, ledger: Ledger | None = None) -> None:
        self._engine = engine
        self._ledger = ledger
        self._noted: list[Head] = []
        self._writing = asyncio.Lock()
        self._whole: dict[CallId, list[CallEvent]] = {}
        """Open calls whose every event passed through here: they need not be read again at their end."""

    @classmethod
    async def open(cls, url: str, ledger: Ledger | None = None) -> Store:
        """Connects and brings the tables up to date. ``ledger`` is needed by who changes recordings. Raises as
        ``cti.database.opened``."""
        return cls(await opened(url, migrate, serialized), ledger)

    async def close(self) -> None:
        await self._engine.dispose()

    async def write(
        self, rows: Sequence[JournalRow], found: Sequence[Recording] = (), entries: Sequence[Entry] = ()
    ) -> None:
        """Appends to the journal and the ledger and keeps the records in step, in one transaction.

        Writing the same again changes nothing. A call whose end is among the rows gets its
        record, folded from all its events; one that is known already is folded anew with what is told of it
        later. An expected recording never replaces a measured one.
        """
        try:
            await self._write(rows, found, entries, again=False)
        except IntegrityError:  # some of it is there: looked for only now, since it seldom is
            await self._write(rows, found, entries, again=True)

    async def _write(
        self, rows: Sequence[JournalRow], found: Sequence[Recording], entries: Sequence[Entry], *, again: bool
    ) -> None:
        events: dict[CallId, list[CallEvent]] = defaultdict(list)
        for row in rows:
            if isinstance(row.event, CallEvent):
                events[row.event.call].append(row.event)
        over = {call for call, happened in events.items() if any(isinstance(e, Ended) for e in happened)}
        best = _best(found)
        async with self.writing() as connection:
            if again:
                rows = await _not_there(connection, rows)
                best = await _not_known(connection, best)
            await _append(connection, rows)
            happened = [row.event for row in rows]
            await dispositions.keep(connection, happened)
            await followups.told(connection, happened)
            known = await _known(connection, events.keys() - self._whole.keys())
            new = events.keys() - self._whole.keys() - known.keys()
            if opened := new - over:
                await connection.execute(insert(open_calls), [{"call": call} for call in opened])
            here = new | self._whole.keys()
            whole = {call: self._whole.get(call, []) + events[call] for call in events if call in here}
            late = {call for call, at in known.items() if at is not None and any(e.at <= at for e in events[call])}
            if over | late:
                await _record(connection, over | late, whole)
            await _keep(connection, best)
            if self._ledger is not None:
                await self.note(connection, *await not_there(connection, entries))
        self._whole |= whole
        for call in over:
            self._whole.pop(call, None)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, for what is no event. Nobody else writes meanwhile."""
        async with self._writing:
            noted = self._noted = []
            async with self._engine.begin() as connection:
                yield connection
            if self._ledger is not None and noted:
                await self._ledger.keep(noted[-1])

    async def note(self, connection: AsyncConnection, *entries: Entry) -> None:
        """Adds to the ledger, within a transaction of ``writing``. Raises RuntimeError without a ledger."""
        if self._ledger is None:
            raise RuntimeError("this store was opened without a ledger")
        if entries:
            self._noted.append(await self._ledger.note(connection, *entries))

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[AsyncConnection]:
        """A transaction in which nobody else adds to the journal, in this process or another."""
        async with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("LOCK TABLE journal IN SHARE MODE"))
            else:
                await connection.execute(delete(open_calls).where(false()))  # SQLite has one writer at a time
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
        async with self._engine.connect() as connection:
            return await search(connection, filters, limit, after)

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
            words = await transcribed(connection, call)
            return CallDetails(
                call_of(row), tuple(map(segment_of, parts)), tuple(map(recording_of, sounds)), said, words
            )

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

    async def expected(self) -> list[Recording]:
        """Recordings not measured yet."""
        wanted = select(recordings).where(recordings.c.state == RecordingState.EXPECTED.value)
        async with self._engine.connect() as connection:
            return [recording_of(row) for row in await connection.execute(wanted.order_by(recordings.c.started_at))]

    async def happened(self, wanted: Collection[CallId]) -> list[CallEvent]:
        """The events of these calls that the journal has, call by call."""
        async with self._engine.connect() as connection:
            found = [await upkeep.events_of(connection, some) for some in _pieces(wanted)]
        return [event for piece in found for of_call in piece.values() for event in of_call]

    async def measured(self, wanted: Collection[CallId]) -> set[str]:
        """The stems of the recordings of these calls that are measured."""
        query = select(recordings.c.stem).where(recordings.c.state != RecordingState.EXPECTED.value)
        async with self._engine.connect() as connection:
            return {
                stem
                for some in _pieces(wanted)
                for stem in await connection.scalars(query.where(recordings.c.call.in_(some)))
            }


def _pieces(wanted: Collection[CallId]) -> Iterator[list[CallId]]:
    """As many at a time as any database takes in one statement."""
    listed = sorted(wanted)
    return (listed[first : first + 500] for first in range(0, len(listed), 500))


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
    await add(connection, journal, new)


async def _known(connection: AsyncConnection, seen: Collection[CallId]) -> dict[CallId, float | None]:
    """Those of the calls that the database knows, and when they were over; None while they are open."""
    if not seen:
        return {}
    still_open = select(open_calls.c.call, null().cast(Double)).where(open_calls.c.call.in_(seen))
    over = select(calls.c.id, calls.c.ended_at).where(calls.c.id.in_(seen))
    return {CallId(call): ended_at for call, ended_at in await connection.execute(union_all(still_open, over))}


async def _record(
    connection: AsyncConnection, over: Collection[CallId], whole: Mapping[CallId, Sequence[CallEvent]]
) -> None:
    """Writes the records of these calls: of those that are ``whole`` for the first time, of the
    others anew, from the journal."""
    await connection.execute(delete(open_calls).where(open_calls.c.call.in_(over)))
    await upkeep.write(connection, [fold(whole[call]) for call in over if call in whole])
    if again := [call for call in over if call not in whole]:
        events = await upkeep.events_of(connection, again)
        await upkeep.rewrite(connection, [fold(happened) for happened in events.values()])


def _best(found: Sequence[Recording]) -> dict[str, Recording]:
    """Of each recording, by stem, what says most: the last one measured, or else that it is expected."""
    best: dict[str, Recording] = {}
    for one in found:
        if one.state is not RecordingState.EXPECTED or one.stem not in best:
            best[one.stem] = one
    return best


async def _not_known(connection: AsyncConnection, found: Mapping[str, Recording]) -> dict[str, Recording]:
    """Without the expected ones of which there is a row, and those that the pipeline has finished."""
    there = select(recordings.c.stem, recordings.c.processed_at).where(recordings.c.stem.in_(found))
    known = {row.stem: row.processed_at for row in await connection.execute(there)}
    return {
        stem: one
        for stem, one in found.items()
        if stem not in known or (one.state is not RecordingState.EXPECTED and known[stem] is None)
    }


async def _keep(connection: AsyncConnection, found: Mapping[str, Recording]) -> None:
    """A measured recording takes the place of the row that there may be; an expected one is new."""
    if measured := [stem for stem, one in found.items() if one.state is not RecordingState.EXPECTED]:
        unfinished = recordings.c.processed_at.is_(None)
        await connection.execute(delete(recordings).where(recordings.c.stem.in_(measured), unfinished))
    if there := [plain(one) for one in found.values() if one.state not in NO_RECORDING]:
        await connection.execute(insert(recordings), there)
        await enqueue(connection, found.values(), time.time())
