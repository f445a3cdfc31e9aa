"""Takes a customer out of all that remains: his recordings, and what records, journal, notes, comments, reviews and
follow-ups say of him. A call under a legal hold stays whole, and is told.

Each call is one transaction, and a second run finds only what the first left: it may be killed at any moment.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.events import CallEvent, DispositionGiven
from recordings.desk import dispositions
from recordings.ledger.ledger import What
from recordings.quality.store import forget_words
from recordings.records import upkeep
from recordings.records.fold import fold
from recordings.rows import decoded
from recordings.storage.holds import held
from recordings.storage.life import Life
from recordings.storage.masking import masked
from recordings.storage.tables import erasures, stored
from recordings.store import Store
from recordings.tables import calls, comments, followups, journal, recordings

BATCH = 100
MOST = 200
"""How many erasures are listed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was erased: calls, recordings (the files of so many go ``later``), follow-ups, comments and callbacks
    for which he waited; ``cards`` are ids. ``held`` are the calls that a legal hold keeps; where there are any, the
    cards are kept, too."""

    calls: int = 0
    recordings: int = 0
    later: int = 0
    followups: int = 0
    comments: int = 0
    callbacks: int = 0
    cards: tuple[int, ...] = ()
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure that was made, without whom: ``marks`` are keyed hashes of his numbers. ``at`` is Unix seconds."""

    id: str
    at: float
    by: str
    marks: tuple[str, ...]
    report: Report


def mark(key: bytes, number: str) -> str:
    """By what an erased number (E.164) is known again, by whoever has it and the key."""
    own = hmac.new(key, b"erasure", hashlib.sha256).digest()
    return hmac.new(own, number.encode(), hashlib.sha256).hexdigest()


async def erase(store: Store, life: Life, numbers: Collection[str], by: str, now: float) -> Report:
    """Erases all calls of these numbers (in each spelling) that are over. Raises SQLAlchemyError, OSError."""
    report, kept = Report(), set[str]()
    while True:
        async with store.connect() as connection:
            wanted = select(calls.c.id).where(calls.c.caller.in_(numbers), calls.c.id.not_in(kept))
            found = list(await connection.scalars(wanted.order_by(calls.c.id).limit(BATCH)))
            kept |= await held(connection, found)
        if not found:
            break
        for call in found:
            if call not in kept:
                one = await _call(store, life, call, numbers, by, now)
                kept |= {call} if one is None else set()
                report = _sum(report, one or Report())
    async with store.writing() as connection:
        of_him = (followups.c.number.in_(numbers), or_(followups.c.call.is_(None), followups.c.call.not_in(kept)))
        gone = (await connection.execute(delete(followups).where(*of_him))).rowcount
    return replace(report, followups=report.followups + gone, held=tuple(sorted(kept)))


async def keep(store: Store, key: bytes, numbers: Collection[str], report: Report, by: str, now: float) -> Erasure:
    """Notes that an erasure was made."""
    made = Erasure(secrets.token_hex(8), now, by, tuple(sorted(mark(key, number) for number in numbers)), report)
    async with store.writing() as connection:
        values = {"id": made.id, "at": now, "by": by, "marks": list(made.marks), "report": asdict(report)}
        await connection.execute(insert(erasures), [values])
    return made


async def made(store: Store) -> Sequence[Erasure]:
    """The erasures that were made, newest first, MOST at most."""
    wanted = select(erasures).order_by(erasures.c.at.desc(), erasures.c.id).limit(MOST)
    async with store.connect() as connection:
        return [
            Erasure(row.id, row.at, row.by, tuple(row.marks), _report(row.report))
            for row in await connection.execute(wanted)
        ]


def _report(kept: dict[str, Any]) -> Report:
    return Report(**{**kept, "cards": tuple(kept["cards"]), "held": tuple(kept["held"])})


def _sum(one: Report, other: Report) -> Report:
    names = ("calls", "recordings", "later", "followups", "comments")
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})


async def _call(store: Store, life: Life, call: str, numbers: Collection[str], by: str, now: float) -> Report | None:
    """Erases one call; None where a hold was set meanwhile."""
    async with store.connect() as connection:
        stems = list(await connection.scalars(select(recordings.c.stem).where(recordings.c.call == call)))
    for stem in stems:
        if not await life.delete(stem, call, What.ERASED, by, now):
            return None
    async with store.writing() as connection:
        if await held(connection, [call]):
            return None
        await _rewrite(connection, call, numbers)
        followed = await connection.execute(delete(followups).where(followups.c.call == call))
        await forget_words(connection, call)
        said = await connection.execute(delete(comments).where(comments.c.call == call))
        waits = select(stored.c.stem).where(stored.c.stem.in_(stems), stored.c.gone.is_(False))
        later = len(list(await connection.scalars(waits)))
    return Report(1, len(stems), later, followed.rowcount, said.rowcount)


async def _rewrite(connection: AsyncConnection, call: str, numbers: Collection[str]) -> None:
    """Masks a call's journal, and folds its record from that anew."""
    own = select(journal.c.seq, journal.c.data).where(journal.c.call == call).order_by(journal.c.seq)
    rows = list((await connection.execute(own)).all())
    # Dispositions may be given long after: they are rows of no call.
    given = select(journal.c.seq, journal.c.data).where(journal.c.kind == DispositionGiven.__name__)
    given = given.where(journal.c.call.is_(None), journal.c.data["call"].as_string() == call)
    if rows:
        given = given.where(journal.c.seq > rows[0].seq)
    rows += (await connection.execute(given.order_by(journal.c.seq))).all()
    changed = [{"row": row.seq, "data": masked(row.data, numbers)} for row in rows]
    if changed:
        await connection.execute(update(journal).where(journal.c.seq == bindparam("row")), changed)
    events = list(decoded(row["data"] for row in changed))
    await dispositions.keep(connection, events)
    await upkeep.rewrite(connection, [fold(event for event in events if isinstance(event, CallEvent))])
