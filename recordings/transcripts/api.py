"""The HTTP API of transcripts. Seconds are since the beginning of the recording."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from fastapi import APIRouter, HTTPException, Request

from cti.access import RecordListener
from cti.audit import say
from cti.calls.words import Party
from cti.problems import errors
from recordings.api import ShareId
from recordings.reach import hears
from recordings.storage.faults import StorageFault, Tampered
from recordings.storage.ranges import told
from recordings.storage.storage import Deleted, Storage
from recordings.store import Store
from recordings.transcripts.words import decode, stem_of
from recordings.transcripts.worker import read

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """``text`` has the space before it, where its language has one."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """What one side, ``caller`` or ``agent``, said at a stretch."""

    side: Party
    words: list[SpokenWord]


@dataclass(frozen=True, slots=True)
class SpokenLines:
    """What an ``engine`` heard, the first said first."""

    language: str
    engine: str
    lines: list[SpokenLine]


def routes(store: Store, storage: Storage) -> APIRouter:
    """The route. It must come before that of the sound, whose path is longer than its own."""
    router = APIRouter(prefix="/api", tags=["records"], responses=errors(404))

    @router.get("/recordings/{stem:path}/transcript")
    async def transcript(stem: str, request: Request, who: RecordListener, share: ShareId = None) -> SpokenLines:
        """What was said in a recording, by whom and when. Whoever may hear it may read it, and reading is noted as
        hearing is. 404 where it has no transcript, or not yet. By a link, ``share`` is its id."""
        recording = await store.recording(stem)
        if recording is None or not await hears(store, who, recording, share):
            raise HTTPException(404, "no such recording, or not one of yours")
        try:
            found = await storage.kept(stem_of(stem))
            made = None if found is None else decode(await read(found))
        except Deleted as error:
            raise told(error) from None
        except (StorageFault, ValueError) as error:
            log.error("transcript not read", stem=stem, call=recording.call, error=str(error))
            raise told(error if isinstance(error, StorageFault) else Tampered()) from None
        if made is None:
            raise HTTPException(404, "there is no transcript of this recording")
        say(request.scope, call=recording.call, read="transcript")
        lines = [
            SpokenLine(line.side, [SpokenWord(w.text, w.start_s, w.end_s) for w in line.words]) for line in made.lines
        ]
        return SpokenLines(made.language, made.engine, lines)

    return router
