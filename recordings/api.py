"""The HTTP API of past calls and their recordings. Times are Unix seconds, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from cti.access import RecordListener, RecordReader, RecordReviewer, Right
from cti.audit import say
from cti.calls.words import CallId
from cti.problems import Responses, errors
from recordings.asked import LONGEST_PAGE, Search, Text, Ways, after, as_it_is, following
from recordings.desk.dispositions import Disposition, of_calls
from recordings.files import NotARecording
from recordings.journal import Decision, decisions
from recordings.reach import hears, may_see
from recordings.records.record import CallRecord, Recording
from recordings.records.search import recorded
from recordings.review import hearing
from recordings.storage.faults import NotThere, StorageFault
from recordings.storage.ranges import answer, told
from recordings.storage.storage import Deleted, Storage
from recordings.store import CallDetails, LeftMessage, Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """Calls, newest first, what agents said of them, and what was found of their recordings. ``next`` is the
    ``cursor`` of the next page, null on the last."""

    records: list[CallRecord]
    next: str | None
    dispositions: tuple[Disposition, ...]
    recordings: tuple[Recording, ...]


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages, newest first. ``next`` as in ``Page``."""

    messages: list[LeftMessage]
    next: str | None


ShareId = Annotated[str | None, Query(max_length=32)]


def routes(store: Store, storage: Storage, ways: Ways = as_it_is) -> APIRouter:
    """Agents see the calls they talked on; supervisors see all. ``ways`` as in ``Wanted.filters``."""
    router = APIRouter(prefix="/api", tags=["records"], responses=errors(404))

    @router.get("/records")
    async def records(who: RecordReader, wanted: Annotated[Search, Query()]) -> Page:
        """Calls that are over."""
        if not who.may(Right.REVIEW):
            if wanted.agent not in (None, who.name):
                raise HTTPException(403, "the calls of others are for supervisors")
            wanted = wanted.model_copy(update={"agent": who.name})
        found, last = await store.search(wanted.filters(ways), wanted.limit, wanted.after())
        async with store.connect() as connection:
            ids = [record.id for record in found]
            said, sounds = await of_calls(connection, ids), await recorded(connection, ids)
        return Page(found, following(last), said, sounds)

    @router.get("/records/{call}")
    async def record(call: str, who: RecordReader) -> CallDetails:
        """One call with its segments and recordings."""
        found = await store.call(call)
        if found is None or not may_see(who, found):
            raise HTTPException(404, "no such call, or not one of yours")
        return found

    @router.get("/records/{call}/decisions")
    async def why(call: CallId, _: RecordReviewer) -> list[Decision]:
        """Why each agent was asked, in order: how far the queue's needs were relaxed, how many could have
        taken the call, by which strategy, and who was passed over by which rule. Empty for a call that
        was offered to nobody."""
        return await decisions(store, call)

    @router.get("/messages")
    async def messages(
        _: RecordReviewer,
        box: Text | None = None,
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 50,
        cursor: Annotated[str | None, Query(max_length=300)] = None,
    ) -> MessagePage:
        """Messages that callers left, in one box or all. Each is heard as the recording of its stem."""
        found, last = await store.messages(box, limit, after(cursor))
        return MessagePage(found, following(last))

    parts: Responses = {206: {"description": "A part of it"}, **errors(410, 416, 500, 502, 503)}

    @router.get("/recordings/{stem:path}", response_class=Response, responses=parts)
    async def sound(stem: str, request: Request, who: RecordListener, share: ShareId = None) -> Response:
        """A talk in stereo, the caller left and the agent right, as WAV right after the call and then as the
        site keeps it; or what a caller said alone. Ranges (RFC 9110, 14) work. By a link, ``share`` is its id.
        410 for one that was deleted."""
        try:
            storage.files.stereo(stem)
        except NotARecording as error:
            raise told(error) from None
        recording = await store.recording(stem)
        if recording is None or not await hears(store, who, recording, share):
            raise HTTPException(404, "no such recording, or not one of yours")
        try:
            part = await answer(await hearing.sound(store, storage, recording), request)
        except Deleted as error:
            raise told(error) from None
        except NotThere:
            raise HTTPException(404, await hearing.why_not(store, recording)) from None
        except (StorageFault, NotARecording) as error:
            log.error("recording not played", stem=stem, call=recording.call, error=str(error))
            raise told(error) from None
        say(request.scope, call=recording.call)
        heard = request.headers.get("range", "")[:100]
        log.info("recording played", who=who.name, stem=stem, call=recording.call, range=heard)
        return part

    return router
