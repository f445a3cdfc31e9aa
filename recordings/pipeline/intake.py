"""What comes into the queue of the pipeline, and what is taken out of it unfinished."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.records.record import Recording
from recordings.tables import pipeline, waveforms
from recordings.words import RecordingState


async def enqueue(connection: AsyncConnection, measured: Iterable[Recording], now: float) -> None:
    """Those in which there may be sound, within the transaction that writes them as measured."""
    wanted = [one.stem for one in measured if one.length_s or one.state is RecordingState.UNREADABLE]
    if wanted:
        await forget(connection, wanted)
        await connection.execute(insert(pipeline), [{"stem": stem, "queued_at": now, "due_at": now} for stem in wanted])


async def forget(connection: AsyncConnection, stems: Collection[str]) -> None:
    """Takes recordings out of the queue, and their waveforms away."""
    for table in (pipeline, waveforms):
        await connection.execute(delete(table).where(table.c.stem.in_(stems)))
