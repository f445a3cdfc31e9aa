"""The recordings that wait for the pipeline, and what is noted of those that it has finished."""

from __future__ import annotations

from dataclasses import asdict, replace

from sqlalchemy import delete, insert, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.ledger.ledger import Entry, What
from recordings.ledger.measuring import as_found
from recordings.ledger.sides import Side, judge
from recordings.pipeline.leases import Failure, Job, Leases, Ours, Status, some_waiting, status
from recordings.pipeline.make import Finished
from recordings.records.record import Recording
from recordings.tables import pipeline, recordings, waveforms
from recordings.words import RecordingState

__all__ = ["Failure", "Job", "Ours", "Queue", "Status", "some_waiting", "status"]

_CHANGED = ("state", "length_s", "silent", "file", "processed_at", "caller_s", "agent_s", "silence_s", "talk_over_s")


class Queue(Leases):
    """The queue of the pipeline as one worker process sees it."""

    async def note(self, job: Job, made: Finished) -> Ours:
        """Says what was made, in the records and in the ledger, where it is ours still. The row in the queue
        stays until ``done``, with the names of the files that are to go."""
        now = self._clock()
        recording = _as_made(job.recording, made, now)
        here = recordings.c.stem == recording.stem
        async with self._store.writing() as connection:
            ours = await self._still(connection, job, gone=list(made.gone))
            if ours is not Ours.YES:
                return ours
            await connection.execute(
                update(recordings).where(here).values({name: getattr(recording, name) for name in _CHANGED})
            )
            await connection.execute(delete(waveforms).where(waveforms.c.stem == recording.stem))
            await connection.execute(insert(waveforms), [{"stem": recording.stem, **asdict(made.waveform)}])
            detail = {
                "files": {made.file: made.sha256},
                "gone": list(made.gone),
                "state": recording.state.value,
                "length_s": round(made.length_s, 3),
            }
            await self._store.note(connection, Entry(now, What.PROCESSED, recording.stem, recording.call, detail))
        return Ours.YES

    async def _still(self, connection: AsyncConnection, job: Job, **values: object) -> Ours:
        stem = job.recording.stem
        if await super()._still(connection, job, **values) is Ours.YES:
            return Ours.YES
        known = select(pipeline.c.stem).where(pipeline.c.stem == stem)
        made = select(recordings.c.stem).where(recordings.c.stem == stem, recordings.c.processed_at.is_not(None))
        there = (await connection.execute(union_all(known, made).limit(1))).one_or_none()
        return Ours.ERASED if there is None else Ours.LOST


def _as_made(recording: Recording, made: Finished, now: float) -> Recording:
    """The recording with what the pipeline knows of it. One that only needed decoding is judged anew."""
    if recording.state is RecordingState.UNREADABLE:
        found = judge({"decoded": Side(True, True, True, made.length_s, True)}, recording.talk_s)
        recording = as_found(recording, found, made.file)
    return replace(recording, file=made.file, processed_at=now, **asdict(made.figures))
