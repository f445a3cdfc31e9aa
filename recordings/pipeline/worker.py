"""What the pipeline does to a recording, in this order, each of which may be done again without harm: its file is made
and put in place; the records and the ledger say so; the storage takes it; the raw files are removed; it leaves the
queue. So whenever a worker dies, either the raw files are there or the finished one is, noted and kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from recordings.files import Files
from recordings.pipeline.kinds import Format
from recordings.pipeline.make import make
from recordings.pipeline.queue import Job, Ours, Queue
from recordings.pipeline.working import Progress, Working

__all__ = ["Keep", "Progress", "Worker", "kept_here"]

log = structlog.get_logger(__name__)

Keep = Callable[[str, str], Awaitable[object]]
"""Gives a finished file to the storage: the recording's stem, and the file's name in the recordings folder. To give
it again does no harm. May raise anything: then it is tried again."""


async def kept_here(stem: str, file: str) -> None:
    """The recordings folder is the storage."""


class Worker(Working):
    """Works the queue of the pipeline off."""

    def __init__(
        self,
        queue: Queue,
        files: Files,
        format: Format,
        keep: Keep = kept_here,
        threads: int = 1,
        told: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        super().__init__(queue, threads, told)
        self._queue = queue
        self._files = files
        self._format = format
        self._keep = keep

    async def steps(self, job: Job) -> float:
        recording, made, gone = job.recording, None, job.gone
        if recording.processed_at is None:
            made = await asyncio.to_thread(make, self._files, recording, self._format, self._stop)
            ours = await self._queue.note(job, made)
            if ours is Ours.ERASED:
                await asyncio.to_thread(made.path.unlink, missing_ok=True)
            if ours is not Ours.YES:
                log.warning("recording processed for nothing", stem=recording.stem, why=ours)
                return 0.0
            gone = made.gone
        file = made.file if made is not None else recording.file
        if file is not None:
            await self._keep(recording.stem, file)
        await asyncio.to_thread(self._remove, gone)
        await self._queue.done(job)
        log.info("recording processed", stem=recording.stem, file=file)
        return made.length_s if made is not None else 0.0

    def _remove(self, names: Sequence[str]) -> None:
        for name in names:
            self._files.path(name).unlink(missing_ok=True)
