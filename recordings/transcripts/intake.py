"""Which recordings are to have a transcript: those of the queues that the site names, once they are kept."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert, select, union_all

from recordings.records.fold import fold
from recordings.store import Store
from recordings.transcripts.tables import transcribing, transcripts


async def enqueue(store: Store, stem: str, languages: Mapping[str, str], now: float) -> None:
    """Has a recording transcribed where its talk was of one of these queues. To ask again changes nothing."""
    known = union_all(*(select(t.c.stem).where(t.c.stem == stem) for t in (transcribing, transcripts)))
    async with store.connect() as connection:
        if (await connection.execute(known.limit(1))).one_or_none() is not None:
            return
    recording = await store.recording(stem)
    if recording is None or recording.box:
        return
    # The call may still go on: then it has no record yet.
    _, segments = fold(await store.happened([recording.call]))
    queue = next((one.queue for one in segments if one.recording == stem), "")
    if (language := languages.get(queue)) is not None:
        async with store.writing() as connection:
            row = {"stem": stem, "queued_at": now, "due_at": now, "language": language}
            await connection.execute(insert(transcribing), [row])
