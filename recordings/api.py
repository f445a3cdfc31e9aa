"""The HTTP API of past calls and their recordings. Times are Unix seconds, UTC."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cti.access import Person, RecordListener, RecordReader, RecordReviewer, Right
from cti.audit import say
from cti.calls.words import CallId
from recordings.dispositions import Disposition, of_calls
from recordings.files import Files, NotARecording
from recordings.journal import Decision, decisions
from recordings.record import CallRecord, Outcome, Recording, SegmentKind
from recordings.store import CallDetails, Cursor, Filters, LeftMessage, Store

log = structlog.get_logger(__name__)

LONGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Calls, newest first, and what agents said of them. ``next`` is the ``cursor`` of the next page, null
    on the last."""

    records: list[CallRecord]
    next: str | None
    dispositions: tuple[Disposition, ...]


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages, newest first. ``next`` as in ``Page``."""

    messages: list[LeftMessage]
    next: str | None


def _moment(text: Any) -> float:
    try:
        at = float(text)
    except ValueError:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("neither Unix seconds nor ISO 8601, as 2026-05-01T08:00:00Z (write + as %2B)") from None
        at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(at):
        raise ValueError("not a time")
    return at


Moment = Annotated[float, BeforeValidator(_moment)]
Text = Annotated[str, Field(max_length=100)]


class Search(BaseModel):
    """Which calls are wanted. ``from`` <= arrival < ``to``: Unix seconds, or ISO 8601 (UTC where
    no zone is given). ``disposition`` is a path, its names joined by `` > ``, to a result or a group of
    them. ``text`` is part of a number, a name, a transfer's destination or an agent's notes."""

    model_config = ConfigDict(extra="forbid")

    agent: Text | None = None
    caller: Text | None = None
    queue: Text | None = None
    start: Moment | None = Field(None, alias="from")
    end: Moment | None = Field(None, alias="to")
    outcome: Outcome | None = None
    disposition: Annotated[str, Field(max_length=400)] | None = None
    text: Text | None = None
    limit: int = Field(50, ge=1, le=LONGEST_PAGE)
    cursor: Text | None = None

    def filters(self) -> Filters:
        return Filters(**self.model_dump(exclude={"limit", "cursor"}))

    def after(self) -> Cursor | None:
        return _after(self.cursor)


def _after(cursor: str | None) -> Cursor | None:
    if cursor is None:
        return None
    at, _, last = cursor.partition(",")
    try:
        return _moment(at), last
    except ValueError:
        raise HTTPException(422, "the cursor is not one of an earlier answer") from None


def _next(cursor: Cursor | None) -> str | None:
    return f"{cursor[0]!r},{cursor[1]}" if cursor else None


def routes(store: Store, files: Files) -> APIRouter:
    """Agents see the calls they talked on; supervisors see all."""
    router = APIRouter(prefix="/api", tags=["records"])

    @router.get("/records")
    async def records(who: RecordReader, wanted: Annotated[Search, Query()]) -> Page:
        """Calls that are over."""
        if not who.may(Right.REVIEW):
            if wanted.agent not in (None, who.name):
                raise HTTPException(403, "the calls of others are for supervisors")
            wanted = wanted.model_copy(update={"agent": who.name})
        found, last = await store.search(wanted.filters(), wanted.limit, wanted.after())
        async with store.connect() as connection:
            said = await of_calls(connection, [record.id for record in found])
        return Page(found, _next(last), said)

    @router.get("/records/{call}")
    async def record(call: str, who: RecordReader) -> CallDetails:
        """One call with its segments and recordings."""
        found = await store.call(call)
        if found is None or not _may_see(who, found):
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
        found, last = await store.messages(box, limit, _after(cursor))
        return MessagePage(found, _next(last))

    @router.get("/recordings/{stem:path}", response_class=FileResponse)
    async def sound(stem: str, request: Request, who: RecordListener) -> FileResponse:
        """A talk as stereo WAV, the caller left and the agent right; or what a caller said alone.
        Ranges (RFC 9110, 14) work."""
        try:
            path = files.stereo(stem)
        except NotARecording as error:
            raise HTTPException(400, str(error)) from None
        recording = await store.recording(stem)
        if recording is None or not _may_hear(who, recording):
            raise HTTPException(404, "no such recording, or not one of yours")
        if not await asyncio.to_thread(path.is_file):
            raise HTTPException(404, f"there is no sound: the recording is {recording.state}")
        say(request.scope, call=recording.call)
        part = request.headers.get("range", "")[:100]
        log.info("recording played", who=who.name, stem=stem, call=recording.call, range=part)
        return FileResponse(path, media_type="audio/wav")

    return router


def _may_see(who: Person, call: CallDetails) -> bool:
    talked = {s.agent for s in call.segments if s.kind is SegmentKind.TALK}
    return who.may(Right.REVIEW) or who.name in talked


def _may_hear(who: Person, recording: Recording) -> bool:
    return who.may(Right.REVIEW) or who.name == recording.agent
