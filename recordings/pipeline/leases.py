"""Recordings that wait for some work: a row each in a table of the database, leased to one worker at a time.

The same statements for SQLite and PostgreSQL: a row is taken by changing it as it was seen, which only
one worker can.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import ColumnElement, Table, case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.pipeline.rules import LEASE_S, MOST_TRIES, after, reason
from recordings.records.record import Recording
from recordings.store import Store
from recordings.tables import pipeline

_LONGEST_REASON = 512
_SEEN_AT_ONCE = 20
_RACES = 10


@dataclass(frozen=True, slots=True)
class Job:
    """A recording that is ours for now. ``token`` says so in the database; ``tries`` counts this one."""

    recording: Recording
    token: str
    tries: int
    gone: tuple[str, ...] = ()
    """Names of the raw files that are to go, of one that is noted as finished."""


class Ours(StrEnum):
    """Whether a recording that we work on is ours still."""

    YES = "it is ours"
    LOST = "another worker took it over"
    ERASED = "it was erased meanwhile"


@dataclass(frozen=True, slots=True)
class Failure:
    """A recording that was given up. ``at`` is Unix seconds."""

    stem: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """``waiting`` are those not given up, ``oldest_s`` is the age of what waits longest, ``trouble`` why something
    waits that was tried; ``failures`` are the newest."""

    waiting: int
    oldest_s: float
    trouble: str
    failed: int
    failures: tuple[Failure, ...]


async def status(store: Store, now: float, table: Table = pipeline) -> Status:
    """How a queue stands."""
    failed = table.c.failed_at.is_not(None)
    counted = select(
        func.count(case((~failed, 1))), func.min(case((~failed, table.c.queued_at))), func.count(case((failed, 1)))
    ).select_from(table)
    tried = select(table.c.reason).where(~failed, table.c.reason != "").order_by(table.c.queued_at).limit(1)
    newest = select(table.c.stem, table.c.failed_at, table.c.reason).where(failed)
    async with store.connect() as connection:
        waiting, oldest, gone = (await connection.execute(counted)).one()
        trouble = (await connection.execute(tried)).scalar() or ""
        rows = await connection.execute(newest.order_by(table.c.failed_at.desc()).limit(_SEEN_AT_ONCE))
        failures = tuple(Failure(*row) for row in rows)
    return Status(waiting, 0.0 if oldest is None else max(0.0, now - oldest), trouble, gone, failures)


async def some_waiting(store: Store, table: Table = pipeline) -> bool:
    """Whether there is anything in the queue that was not given up."""
    wanted = select(table.c.stem).where(table.c.failed_at.is_(None)).limit(1)
    async with store.connect() as connection:
        return (await connection.execute(wanted)).one_or_none() is not None


class Leases:
    """A queue as one worker process sees it. ``worker`` is its name, which no other process has; ``table`` has the
    columns of ``pipeline``."""

    def __init__(
        self, store: Store, worker: str, clock: Callable[[], float] = time.time, table: Table = pipeline
    ) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock
        self._table = table

    @property
    def name(self) -> str:
        return self._table.name

    async def recover(self) -> None:
        """Takes up again what an earlier run of this worker was at."""
        of = self._table.c
        mine = of.worker.startswith(f"{self._worker}:", autoescape=True)
        async with self._store.writing() as connection:
            await connection.execute(
                update(self._table).where(mine, of.failed_at.is_(None)).values(worker="", due_at=self._clock())
            )

    async def retry(self) -> int:
        """Gives all that were given up another chance; says how many."""
        again = {"failed_at": None, "tries": 0, "worker": "", "reason": "", "due_at": self._clock()}
        async with self._store.writing() as connection:
            failed = self._table.c.failed_at.is_not(None)
            return (await connection.execute(update(self._table).where(failed).values(**again))).rowcount

    async def lease(self) -> Job | None:
        """The next recording to work on, which is ours for LEASE_S seconds; None where none is due."""
        of = self._table.c
        for _ in range(_RACES):
            now = self._clock()
            due = (of.failed_at.is_(None), of.due_at <= now)
            async with self._store.connect() as connection:
                wanted = select(self._table).where(*due).order_by(of.queued_at).limit(1)
                row = (await connection.execute(wanted)).one_or_none()
            if row is None:
                return None
            recording = await self._store.recording(row.stem)
            token, tries = f"{self._worker}:{uuid4().hex[:16]}", row.tries + 1
            taken = {"worker": token, "due_at": now + LEASE_S, "tries": tries}
            if tries > MOST_TRIES:
                why = "each worker that began with it ended in the midst of it"
                taken = {"worker": "", "failed_at": now, "reason": row.reason or why}
            as_seen = (of.stem == row.stem, of.due_at == row.due_at, of.failed_at.is_(None))
            async with self._store.writing() as connection:
                if recording is None:  # it was erased
                    await connection.execute(delete(self._table).where(*as_seen))
                    continue
                done = await connection.execute(update(self._table).where(*as_seen).values(**taken))
            if done.rowcount == 1 and tries <= MOST_TRIES:
                return Job(recording, token, tries, tuple(row._mapping.get("gone", ())))
        return None

    async def still(self, job: Job) -> Ours:
        """Keeps it ours for another LEASE_S seconds, where it is."""
        async with self._store.writing() as connection:
            return await self._still(connection, job)

    async def _still(self, connection: AsyncConnection, job: Job, **values: object) -> Ours:
        kept = update(self._table).where(*self._ours(job)).values(due_at=self._clock() + LEASE_S, **values)
        return Ours.YES if (await connection.execute(kept)).rowcount == 1 else Ours.LOST

    async def done(self, job: Job) -> None:
        """All is done: it leaves the queue."""
        async with self._store.writing() as connection:
            await connection.execute(delete(self._table).where(*self._ours(job)))

    async def failed(self, job: Job, error: BaseException) -> bool:
        """What went wrong, and what becomes of it by the rules; whether it was given up."""
        then, now = after(error, job.tries), self._clock()
        said = {"worker": "", "reason": reason(error)[:_LONGEST_REASON]}
        if then is None:
            await self._change(job, **said, failed_at=now)
        else:
            await self._change(job, **said, due_at=now + then.pause_s, tries=job.tries - (not then.counted))
        return then is None

    async def give_back(self, job: Job) -> None:
        """As if it had not been taken."""
        await self._change(job, worker="", due_at=self._clock(), tries=job.tries - 1)

    async def _change(self, job: Job, **values: object) -> bool:
        async with self._store.writing() as connection:
            done = await connection.execute(update(self._table).where(*self._ours(job)).values(**values))
        return done.rowcount == 1

    def _ours(self, job: Job) -> tuple[ColumnElement[bool], ...]:
        return (self._table.c.stem == job.recording.stem, self._table.c.worker == job.token)
