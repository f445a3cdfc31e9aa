"""The ledger of recordings: what was expected of each, what was found, and all that was done to its files.

Entries are only ever added, sealed in chains as those of the audit log are (``cti.seals``), in the same
transaction as what they tell of. Each process that writes has a chain of its own: two must not write at the
same time under one name (the database would refuse the second).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.seals import BEGIN, Head, Sealed, chain, derived, sealed
from recordings.heads import read_head, write_head
from recordings.tables import ledger

log = structlog.get_logger(__name__)


class What(StrEnum):
    """What an entry tells of."""

    EXPECTED = "expected"
    """From now on there may be files of this recording."""
    MEASURED = "measured"
    """What was found of it: its ``state``."""
    PROCESSED = "processed"
    """Files were made of its files."""
    STORED = "stored"
    """It was given to the storage."""
    DELETED = "deleted"
    """Its time was over."""
    ERASED = "erased"
    """Somebody asked for it to be gone."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to a recording. ``at`` is Unix seconds, ``stem`` and ``call`` are the recording's.

    ``detail`` is JSON, of our own words, ids and figures: no number or name of a customer is in it, for an
    entry stays when all else of a call is gone. Some of its keys have a meaning for whoever verifies
    (``proof.py``); names are those of files in the recordings folder, relative to it. ``files`` maps names to
    the SHA-256 (hex) of what they hold from now on; ``gone`` lists names that are no longer there;
    ``expects`` those that may appear until the recording is measured; ``state`` is what was measured.
    """

    at: float
    what: What
    stem: str
    call: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class Ledger:
    """The chain of one process that writes. ``key`` seals it, ``writer`` is the name of what writes;
    in ``folder`` is the file of what was written last. Used through ``Store.note``."""

    def __init__(self, key: bytes, writer: str, folder: Path) -> None:
        self._key = chain_key(key, writer)
        self._chain = chain(self._key)
        self._writer = writer
        self._head = head_file(folder, writer)
        self._kept: Head | None = None

    async def note(self, connection: AsyncConnection, *entries: Entry) -> Head:
        """Adds one or more entries within a transaction; says what is last then. Once that is committed,
        ``keep`` it."""
        rows = sealed(self._key, await self._last(connection), *(replace(e, at=float(e.at)) for e in entries))
        await connection.execute(insert(ledger), [self._values(row) for row in rows])
        return rows[-1].number, rows[-1].seal

    async def keep(self, last: Head) -> None:
        """What is last is committed."""
        self._kept = last
        await asyncio.to_thread(write_head, self._head, last)

    async def _last(self, connection: AsyncConnection) -> Head:
        """What the next entry follows. Where the database has lost some, the gap stays in the numbers."""
        if self._kept is None:
            self._kept = await asyncio.to_thread(read_head, self._head) or (0, BEGIN)
        query = select(ledger.c.number, ledger.c.seal).where(ledger.c.chain == self._chain)
        row = (await connection.execute(query.order_by(ledger.c.number.desc()).limit(1))).one_or_none()
        there = (0, BEGIN) if row is None else (row.number, row.seal)
        if self._kept[0] > there[0]:
            log.error("ledger entries are gone from the database", last=self._kept[0], there=there[0])
            return self._kept
        return there

    def _values(self, row: Sealed[Entry]) -> dict[str, Any]:
        entry = row.entry
        return {
            "chain": self._chain,
            "writer": self._writer,
            "number": row.number,
            "at": entry.at,
            "what": entry.what.value,
            "stem": entry.stem,
            "call": entry.call,
            "detail": dict(entry.detail),
            "seal": row.seal,
        }


async def not_there(connection: AsyncConnection, entries: Sequence[Entry]) -> list[Entry]:
    """Those that the ledger does not have: after a crash, or where an answer was lost, some come again."""
    if not entries:
        return []
    same = ledger.c.stem.in_({entry.stem for entry in entries})
    rows = await connection.execute(select(ledger.c.stem, ledger.c.what, ledger.c.at).where(same))
    there = {tuple(row) for row in rows}
    return [entry for entry in entries if (entry.stem, entry.what.value, float(entry.at)) not in there]


def chain_key(key: bytes, writer: str) -> bytes:
    """What seals the chain of this writer."""
    return derived(key, f"ledger/{writer}")


def head_file(folder: Path, writer: str) -> Path:
    """Where is kept what this writer wrote last."""
    return folder / f"ledger-last-{writer}.json"


def heads(folder: Path) -> set[str]:
    """The writers of whom it is kept what they wrote last. Blocks."""
    return {path.stem.removeprefix("ledger-last-") for path in folder.glob("ledger-last-*.json")}


def entry_of(row: Row[Any]) -> Entry:
    """An entry as the database has it. Raises ValueError where it is none."""
    return Entry(row.at, What(row.what), row.stem, row.call, row.detail)
