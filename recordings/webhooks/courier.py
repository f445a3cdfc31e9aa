"""Tells a site's own programs what happens to calls: the journal, posted by position, in order.

The journal is the queue. How far a target has come is a number in a file, written when the target
has taken a batch: after a crash the same batch may be sent again, and none is left out. A target
that is down costs no memory: nothing is read for it until it takes what was read before.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from recordings.store import Store
from recordings.tables import journal

ROWS = 200
"""Journal rows looked at, and so events posted, at a time."""
OLDEST_S = 24 * 3600.0
"""What is older is not sent any more: a target that was away for days wants to know how things are."""
PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
NOT_TOLD = ("Digit", "Played")
"""Keys and sounds are for the flow only."""

Deliver = Callable[[bytes], Awaitable[bool]]
"""Posts a body; whether it was taken. Raises nothing."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """``events`` as JSON values, each with ``seq``, its position; the journal is read up to ``end``.
    ``at`` is when the first of them happened."""

    end: int
    at: float
    events: tuple[Mapping[str, Any], ...]

    @property
    def body(self) -> bytes:
        return json.dumps({"events": self.events}, separators=(",", ":")).encode()


class Courier:
    """Tells one target, called ``name``. ``file`` holds how far it has come."""

    def __init__(
        self,
        name: str,
        deliver: Deliver,
        store: Store,
        file: Path,
        *,
        clock: Callable[[], float] = time.time,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.name = name
        self._deliver = deliver
        self._store = store
        self._file = file
        self._clock = clock
        self._pause_s = pause_s
        self._news = asyncio.Event()
        self._since: float | None = None
        self.refused = 0
        """How often a batch was not taken."""

    @property
    def behind_s(self) -> float:
        """For how long the oldest event that was not taken has been waiting; 0.0 for none."""
        return 0.0 if self._since is None else max(0.0, self._clock() - self._since)

    def wake(self) -> None:
        """There is more in the journal."""
        self._news.set()

    async def run(self) -> None:
        """Tells the target until cancelled."""
        self._news.set()
        pause = self._pause_s
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                while await self._told():
                    pause = self._pause_s
                continue
            except _NotTaken:
                self.refused += 1
            except (SQLAlchemyError, OSError) as error:
                log.warning("the journal cannot be read for a webhook", webhook=self.name, error=type(error).__name__)
            log.warning("a webhook is told again later", webhook=self.name, again_in_s=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
            self._news.set()

    async def _told(self) -> bool:
        """Tells the next batch. Whether there was any. Raises _NotTaken, SQLAlchemyError, OSError."""
        place = await asyncio.to_thread(self._place)
        if place is None:
            await asyncio.to_thread(self._keep, await _head(self._store))  # new: it is told from now on
            return False
        batch = await _after(self._store, place, self._clock() - OLDEST_S)
        if batch is None:
            return False
        if batch.events:
            self._since = batch.at
            if not await self._deliver(batch.body):
                raise _NotTaken
            self._since = None
        await asyncio.to_thread(self._keep, batch.end)
        return True

    def _place(self) -> int | None:
        try:
            return int(self._file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except ValueError:
            log.error("how far a webhook has come cannot be read: it goes on from now", webhook=self.name)
            return None

    def _keep(self, place: int) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._file.with_name(f".{self._file.name}")
        fresh.write_text(f"{place}\n", encoding="ascii")
        os.replace(fresh, self._file)


class _NotTaken(Exception):
    pass


async def _head(store: Store) -> int:
    async with store.connect() as connection:
        return (await connection.execute(select(func.max(journal.c.seq)))).scalar() or 0


async def _after(store: Store, place: int, oldest: float) -> Batch | None:
    wanted = select(journal.c.seq, journal.c.at, journal.c.call, journal.c.kind, journal.c.data)
    async with store.connect() as connection:
        rows = (await connection.execute(wanted.where(journal.c.seq > place).order_by(journal.c.seq).limit(ROWS))).all()
    if not rows:
        return None
    told = [row for row in rows if row.call is not None and row.kind not in NOT_TOLD and row.at >= oldest]
    return Batch(rows[-1].seq, told[0].at if told else 0.0, tuple({"seq": row.seq, **row.data} for row in told))
