"""The HTTP API of reports. Times are Unix seconds; days and weeks are those of the site's clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from cti.access import Person, RecordReader, Right
from cti.audit import say
from recordings.asked import moment
from recordings.reports.figures import By, Unit
from recordings.reports.files import MEDIA, Format, written
from recordings.reports.intervals import Interval, spans, whole
from recordings.reports.keeper import Keeper
from recordings.reports.query import Line, Report, TooMuch, Wanted, report
from recordings.store import Store

MOST_SPANS = 1_000
LONGEST_S = 5 * 366 * 86_400.0
LAST = 4_000_000_000.0
"""Far from the end of what calendars know."""


def _when(given: Any) -> float | datetime:
    """A moment; one without a zone is by the site's clock."""
    if isinstance(given, str):
        with suppress(ValueError):
            read = datetime.fromisoformat(given)
            return read if read.tzinfo is None else read.timestamp()
    return moment(given)


When = Annotated[float | datetime, PlainValidator(_when), WithJsonSchema({"type": "string"})]
Name = Annotated[str, Field(max_length=128)]


class Question(BaseModel):
    """``from`` <= quarter-hour < ``to``: Unix seconds, or ISO 8601, by the site's clock where no zone is given.
    ``interval`` parts the time by the site's clock. ``name`` may be given several times: only those.
    ``together``: one row an interval, of all of them."""

    model_config = ConfigDict(extra="forbid")

    by: By
    start: When = Field(alias="from")
    end: When = Field(alias="to")
    interval: Interval | None = None
    name: Annotated[list[Name] | None, Field(max_length=100)] = None
    together: bool = False

    def span(self, zone: tzinfo | None) -> tuple[float, float]:
        """From, and until. Raises ValueError."""
        start, end = _unix(self.start, zone), _unix(self.end, zone)
        if not 0 <= start < end:
            raise ValueError("from must be before to")
        if end - start > LONGEST_S or end > LAST:
            raise ValueError("a report is of five years at most")
        return start, end


def _unix(when: float | datetime, zone: tzinfo | None) -> float:
    try:
        return when.replace(tzinfo=zone).timestamp() if isinstance(when, datetime) else when
    except (OverflowError, OSError):
        raise ValueError("not a time") from None


class FileQuestion(Question):
    """The same, and as what file."""

    format: Format


@dataclass(frozen=True, slots=True)
class Head:
    """A figure: how it is written, and its formula."""

    name: str
    unit: Unit
    formula: str


@dataclass(frozen=True, slots=True)
class Answer:
    """``lines`` by start, then name; ``total`` is of all of them. Shares are 0 to 1; null where there is
    nothing to divide by. ``zone`` is whose clock is meant, empty for the server's."""

    by: By
    zone: str
    heads: list[Head]
    lines: list[Line]
    total: Line


def routes(store: Store, keeper: Keeper, teams: Mapping[str, Collection[str]], zone: tzinfo | None) -> APIRouter:
    """Agents see their own figures; supervisors see all. ``teams`` are the agents of each."""
    router = APIRouter(prefix="/api", tags=["reports"])

    async def asked(question: Question, who: Person) -> Report:
        wanted = _wanted(question, who, teams, zone)
        await keeper.fresh(time.time())
        try:
            async with store.connect() as connection:
                return await report(connection, wanted)
        except TooMuch as error:
            raise HTTPException(422, str(error)) from None

    @router.get("/reports")
    async def figures(who: RecordReader, question: Annotated[Question, Query()]) -> Answer:
        """Figures of queues, agents, teams, nodes of menus or numbers dialled; calls count when they are over. At
        most 5000 rows: 422 for more."""
        made = await asked(question, who)
        heads = [Head(figure.name, figure.unit, figure.formula) for figure in made.figures]
        return Answer(made.by, "" if zone is None else str(zone), heads, list(made.lines), made.total)

    @router.get("/reports/file", response_class=Response)
    async def file(who: RecordReader, question: Annotated[FileQuestion, Query()], request: Request) -> Response:
        """The same as a file."""
        made = await asked(question, who)
        say(request.scope, by=question.by.value, rows=len(made.lines))
        body = await asyncio.to_thread(written, made, zone, question.format)
        name = f"report-{question.by}.{question.format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(body, media_type=MEDIA[question.format], headers=headers)

    return router


def _wanted(question: Question, who: Person, teams: Mapping[str, Collection[str]], zone: tzinfo | None) -> Wanted:
    names: Any = question.name
    if not who.may(Right.REVIEW):
        if question.by is not By.AGENT or (names or [who.name]) != [who.name]:
            raise HTTPException(403, "reports of others are for supervisors; one's own are by=agent")
        names = [who.name]
    try:
        parts = spans(*whole(*question.span(zone)), question.interval, zone, MOST_SPANS)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return Wanted(question.by, parts, names, question.together, teams)
