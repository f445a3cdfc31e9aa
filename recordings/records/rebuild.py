"""Makes the tables that are folds over the journal anew: calls, their segments, open calls, dispositions.

It may run while calls go on: it works some calls at a time, in transactions in which nobody adds to the
journal, and changes only rows that are not as the journal has them. What is no fold stays as it is: what
was measured of recordings, follow-ups, the audit log; and the records of calls that the journal has no more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.events import DispositionGiven, Ended
from cti.calls.words import CallId
from recordings.desk import dispositions
from recordings.records import upkeep
from recordings.records.fold import fold
from recordings.records.upkeep import Folded
from recordings.rows import call_of, decoded, plain, segment_of
from recordings.store import Store
from recordings.tables import calls, journal, open_calls, segments
from recordings.tables import dispositions as given

CALLS = 500
"""How many are made anew at a time: engines wait so long with what they write."""
ROWS = 20_000
"""Journal rows looked through at a time for dispositions."""


@dataclass(slots=True)
class Progress:
    """``calls`` were looked at, about ``of``, then journal ``rows`` up to ``last``. ``changed`` calls and
    dispositions were not as the journal has them. ``kept``: records of calls that it has no more."""

    calls: int = 0
    of: int = 0
    rows: int = 0
    last: int = 0
    changed: int = 0
    kept: int = 0


async def rebuild(store: Store) -> AsyncIterator[Progress]:
    """Rebuilds, and tells its progress, in the same object each time; it is done when this is over.

    A rebuild that was broken off is begun anew: it finds less to change. Raises SQLAlchemyError.
    """
    done = Progress()
    async with store.connect() as connection:
        done.of = (await connection.scalar(select(func.count()).select_from(calls))) or 0
        done.of += (await connection.scalar(select(func.count()).select_from(open_calls))) or 0
        done.last = (await connection.scalar(select(func.max(journal.c.seq)))) or 0
        kept = select(func.count()).where(~exists().where(journal.c.call == calls.c.id))
        done.kept = (await connection.scalar(kept.select_from(calls))) or 0
    last = ""
    while True:
        async with store.alone() as connection:
            ids = await _after(connection, last)
            if not ids:
                gone = ~exists().where(journal.c.call == open_calls.c.call)
                await connection.execute(delete(open_calls).where(gone))
                break
            done.changed += await _made_anew(connection, ids)
        last = ids[-1]
        done.calls += len(ids)
        done.of = max(done.of, done.calls)
        yield done
    later: dict[tuple[str, str], DispositionGiven] = {}
    while True:
        async with store.alone() as connection:
            end = (await connection.scalar(select(func.max(journal.c.seq)))) or 0
            piece = journal.c.seq.between(done.rows + 1, done.rows + ROWS)
            done.changed += await _said_anew(connection, await _said(connection, piece), later)
            done.rows, done.last = min(done.rows + ROWS, end), end
            if done.rows == end:
                done.changed += await _said_anew(connection, later.values(), None)
                break
        yield done
    yield done


async def _after(connection: AsyncConnection, last: str) -> Sequence[CallId]:
    """The next calls of the journal, by their ids."""
    wanted = select(journal.c.call).where(journal.c.call > last).group_by(journal.c.call)
    return [CallId(id) for id in await connection.scalars(wanted.order_by(journal.c.call).limit(CALLS))]


async def _made_anew(connection: AsyncConnection, ids: Sequence[CallId]) -> int:
    """Brings the rows of these calls to what the journal says. Returns how many were not so."""
    events = await upkeep.events_of(connection, ids)
    over = {call for call, happened in events.items() if any(isinstance(e, Ended) for e in happened)}
    still_open = events.keys() - over
    there = await _there(connection, ids)
    folded = [fold(happened) for call, happened in events.items() if call in over]
    different = [one for one in folded if there.get(one[0].id) != _plain(one)]
    if different:
        await upkeep.rewrite(connection, different)
    too_many = still_open & there.keys()
    if too_many:
        await connection.execute(delete(segments).where(segments.c.call.in_(too_many)))
        await connection.execute(delete(calls).where(calls.c.id.in_(too_many)))
    known = set(await connection.scalars(select(open_calls.c.call).where(open_calls.c.call.in_(ids))))
    if closed := known & over:
        await connection.execute(delete(open_calls).where(open_calls.c.call.in_(closed)))
    if opened := still_open - known:
        await connection.execute(insert(open_calls), [{"call": call} for call in opened])
    return len({record.id for record, _ in different} | too_many | closed | opened)


_Plain = tuple[dict[str, Any], list[dict[str, Any]]]


def _plain(folded: Folded) -> _Plain:
    return plain(folded[0]), [plain(segment) for segment in folded[1]]


async def _there(connection: AsyncConnection, ids: Iterable[CallId]) -> Mapping[str, _Plain | None]:
    """What the tables have of these calls, by id; None for what is no record at all."""
    parts = select(segments).where(segments.c.call.in_(ids)).order_by(segments.c.call, segments.c.number)
    of_call = {id: list(rows) for id, rows in groupby(await connection.execute(parts), lambda row: row.call)}
    found: dict[str, _Plain | None] = {}
    for row in await connection.execute(select(calls).where(calls.c.id.in_(ids))):
        try:
            found[row.id] = _plain((call_of(row), [segment_of(part) for part in of_call.get(row.id, ())]))
        except (ValueError, TypeError, KeyError):
            found[row.id] = None
    return found


async def _said(connection: AsyncConnection, piece: Any) -> list[DispositionGiven]:
    wanted = select(journal.c.data).where(piece, journal.c.kind == DispositionGiven.__name__)
    events = decoded(await connection.scalars(wanted.order_by(journal.c.seq)))
    return [event for event in events if isinstance(event, DispositionGiven)]


async def _said_anew(
    connection: AsyncConnection,
    events: Iterable[DispositionGiven],
    later: dict[tuple[str, str], DispositionGiven] | None,
) -> int:
    """Brings dispositions to what the events say, the last of each agent and call. One that is of a later
    time in the table has probably a later event, too: it is put off into ``later``, until that is seen.
    Returns how many were not so."""
    last = {(event.call, event.agent): event for event in events}
    if not last:
        return 0
    wanted = select(given).where(tuple_(given.c.call, given.c.agent).in_(last))
    there = {(row.call, row.agent): row for row in await connection.execute(wanted)}
    different = []
    for key, event in last.items():
        row = there.get(key)
        if later is not None:
            later.pop(key, None)
            if row is not None and row.at > event.at:
                later[key] = event
                continue
        if row is None or dict(row._mapping) != {name: getattr(event, name) for name in row._mapping}:
            different.append(event)
    await dispositions.keep(connection, different)
    return len(different)
