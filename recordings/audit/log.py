"""The audit log in the database: one task writes it, so that nobody waits for it; and it is looked through.

What was written last is also in a file beside the key, so that entries cut off at the end are missed.
Entries are only ever added.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from cti.audit import Entry, Result
from cti.seals import BEGIN, Check, Sealed, chain, sealed
from recordings.heads import read_head, write_head
from recordings.store import Store
from recordings.tables import audit

log = structlog.get_logger(__name__)

BATCH = 500
MOST_WAITING = 20_000
"""Entries that are kept while the database is away; what comes then is counted only."""
RETRY_S = 0.1
LONGEST_RETRY_S = 5.0
PROBLEMS_TOLD = 100

LOST = "audit.lost"
"""The entry that says how many there would have been, had there been room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries; None is any. ``start`` <= at < ``end``, Unix seconds."""

    who: str | None = None
    what: str | None = None
    object: str | None = None
    result: Result | None = None
    start: float | None = None
    end: float | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        same = (("who", self.who), ("what", self.what), ("object", self.object), ("result", self.result))
        found: list[ColumnElement[bool]] = [audit.c[name] == value for name, value in same if value is not None]
        if self.start is not None:
            found.append(audit.c.at >= self.start)
        if self.end is not None:
            found.append(audit.c.at < self.end)
        return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a look at the seals came out: entries of this server's chain, and of others', which only those
    servers can check; and what is wrong (PROBLEMS_TOLD at most)."""

    count: int
    others: int
    problems: Sequence[str]


class AuditLog:
    """The log of one server. ``key`` seals it; ``head`` is the file of what was written last."""

    def __init__(self, store: Store, key: bytes, head: Path) -> None:
        self._store = store
        self._key = key
        self._chain = chain(key)
        self._head = head
        self._last = (0, BEGIN)
        self._waiting: deque[Entry] = deque()
        self._lost = 0
        self._some = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    @property
    def pending(self) -> int:
        """Entries that are not in the database yet."""
        return len(self._waiting)

    def put(self, entry: Entry) -> None:
        """Takes an entry; never waits."""
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(entry)
        self._some.set()

    async def start(self) -> None:
        """Begins to write, after what was written last. Raises SQLAlchemyError."""
        there, kept = await self._there(), read_head(self._head)
        self._last = there
        if kept is not None and kept[0] > there[0]:
            # The gap stays in the numbers, to be found each time.
            log.error("audit entries are gone from the database", last=kept[0], there=there[0])
            self._last = kept
        self._task = asyncio.create_task(self._work(), name="audit")

    async def stop(self, grace_s: float = 10.0) -> None:
        """Writes what is left, for ``grace_s`` seconds at most."""
        if self._task is None:
            return
        self._stopping = True
        self._some.set()
        await asyncio.wait([self._task], timeout=grace_s)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
            for entry in self._waiting:
                log.error("an audit entry is in this log only", what=entry.what, who=entry.who, object=entry.object)
        self._task = None

    async def search(self, wanted: Wanted, limit: int, before: int | None = None) -> list[tuple[int, Entry]]:
        """Entries, newest first, each with its place; only places below ``before``."""
        query = select(audit).where(*wanted.conditions()).order_by(audit.c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.seq < before)
        async with self._store.connect() as connection:
            return [(row.seq, _entry(row)) for row in await connection.execute(query)]

    async def _work(self) -> None:
        while self._waiting or not self._stopping:
            await self._some.wait()
            self._some.clear()
            while self._waiting:
                batch = list(islice(self._waiting, BATCH))
                await self._write(batch)
                for _ in batch:
                    self._waiting.popleft()
                if self._lost:
                    lost, self._lost = self._lost, 0
                    self._waiting.append(Entry(batch[-1].at, "", "", "", LOST, "", Result.FAILED, {"entries": lost}))
                    log.error("audit entries were lost: the database was away too long", entries=lost)

    async def _write(self, batch: Sequence[Entry]) -> None:
        rows = sealed(self._key, self._last, *batch)
        self._last = rows[-1].number, rows[-1].seal
        pause = RETRY_S
        while True:
            try:
                async with self._store.writing() as connection:
                    await connection.execute(insert(audit), [_values(self._chain, row) for row in rows])
                break
            except SQLAlchemyError as error:
                log.warning("the audit log is not written yet", error=type(error).__name__, entries=len(self._waiting))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_RETRY_S)
            try:
                # A commit whose answer was lost has been made all the same.
                if await self._there() == self._last:
                    break
            except SQLAlchemyError:
                continue
        await asyncio.to_thread(write_head, self._head, self._last)

    async def _there(self) -> tuple[int, str]:
        """Number and seal of this chain's last entry in the database."""
        query = select(audit.c.number, audit.c.seal).where(audit.c.chain == self._chain)
        async with self._store.connect() as connection:
            row = (await connection.execute(query.order_by(audit.c.number.desc()).limit(1))).one_or_none()
        return (0, BEGIN) if row is None else (row.number, row.seal)


async def verify(store: Store, key: bytes, head: Path) -> Verdict:
    """Checks every seal. Raises SQLAlchemyError."""
    own = chain(key)
    check = Check(key, read_head(head))
    problems: list[str] = []
    try:
        async for row in _sealed(store, own):
            problems += check.take(row)
        problems += check.end()
    except ValueError:  # its JSON is none
        problems.append(f"an entry after {check.number} cannot be read")
    query = select(func.count()).select_from(audit).where(audit.c.chain != own)
    async with store.connect() as connection:
        others = (await connection.execute(query)).scalar_one()
    return Verdict(check.count, others, problems[:PROBLEMS_TOLD])


async def _sealed(store: Store, own: str) -> AsyncIterator[Sealed[Entry]]:
    """A chain in its order, some rows at a time."""
    last = 0
    async with store.connect() as connection:
        while True:
            query = select(audit).where(audit.c.chain == own, audit.c.number > last)
            rows = (await connection.execute(query.order_by(audit.c.number).limit(BATCH))).all()
            for row in rows:
                yield Sealed(row.number, _entry(row), row.seal)
            if not rows:
                return
            last = rows[-1].number


def _values(own: str, row: Sealed[Entry]) -> dict[str, Any]:
    entry = row.entry
    return {
        "chain": own,
        "number": row.number,
        "at": entry.at,
        "who": entry.who,
        "role": entry.role,
        "address": entry.address,
        "what": entry.what,
        "object": entry.object,
        "result": entry.result.value,
        "detail": dict(entry.detail),
        "seal": row.seal,
    }


def _entry(row: Row[Any]) -> Entry:
    # What was written is one of ours; what is not was changed, and its seal tells.
    result = Result(row.result) if row.result in set(Result) else Result.FAILED
    return Entry(row.at, row.who, row.role, row.address, row.what, row.object, result, row.detail)
