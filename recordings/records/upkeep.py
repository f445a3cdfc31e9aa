"""Records in the tables, as they are folded from the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.events import CallEvent
from cti.calls.words import CallId
from recordings.bulk import add
from recordings.records.record import CallRecord, Segment
from recordings.rows import call_events, plain
from recordings.tables import calls, journal, segments

Folded = tuple[CallRecord, Sequence[Segment]]


async def events_of(connection: AsyncConnection, wanted: Collection[CallId]) -> dict[CallId, list[CallEvent]]:
    """All events of these calls that the journal has."""
    rows = select(journal.c.data).where(journal.c.call.in_(wanted)).order_by(journal.c.seq)
    events: dict[CallId, list[CallEvent]] = defaultdict(list)
    for happened in call_events((await connection.execute(rows)).scalars()):
        events[happened.call].append(happened)
    return events


async def write(connection: AsyncConnection, folded: Collection[Folded]) -> None:
    """Records of which there are no rows yet."""
    await add(connection, calls, [plain(record) for record, _ in folded])
    await _write_segments(connection, folded)


async def rewrite(connection: AsyncConnection, folded: Collection[Folded]) -> None:
    """Records of which there may be rows. Such a row stays, with whatever refers to it, and has new values."""
    ids = [record.id for record, _ in folded]
    there = set(await connection.scalars(select(calls.c.id).where(calls.c.id.in_(ids))))
    await connection.execute(delete(segments).where(segments.c.call.in_(ids)))
    if changed := [{"of": record.id, **plain(record)} for record, _ in folded if record.id in there]:
        names = [name for name in changed[0] if name not in ("of", "id")]
        values: dict[str, Any] = {name: bindparam(name) for name in names}
        await connection.execute(update(calls).where(calls.c.id == bindparam("of")).values(values), changed)
    await add(connection, calls, [plain(record) for record, _ in folded if record.id not in there])
    await _write_segments(connection, folded)


async def _write_segments(connection: AsyncConnection, folded: Collection[Folded]) -> None:
    await add(connection, segments, [plain(segment) for _, of_call in folded for segment in of_call])
