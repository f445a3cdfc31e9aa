"""The HTTP API of reviewing calls: their moments, comments on them, links to them, and what was heard of them.

Times are Unix seconds, UTC; a moment of a recording is the second since its beginning.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from cti.access import AnyAgent, Person, RecordPerson, RecordReader, RecordReviewer, Right, Role, Supervisor
from cti.audit import say
from cti.calls.words import CallId
from cti.problems import errors
from recordings.asked import Moment as Time
from recordings.reach import hears, may_see, opened
from recordings.review import comments, shares
from recordings.review.comments import Comment
from recordings.review.journey import Moment, journey
from recordings.review.shares import Share
from recordings.store import CallDetails, Store

LONGEST_SHARE_S = 31 * 86_400.0
LONGEST_RECORDING_S = 86_400.0
MOST_PARTS = 200

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"),
]
Second = Annotated[float, Field(ge=0, le=LONGEST_RECORDING_S, allow_inf_nan=False)]
Stem = Annotated[str, Field(max_length=256)]
Id = Annotated[str, Field(max_length=32)]

Recorded = Callable[[CallId, Person, str], Awaitable[None]]
"""Raises 404 where this person sees no such call, or it has no recording of this stem."""


class Body(BaseModel):
    """Base of what is read from a request: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class CommentWanted(Body):
    """What to say of the second ``second`` of a recording of the call."""

    recording: Stem
    second: Second
    text: Text


class CommentChanged(Body):
    text: Text


class ShareWanted(Body):
    """Which recording of the call people of ``role`` may open until then; the page begins at ``second``."""

    recording: Stem
    role: Role
    until: Time
    second: Second = 0.0

    @model_validator(mode="after")
    def _may(self) -> ShareWanted:
        if not Person("", self.role).may(Right.RECORDS):
            raise ValueError(f"nobody who is {self.role} may read records")
        return self


class Heard(Body):
    """What was played of a recording: stretches from second to second. ``share`` is the link it was heard by."""

    parts: Annotated[list[tuple[Second, Second]], Field(min_length=1, max_length=MOST_PARTS)]
    share: Id | None = None

    @model_validator(mode="after")
    def _forwards(self) -> Heard:
        if any(end < begin for begin, end in self.parts):
            raise ValueError("a part ends before it begins")
        return self


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link leads to: the call with the recording that is shared, and no other."""

    share: Share
    details: CallDetails
    moments: Sequence[Moment]
    comments: Sequence[Comment]


def routes(store: Store) -> APIRouter:
    """Whoever may see a call may read what is said of it; who works at a desk may say something, too."""
    router = APIRouter(prefix="/api", tags=["review"], responses=errors(404, 409))

    async def seen(call: CallId, who: Person) -> CallDetails:
        found = await store.call(call)
        if found is None or not may_see(who, found):
            raise HTTPException(404, "no such call, or not one of yours")
        return found

    async def recorded(call: CallId, who: Person, stem: str) -> None:
        if stem not in {recording.stem for recording in (await seen(call, who)).recordings}:
            raise HTTPException(404, "the call has no such recording")

    @router.get("/records/{call}/journey")
    async def moments(call: CallId, who: RecordReader) -> Sequence[Moment]:
        """What happened in a call beside its segments: the way through the menus; keys, without which;
        transfers, conferences, and asking for help."""
        await seen(call, who)
        return await journey(store, call)

    @router.get("/records/{call}/comments")
    async def said(call: CallId, who: RecordReader) -> Sequence[Comment]:
        """What was said of a call's recordings, in the order of the moments."""
        await seen(call, who)
        async with store.connect() as connection:
            return await comments.of_call(connection, call)

    @router.post("/records/{call}/comments", status_code=201)
    async def comment(call: CallId, wanted: CommentWanted, who: AnyAgent) -> Comment:
        """Says something of a moment. 409 if enough has been said of this call."""
        await recorded(call, who, wanted.recording)
        made = Comment(id=secrets.token_hex(8), call=call, by=who.name, made_at=time.time(), **dict(wanted))
        async with store.writing() as connection:
            if not await comments.add(connection, made):
                raise HTTPException(409, f"there are {comments.MOST} comments on this call already")
        return made

    async def own(id: str, who: Person) -> Comment:
        async with store.connect() as connection:
            found = await comments.find(connection, id)
        if found is None or found.by != who.name:
            raise HTTPException(404, "no such comment, or not one of yours")
        return found

    @router.patch("/comments/{id}")
    async def change(id: Id, changed: CommentChanged, who: AnyAgent) -> Comment:
        """Says it otherwise."""
        known, now = await own(id, who), time.time()
        async with store.writing() as connection:
            await comments.change(connection, id, changed.text, now)
        return replace(known, text=changed.text, changed_at=now)

    @router.delete("/comments/{id}", status_code=204)
    async def unsay(id: Id, request: Request, who: AnyAgent) -> None:
        """Takes it back."""
        say(request.scope, call=(await own(id, who)).call)
        async with store.writing() as connection:
            await comments.drop(connection, id)

    _add_shares(router, store, recorded)
    _add_heard(router, store)
    return router


def _add_shares(router: APIRouter, store: Store, recorded: Recorded) -> None:
    @router.post("/records/{call}/shares", status_code=201)
    async def share(call: CallId, wanted: ShareWanted, request: Request, who: Supervisor) -> Share:
        """Makes a link that people of a role may follow until then: 31 days at most. Everybody logs in first."""
        now = time.time()
        if not now < wanted.until <= now + LONGEST_SHARE_S:
            raise HTTPException(422, "the time must be in the future, and within 31 days")
        await recorded(call, who, wanted.recording)
        made = Share(id=secrets.token_hex(16), call=call, made_by=who.name, made_at=now, **dict(wanted))
        async with store.writing() as connection:
            if not await shares.add(connection, made):
                raise HTTPException(409, f"{shares.MOST} links are good already: take some back")
        say(request.scope, share=made.id, to=made.role.value, recording=made.recording, until=int(made.until))
        return made

    @router.get("/shares")
    async def shared(_: RecordReviewer, call: Annotated[CallId | None, Query(max_length=64)] = None) -> Sequence[Share]:
        """The links that are good, of one call or all, the last made first."""
        async with store.connect() as connection:
            return await shares.good(connection, time.time(), call)

    @router.get("/shares/{id}")
    async def follow(id: Id, request: Request, who: RecordPerson) -> Opened:
        """What a link leads to. 404 where it is over or taken back, too."""
        good = await opened(store, who, id)
        details = await store.call(good.call) if good is not None else None
        if good is None or details is None:
            raise HTTPException(404, "no such link; or it is over, was taken back, or is not for you")
        say(request.scope, call=good.call, recording=good.recording)
        only = tuple(recording for recording in details.recordings if recording.stem == good.recording)
        async with store.connect() as connection:
            said = await comments.of_call(connection, good.call)
        return Opened(
            good,
            replace(details, recordings=only),
            await journey(store, good.call),
            [comment for comment in said if comment.recording == good.recording],
        )

    @router.delete("/shares/{id}", status_code=204)
    async def take_back(id: Id, _: Supervisor) -> None:
        """The link is good for nobody any more."""
        async with store.writing() as connection:
            if not await shares.drop(connection, id):
                raise HTTPException(404, "no such link, or it is over")


def _add_heard(router: APIRouter, store: Store) -> None:
    @router.post("/recordings/{stem:path}/heard", status_code=204)
    async def heard(stem: Stem, told: Heard, request: Request, who: RecordPerson) -> None:
        """Told by a page when somebody has listened: which part is in the audit log."""
        recording = await store.recording(stem)
        if recording is None or not await hears(store, who, recording, told.share):
            raise HTTPException(404, "no such recording, or not one of yours")
        say(request.scope, call=recording.call, seconds=in_words(told.parts))


def in_words(parts: Sequence[tuple[float, float]]) -> str:
    """Stretches as ``0-12, 30-45``, in seconds."""
    return ", ".join(f"{begin:.0f}-{end:.0f}" for begin, end in parts)
