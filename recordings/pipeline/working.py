"""Works a queue of recordings off: so many at a time as there are threads for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cti.about import ABOUT
from recordings.pipeline.leases import Job, Leases, Ours
from recordings.pipeline.make import Stopped
from recordings.pipeline.rules import LEASE_S, reason

log = structlog.get_logger(__name__)

POLL_S = 2.0
"""How often an empty queue is looked at."""
AWAY_S = 5.0


@dataclass(slots=True)
class Progress:
    """What one run has done so far. ``sound_s`` are seconds of sound."""

    done: int = 0
    failed: int = 0
    tried: int = 0
    sound_s: float = 0.0


class Working:
    """``threads`` recordings are worked on at a time; ``told`` hears of each that is over. What is to be done is said
    by ``steps``."""

    def __init__(self, queue: Leases, threads: int, told: Callable[[Progress], None]) -> None:
        self._leases = queue
        self._threads = threads
        self._told = told
        self._stop = threading.Event()
        self.progress = Progress()

    async def steps(self, job: Job) -> float:
        """All that is left to be done with a recording; says of how many seconds of sound. May raise anything; Stopped
        once it is told to stop, and nothing was done."""
        raise NotImplementedError

    async def stop(self) -> None:
        """What is being worked on is to end soon."""
        self._stop.set()

    async def run(self, *, once: bool = False) -> None:
        """Works until cancelled, or ``once`` through what is due. What is being worked on then is given back."""
        await self._leases.recover()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._threads):
                    group.create_task(self._work(once))
        finally:
            await self.stop()

    async def _work(self, once: bool) -> None:
        while True:
            try:
                job = await self._leases.lease()
                if job is not None:
                    await self._do(job)
                    self._told(self.progress)
                elif once:
                    return
                else:
                    await asyncio.sleep(POLL_S)
            except (SQLAlchemyError, OSError) as error:
                ABOUT.set(None)
                if once:
                    raise
                # What was leased comes back when its lease is over.
                log.warning("the database is away", error=type(error).__name__, again_in_s=AWAY_S)
                await asyncio.sleep(AWAY_S)

    async def _do(self, job: Job) -> None:
        ABOUT.set(job.recording.call)
        work = asyncio.create_task(self.steps(job))
        try:
            while not (await asyncio.wait({work}, timeout=LEASE_S / 3))[0]:
                if await self._leases.still(job) is not Ours.YES:
                    log.warning("another worker has taken it over", stem=job.recording.stem)
            await self._over(job, work)
        except asyncio.CancelledError:
            await self.stop()
            await asyncio.wait({work})
            if isinstance(work.exception(), Stopped):
                await self._leases.give_back(job)
            raise

    async def _over(self, job: Job, work: asyncio.Task[float]) -> None:
        error = work.exception()
        if error is None:
            self.progress.done += 1
            self.progress.sound_s += work.result()
        elif isinstance(error, SQLAlchemyError):
            raise error
        else:
            given_up = await self._leases.failed(job, error)
            self.progress.failed += given_up
            self.progress.tried += not given_up
            log.warning(
                "recording not processed",
                queue=self._leases.name,
                stem=job.recording.stem,
                why=reason(error),
                tries=job.tries,
                given_up=given_up,
            )
