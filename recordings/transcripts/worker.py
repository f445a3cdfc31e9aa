"""Makes the transcript of one recording after the other.

In this order, each of which may be done again without harm: the words are heard and put into the store, beside the
sound and sealed as it is; their text goes into the database, and the recording leaves the queue. A recording that was
deleted meanwhile leaves nothing: whoever finds it so removes what may be there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from recordings.pipeline.leases import Job, Ours
from recordings.pipeline.make import Stopped
from recordings.pipeline.rules import Unfit
from recordings.pipeline.working import Progress, Working
from recordings.storage.storage import Sound, Storage
from recordings.transcripts.listener import Listener
from recordings.transcripts.queue import TranscriptQueue
from recordings.transcripts.sound import MOST_BYTES, Spoken, spoken
from recordings.transcripts.words import SUFFIX, Transcript, Word, clean, decode, encode, lines, stem_of

log = structlog.get_logger(__name__)


class Scribe(Working):
    """Works the queue of transcripts off, one at a time."""

    def __init__(
        self,
        queue: TranscriptQueue,
        storage: Storage,
        listener: Listener,
        told: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        super().__init__(queue, 1, told)
        self._queue = queue
        self._storage = storage
        self._listener = listener

    async def stop(self) -> None:
        await super().stop()
        await self._listener.stop()

    async def steps(self, job: Job) -> float:
        stem = job.recording.stem
        if not await self._queue.kept(job):
            await self._clear(job)
            return 0.0
        made = await self._before(stem) or await self._listened(job)
        ours = await self._queue.note(job, made)
        if ours is Ours.YES:
            log.info("recording transcribed", stem=stem, lines=len(made.lines))
            return job.recording.length_s or 0.0
        if ours is Ours.ERASED:
            await self._clear(job)
        log.warning("recording transcribed for nothing", stem=stem, why=ours)
        return 0.0

    async def _clear(self, job: Job) -> None:
        name = stem_of(job.recording.stem)
        await self._storage.discard(name, f"{name}{SUFFIX}")
        await self._queue.done(job)

    async def _before(self, stem: str) -> Transcript | None:
        """What an earlier try has put into the store."""
        name = stem_of(stem)
        found = await self._storage.kept(name)
        return None if found is None else decode(await read(found))

    async def _listened(self, job: Job) -> Transcript:
        stem = job.recording.stem
        language = await self._queue.language(job)
        sound = await self._storage.open(stem, job.recording.file or "")
        if sound.size > MOST_BYTES:
            raise Unfit(f"its sound has more than {MOST_BYTES >> 20} MiB, the most that is transcribed")
        heard = await asyncio.to_thread(spoken, await read(sound))
        said = {side: await self._words(heard, at, language) for at, (side, _) in enumerate(heard.pieces)}
        made = Transcript(language, self._listener.engine, lines(said))
        path = self._storage.files.finished(stem_of(stem), SUFFIX.removeprefix("."))
        part = path.with_name(f".{path.name}.part")
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(part.write_bytes, encode(made))
        await asyncio.to_thread(part.replace, path)
        await self._storage.put(stem_of(stem), path, time.time(), of=stem)
        return made

    async def _words(self, heard: Spoken, at: int, language: str) -> list[Word]:
        side, stretches = heard.pieces[at]
        found: list[Word] = []
        for start, end in stretches:
            try:
                self._unless_stopped()
                await self._listener.start()
                piece = await asyncio.to_thread(heard.piece, side, start, end, self._listener.rate)
                some = await self._listener.words(piece, language)
            finally:
                self._unless_stopped()
            within = clean(some, end - start)
            found += (Word(w.text, round(start + w.start_s, 2), round(start + w.end_s, 2)) for w in within)
        return found

    def _unless_stopped(self) -> None:
        if self._stop.is_set():
            raise Stopped


async def read(sound: Sound) -> bytes:
    """All of it. Raises StorageFault."""
    return b"".join([some async for some in sound.read(0, sound.size)])
