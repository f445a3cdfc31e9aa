"""What graders and agents do with reviews, in the database: each step looks at who may. Raises HTTPException."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.access import Person, Right
from cti.audit import say
from recordings.quality import store as kept
from recordings.quality.forms import Form, NotAnAnswer, Score, check, score
from recordings.quality.reviews import SEEN_BY_AGENT, WITH_REASONS, Content, Deed, NotNow, Review, State, Step, after
from recordings.store import CallDetails, Store
from recordings.words import SegmentKind

NOT_THERE = "no such review, or not one that you may see"


@dataclass(frozen=True, slots=True)
class Whole:
    """A review with its form. ``content`` is the newest version, or the draft of an open one, which its grader
    alone is given; ``score`` is that of the newest version. An agent is given the steps from its release on."""

    review: Review
    form: Form
    content: Content
    score: Score | None
    steps: tuple[Step, ...]


class Desk:
    """The reviews of a site."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def seen(self, connection: AsyncConnection, id: str, who: Person) -> Review:
        """The review, if one may see it. Of a comparison of graders each sees his own until all have submitted."""
        review = await kept.find(connection, id)
        if review is not None and await self._may_see(connection, review, who):
            return review
        raise HTTPException(404, NOT_THERE)

    async def _may_see(self, connection: AsyncConnection, review: Review, who: Person) -> bool:
        if not who.may(Right.REVIEW):
            return review.agent == who.name and review.state in SEEN_BY_AGENT and not review.calibration
        if not review.calibration or review.grader == who.name:
            return True
        all_of_it = await kept.of_calibration(connection, review.calibration)
        return all(one.state is not State.OPEN for one in all_of_it)

    async def own(self, connection: AsyncConnection, id: str, who: Person) -> Review:
        review = await self.seen(connection, id, who)
        if review.grader != who.name:
            raise HTTPException(403, "another grades this talk")
        return review

    async def whole(self, connection: AsyncConnection, review: Review, who: Person) -> Whole:
        form = await kept.form_of(connection, review)
        steps = (await kept.steps(connection, [review.id]))[review.id]
        versions = [step.content for step in steps if step.content is not None]
        if versions:
            content = versions[-1]
        else:
            content = await kept.draft(connection, review.id) if review.grader == who.name else Content()
        if not who.may(Right.REVIEW):
            released = next(number for number, step in enumerate(steps) if step.deed is Deed.RELEASE)
            steps = steps[released:]
        return Whole(review, form, content, score(form, content.answers) if versions else None, steps)

    async def take(
        self, id: str, who: Person, deed: Deed, request: Request, reasons: str = "", content: Content | None = None
    ) -> Whole:
        """Takes a step with a review that one may see."""
        if deed in WITH_REASONS and not reasons:
            raise HTTPException(422, "give reasons")
        async with self._store.writing() as connection:
            review = await self.seen(connection, id, who)
            if deed in (Deed.ACCEPT, Deed.OBJECT):
                if review.agent != who.name:
                    raise HTTPException(403, "only its agent answers a review")
            elif review.agent == who.name:
                raise HTTPException(403, "nobody decides on his own talk")
            if deed is Deed.SUBMIT and review.grader != who.name:
                raise HTTPException(403, "another grades this talk")
            if review.calibration and deed is not Deed.SUBMIT:
                raise HTTPException(409, "it compares graders: it stays as it is")
            state = _after(review.state, deed)
            scored = None if content is None else _scored(await kept.form_of(connection, review), content)
            before = (await kept.steps(connection, [id]))[id]
            step = Step(
                number=len(before) + 1,
                at=time.time(),
                who=who.name,
                deed=deed,
                reasons=reasons,
                content=content,
                score=scored.total if scored else None,
            )
            review = await kept.take(connection, review, state, step, scored)
            say(request.scope, call=review.call, agent=review.agent)
            return await self.whole(connection, review, who)


def new_review(found: CallDetails | None, agent: str, form: Form, grader: str, made_by: str, now: float) -> Review:
    """A review of an agent's talk in a call. Raises HTTPException: no such call, he did not talk on it, or the
    grader is himself."""
    if found is None:
        raise HTTPException(404, "no such call")
    talks = [part for part in found.segments if part.kind is SegmentKind.TALK and part.agent == agent]
    if not talks:
        raise HTTPException(422, f"{agent} did not talk on this call")
    if agent == grader:
        raise HTTPException(409, "nobody grades himself")
    return Review(
        id=secrets.token_hex(8),
        call=found.record.id,
        agent=agent,
        queue=talks[0].queue,
        talked_at=talks[0].started_at,
        grader=grader,
        form=form.name,
        version=form.version,
        made_by=made_by,
        made_at=now,
    )


def form_called(forms: Mapping[str, Form], name: str) -> Form:
    if name not in forms:
        raise HTTPException(422, f"there is no form called {name}")
    return forms[name]


def checked(form: Form, content: Content) -> None:
    questions = {question.name for question in form.questions}
    if odd := [remark.question for remark in content.remarks if remark.question and remark.question not in questions]:
        raise HTTPException(422, f"the form {form.name} has no question {odd[0]!r}")
    try:
        check(form, content.answers)
    except NotAnAnswer as error:
        raise HTTPException(422, str(error)) from None


def _scored(form: Form, content: Content) -> Score:
    checked(form, content)
    try:
        return score(form, content.answers)
    except NotAnAnswer as error:
        raise HTTPException(422, str(error)) from None


def _after(state: State, deed: Deed) -> State:
    try:
        return after(state, deed)
    except NotNow as error:
        raise HTTPException(409, str(error)) from None
