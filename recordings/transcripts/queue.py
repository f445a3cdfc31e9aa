"""The recordings that wait for a transcript, and what is noted of those that have one."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Select, delete, insert, select

from recordings.pipeline.leases import Job, Leases, Ours
from recordings.storage.tables import stored
from recordings.store import Store
from recordings.transcripts.tables import transcribing, transcripts
from recordings.transcripts.words import Transcript


class TranscriptQueue(Leases):
    """The queue as one worker process sees it."""

    def __init__(self, store: Store, worker: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(store, worker, clock, transcribing)

    async def language(self, job: Job) -> str:
        async with self._store.connect() as connection:
            found = await connection.execute(select(transcribing.c.language).where(*self._ours(job)))
            return str(found.scalar_one())

    async def kept(self, job: Job) -> bool:
        """Whether the recording is there, and not deleted."""
        async with self._store.connect() as connection:
            return (await connection.execute(_there(job))).one_or_none() is not None

    async def note(self, job: Job, made: Transcript) -> Ours:
        """Keeps the text of a transcript, and takes the recording out of the queue; where it is ours still, and was
        not deleted meanwhile."""
        stem = job.recording.stem
        async with self._store.writing() as connection:
            # Locked: a deletion at the same time comes before this, or finds what is written here.
            if (await connection.execute(_there(job).with_for_update())).one_or_none() is None:
                return Ours.ERASED
            ours = await self._still(connection, job)
            if ours is Ours.YES:
                row = {"stem": stem, "call": job.recording.call, "at": self._clock()}
                await connection.execute(insert(transcripts), [row | {"language": made.language, "text": made.text}])
                await connection.execute(delete(transcribing).where(*self._ours(job)))
            return ours


def _there(job: Job) -> Select[tuple[str]]:
    return select(stored.c.stem).where(stored.c.stem == job.recording.stem, stored.c.deleted_at.is_(None))
