"""What is heard of a recording: its finished file, or before there is one its raw files, joined on the way."""

from __future__ import annotations

import asyncio
import time

from recordings.pipeline.queue import status
from recordings.records.record import Recording
from recordings.review.joined import joined
from recordings.storage.faults import NotThere
from recordings.storage.storage import Deleted, Sound, Storage
from recordings.store import Store
from recordings.words import RecordingState


async def sound(store: Store, storage: Storage, recording: Recording) -> Sound:
    """The sound of a recording. Raises StorageFault, and NotARecording for a bad name."""
    stem = recording.stem
    for known in (recording, await store.recording(stem)):  # the pipeline may finish it just now
        if known is None or known.state is RecordingState.EXPECTED:
            continue
        try:
            return await storage.open(stem, known.file or f"{stem}.wav")
        except Deleted:
            raise
        except NotThere:
            if known.processed_at is None and (found := await asyncio.to_thread(joined, storage.files, known)):
                return Sound(f"{stem}.wav", found.size, "", found.read)
    raise NotThere(f"{stem} is neither finished nor are its raw files there")


async def why_not(store: Store, recording: Recording) -> str:
    """Why nothing is heard of it."""
    why = f"there is no sound: the recording is {recording.state}"
    if recording.state is not RecordingState.UNREADABLE or recording.processed_at is not None:
        return why
    now = await status(store, time.time())
    return f"{why}; {now.waiting} wait in the pipeline, {now.failed} have failed there"
