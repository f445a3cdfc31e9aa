"""The one task that writes to the store, so that nobody else ever waits for a database."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cti.calls.events import Event
from recordings.ledger.ledger import Entry
from recordings.records.record import Recording
from recordings.spool import Row, Sink, Spool, write
from recordings.store import JournalRow

log = structlog.get_logger(__name__)

BATCH = 2_000
BATCH_S = 1.0
RETRY_S = 0.1
LONGEST_RETRY_S = 5.0


class Writer:
    """Takes events, recordings and entries of their ledger at once, writes them in order in batches.

    A batch is BATCH rows, or fewer after BATCH_S seconds. While the database is away or
    locked a batch is tried again, with growing pauses; rows stay in memory, and in a spool in
    ``folder``, until they are committed. A row that the database will never take is logged and
    passed over. ``written`` is called after each batch.
    """

    def __init__(
        self, sink: Sink, folder: Path, retry_s: float = RETRY_S, written: Callable[[], None] = lambda: None
    ) -> None:
        self._sink = sink
        self._written = written
        self._retry_s = retry_s
        self._run_id = uuid4().hex
        self._spool = Spool(folder, self._run_id)
        self._count = 0
        self._waiting: deque[Row] = deque()
        self._some = asyncio.Event()
        self._enough = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    @property
    def pending(self) -> int:
        """Rows not committed yet."""
        return len(self._waiting)

    def put(self, what: Event | Recording | Entry) -> None:
        if isinstance(what, Event):
            self._count += 1
            row: Row = JournalRow(self._run_id, self._count, what)
        else:
            row = what
        self._waiting.append(row)
        try:
            self._spool.append(row)
        except OSError as error:
            log.error("a row is in memory only", error=str(error))
        self._some.set()
        if len(self._waiting) >= BATCH:
            self._enough.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._work(), name="records-writer")

    async def stop(self, grace_s: float = 10.0) -> None:
        """Writes what is left, for ``grace_s`` seconds at most."""
        if self._task is None:
            return
        self._stopping = True
        self._some.set()
        self._enough.set()
        await asyncio.wait([self._task], timeout=grace_s)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
            log.error("journal rows are left for the next start", rows=self.pending)
        self._spool.close()
        self._task = None

    async def _work(self) -> None:
        while self._waiting or not self._stopping:
            await self._some.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(BATCH_S):
                    await self._enough.wait()
            batch = list(islice(self._waiting, BATCH))
            if batch:
                await self._write(batch)
                self._written()
            for _ in batch:
                self._waiting.popleft()
            self._spool.committed(len(batch))
            if not self._stopping and len(self._waiting) < BATCH:
                self._enough.clear()
            if not self._stopping and not self._waiting:
                self._some.clear()

    async def _write(self, batch: Sequence[Row]) -> None:
        pause = self._retry_s
        while True:
            try:
                return await write(self._sink, batch)
            except Exception as error:
                if not _passing(error):
                    return await self._one_by_one(batch, error)
                cause = error.orig if isinstance(error, DBAPIError) else error
                log.warning("database does not take rows", error=str(cause), rows=self.pending, again_in_s=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY_S)

    async def _one_by_one(self, batch: Sequence[Row], error: Exception) -> None:
        if len(batch) > 1:
            for row in batch:
                await self._write([row])
            return
        for row in batch:
            what = type(row.event if isinstance(row, JournalRow) else row).__name__
            # The error's text may hold a caller's number; its type may not.
            log.error("row refused by the database", row=what, error=type(error).__name__)


def _passing(error: Exception) -> bool:
    """Whether the database may take the same rows later: it is away, locked or full."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError)
