"""What graders share, over HTTP: samples and who is how far, comparisons of graders, and figures."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.exc import IntegrityError

from cti.access import Grader, RecordReader, RecordReviewer, Right
from cti.audit import say
from cti.calls.words import CallId
from cti.problems import errors
from recordings.asked import Moment, Text
from recordings.quality import drawing
from recordings.quality import store as kept
from recordings.quality.agreement import Compared, compare
from recordings.quality.desk import form_called, new_review
from recordings.quality.drawing import Count, Progress
from recordings.quality.figures import Figures
from recordings.quality.figures import figures as read_figures
from recordings.quality.forms import Form
from recordings.quality.given import Short
from recordings.quality.reviews import Content, Review, State
from recordings.quality.samples import Rule, Week
from recordings.store import Store

WEEKS = 8
COMPARISONS = 50
LONGEST_S = 100 * 86_400.0
"""Of the time of which figures are given at once."""


@dataclass(frozen=True, slots=True)
class Samples:
    """The rules, the last week that is over, and how far the graders are with the latest weeks."""

    rules: tuple[Rule, ...]
    week: str
    progress: tuple[Progress, ...]


class WhichWeek(BaseModel):
    """An ISO week such as 2026-W07."""

    model_config = ConfigDict(extra="forbid")

    week: Annotated[str, StringConstraints(max_length=8)]


class Wanted(BaseModel):
    """Which talk these graders are to score, each by himself."""

    model_config = ConfigDict(extra="forbid")

    call: Annotated[CallId, StringConstraints(max_length=64)]
    agent: Text
    form: Short
    graders: Annotated[list[Text], Field(min_length=2, max_length=20)]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A comparison of graders on one talk. Scores are left out until all have submitted."""

    id: str
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it: the answers and comments of each grader, and how far they agree; nothing of it until all
    have submitted."""

    id: str
    reviews: tuple[Review, ...]
    form: Form
    contents: Mapping[str, Content]
    compared: Compared | None


class Span(BaseModel):
    """``from`` <= talk < ``to``: Unix seconds, or ISO 8601; 100 days at most."""

    model_config = ConfigDict(extra="forbid")

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")


def routes(
    store: Store,
    forms: Mapping[str, Form],
    rules: Mapping[str, Rule],
    graders: Sequence[str],
    zone: tzinfo | None,
) -> APIRouter:
    """``graders`` are those of the site; ``zone`` is by whose clock a week begins."""
    router = APIRouter(prefix="/api/quality", tags=["quality"], responses=errors(404, 409))

    @router.get("/samples")
    async def samples(_: RecordReviewer) -> Samples:
        """By which rules talks are drawn, and how far the graders are."""
        async with store.connect() as connection:
            found = await drawing.progress(connection, WEEKS)
        last = Week.before(datetime.fromtimestamp(time.time(), zone).date())
        return Samples(tuple(rules.values()), str(last), tuple(found))

    @router.post("/samples/{rule}")
    async def draw(rule: str, wanted: WhichWeek, request: Request, who: Grader) -> list[Count]:
        """Draws a rule's talks of a week, or what is not drawn of them yet; by agent, how many there are. 409 for
        a week that is not over."""
        if rule not in rules:
            raise HTTPException(404, "there is no such rule")
        try:
            week = Week.parse(wanted.week)
            found = await drawing.drawn(store, rules[rule], forms[rules[rule].form], week, zone, who.name)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        except drawing.NotOver as error:
            raise HTTPException(409, str(error)) from None
        say(request.scope, week=str(week), talks=sum(count.drawn for count in found))
        return found

    @router.get("/graders")
    async def who_grades(_: RecordReviewer) -> list[str]:
        """Who may grade."""
        return list(graders)

    @router.get("/figures")
    async def figures(who: RecordReader, span: Annotated[Span, Query()]) -> Figures:
        """Quality scores beside what customers said in surveys, by agent and queue. Agents get their own, of what
        is released."""
        if not 0 < span.end - span.start <= LONGEST_S:
            raise HTTPException(422, "the time must end after it begins, 100 days at most")
        own = None if who.may(Right.REVIEW) else who.name
        async with store.connect() as connection:
            return await read_figures(connection, span.start, span.end, own, released=own is not None)

    _add_calibrations(router, store, forms, graders)
    return router


def _add_calibrations(router: APIRouter, store: Store, forms: Mapping[str, Form], graders: Sequence[str]) -> None:
    """The routes of comparisons of graders."""

    @router.get("/calibrations")
    async def calibrations(_: RecordReviewer) -> list[Calibration]:
        """The latest comparisons of graders."""
        async with store.connect() as connection:
            found = await kept.calibrations(connection, COMPARISONS)
        return [Calibration(reviews[0].calibration, _shown(reviews)) for reviews in found]

    @router.post("/calibrations", status_code=201)
    async def begin(wanted: Wanted, request: Request, who: Grader) -> Calibration:
        """Has several graders score the same talk. 409 if one of them has graded it by the form."""
        names = sorted(set(wanted.graders))
        if len(names) < len(wanted.graders) or (odd := [name for name in names if name not in graders]):
            why = "a grader is named twice" if len(names) < len(wanted.graders) else f"{', '.join(odd)} may not grade"
            raise HTTPException(422, why)
        id, call, now = secrets.token_hex(8), await store.call(wanted.call), time.time()
        form = form_called(forms, wanted.form)
        reviews = [replace(new_review(call, wanted.agent, form, name, who.name, now), calibration=id) for name in names]
        try:
            async with store.writing() as connection:
                await kept.add(connection, reviews)
        except IntegrityError:
            raise HTTPException(409, "one of these graders has graded this talk by this form") from None
        say(request.scope, calibration=id, call=wanted.call)
        return Calibration(id, tuple(reviews))

    @router.get("/calibrations/{id}")
    async def one(id: str, request: Request, _: RecordReviewer) -> Comparison:
        """How far graders agree on a talk, once all have submitted."""
        async with store.connect() as connection:
            reviews = await kept.of_calibration(connection, id)
            if not reviews:
                raise HTTPException(404, "no such comparison")
            form = await kept.form_of(connection, reviews[0])
            steps = await kept.steps(connection, [review.id for review in reviews]) if _complete(reviews) else {}
        said = {review.grader: steps[review.id][0].content for review in reviews if review.id in steps}
        contents = {grader: content for grader, content in said.items() if content is not None}
        say(request.scope, call=reviews[0].call)
        compared = compare(form, {name: content.answers for name, content in contents.items()}) if contents else None
        return Comparison(id, _shown(reviews), form, contents, compared)


def _complete(reviews: Sequence[Review]) -> bool:
    return all(review.state is not State.OPEN for review in reviews)


def _shown(reviews: Sequence[Review]) -> tuple[Review, ...]:
    """Without scores while somebody has not submitted: each scores by himself."""
    return tuple(reviews if _complete(reviews) else (replace(one, score=None, fatal=False) for one in reviews))
