"""Reviews over HTTP: graders score and decide, agents see and answer their own. Times are Unix seconds, UTC."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request

from cti.access import AnyAgent, Grader, RecordReader, RecordReviewer, Right
from cti.audit import say
from cti.problems import errors
from recordings.quality import store as kept
from recordings.quality.desk import Desk, Whole, checked, form_called, new_review
from recordings.quality.forms import Form
from recordings.quality.given import AgentsAnswer, Begun, ContentGiven, Correction, Reasons, Search
from recordings.quality.reviews import Deed, Review, State
from recordings.store import Store


def routes(store: Store, forms: Mapping[str, Form]) -> APIRouter:
    """``forms`` are those of the site, by name; ``keep_forms`` has been told of them."""
    router = APIRouter(prefix="/api/quality", tags=["quality"], responses=errors(404, 409))
    desk = Desk(store)

    @router.get("/forms")
    async def all_forms(_: RecordReviewer) -> list[Form]:
        """The forms by which talks are graded now."""
        return list(forms.values())

    @router.get("/reviews")
    async def search(who: RecordReader, wanted: Annotated[Search, Query()]) -> list[Review]:
        """The latest talks first. Agents find their own that are released, others all but comparisons of graders."""
        reviewer = who.may(Right.REVIEW)
        if not reviewer and wanted.agent not in (None, who.name):
            raise HTTPException(403, "the reviews of others are for supervisors")
        given = wanted.model_dump(exclude={"limit"}) | ({} if reviewer else {"agent": who.name})
        async with store.connect() as connection:
            return await kept.search(
                connection, kept.Wanted(seen_by=who.name, released=not reviewer, **given), wanted.limit
            )

    @router.post("/reviews")
    async def begin(wanted: Begun, request: Request, who: Grader) -> Review:
        """Begins a review of one's own, or gives the one there is. 409 for one's own talk."""
        review = new_review(
            await store.call(wanted.call),
            wanted.agent,
            form_called(forms, wanted.form),
            who.name,
            who.name,
            time.time(),
        )
        async with store.writing() as connection:
            there = await kept.same(connection, review)
            if there is None:
                await kept.add(connection, [review])
        begun = there or review
        say(request.scope, review=begun.id, call=begun.call)
        return begun

    @router.get("/reviews/{id}")
    async def one(id: str, request: Request, who: RecordReader) -> Whole:
        """A review, with all versions where one may see them."""
        async with store.connect() as connection:
            review = await desk.seen(connection, id, who)
            say(request.scope, call=review.call)
            return await desk.whole(connection, review, who)

    @router.put("/reviews/{id}/draft", status_code=204)
    async def keep(id: str, given: ContentGiven, who: Grader) -> None:
        """Keeps what one has so far of a review of one's own, which need not be complete."""
        async with store.writing() as connection:
            review = await desk.own(connection, id, who)
            if review.state is not State.OPEN:
                raise HTTPException(409, f"the review is {review.state}: correct it")
            content = given.content()
            checked(await kept.form_of(connection, review), content)
            await kept.keep_draft(connection, id, content)

    _add_steps(router, desk)
    return router


def _add_steps(router: APIRouter, desk: Desk) -> None:
    """The routes of what is done with a review."""

    @router.post("/reviews/{id}/submit")
    async def submit(id: str, given: ContentGiven, request: Request, who: Grader) -> Whole:
        """Scores a talk: every question has an answer. Only its grader may."""
        return await desk.take(id, who, Deed.SUBMIT, request, content=given.content())

    @router.post("/reviews/{id}/correct")
    async def correct(id: str, given: Correction, request: Request, who: Grader) -> Whole:
        """Adds a version, with reasons; what was said before is kept. Decides on an objection, if there is one."""
        return await desk.take(id, who, Deed.CORRECT, request, given.reasons, given.content())

    @router.post("/reviews/{id}/release")
    async def release(id: str, request: Request, who: Grader) -> Whole:
        """From now on the agent sees it."""
        return await desk.take(id, who, Deed.RELEASE, request)

    @router.post("/reviews/{id}/answer")
    async def answer(id: str, given: AgentsAnswer, request: Request, who: AnyAgent) -> Whole:
        """The agent accepts it, or objects with reasons. Nobody else may."""
        deed = Deed.ACCEPT if given.accepts else Deed.OBJECT
        say(request.scope, answer=deed.value)
        return await desk.take(id, who, deed, request, given.reasons)

    @router.post("/reviews/{id}/uphold")
    async def uphold(id: str, given: Reasons, request: Request, who: Grader) -> Whole:
        """Decides on an objection: the score stays, with reasons."""
        return await desk.take(id, who, Deed.UPHOLD, request, given.reasons)
