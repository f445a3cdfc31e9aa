"""Keeps the sums fresh while the server runs: now and then, and when somebody asks for a report."""

from __future__ import annotations

import asyncio
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from recordings.reports.rollups import Rollups

EVERY_S = 300.0
FRESH_S = 15.0
"""So old may sums be that are asked for."""
WAIT_S = 5.0
"""How long who asks waits for fresher ones, as after an upgrade, when all calls are counted."""

log = structlog.get_logger(__name__)


class Keeper:
    """One for a store; to be closed."""

    def __init__(self, rollups: Rollups) -> None:
        self._rollups = rollups
        self._work: asyncio.Task[None] | None = None
        self._last = float("-inf")

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            await asyncio.wait({self._working()})
            await asyncio.sleep(EVERY_S)

    async def fresh(self, now: float) -> None:
        """Takes in what the journal has, if the last time is some seconds ago. Where the database is away the
        sums stay as they are."""
        if now - self._last >= FRESH_S:
            await asyncio.wait({self._working()}, timeout=WAIT_S)

    async def close(self) -> None:
        """Ends what it does at this time: what is half done is done again."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work})

    def _working(self) -> asyncio.Task[None]:
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._catch_up(), name="sums of reports")
        return self._work

    async def _catch_up(self) -> None:
        now = time.time()
        try:
            while await self._rollups.catch_up(now):
                pass
            self._last = now
        except SQLAlchemyError as error:
            log.warning("the sums of reports are not fresh", error=type(error).__name__)
