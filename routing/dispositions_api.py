"""Dispositions over HTTP: what agents choose from after a talk, and what they chose."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime, tzinfo
from typing import Annotated, Protocol

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cti.access import AnyAgent
from cti.calls.part import Ask
from cti.calls.words import CallId
from cti.problems import errors
from routing.agents import TALKING, WRAP_UP
from routing.dispositions import SEPARATOR, Disposition, NotADisposition
from routing.handler import RoutingPart
from routing.queues_file import DEEPEST

Notes = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=4000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"),
]
"""Several lines of text. Personal data: never logged."""


class DispositionAsked(BaseModel):
    """What came of a talk: the ``path`` in the queue's tree, from its top to a result; and ``notes``."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=DEEPEST)] = []
    notes: Notes = ""


class Talk(Protocol):
    """A talk of an agent: in which queue, and when it ended (Unix seconds), None while it goes on."""

    @property
    def queue(self) -> str: ...
    @property
    def ended_at(self) -> float | None: ...


Talked = Callable[[CallId, str], Awaitable[Talk | None]]
"""An agent's last talk on a call, if he talked on it."""


class Results(BaseModel):
    """What may come of a queue's talks. With ``required`` an agent is not ready again before he chose."""

    queue: str
    required: bool
    tree: list[Disposition]


class Given(BaseModel):
    """What was written down. ``disposition`` is the path, its names joined by `` > ``."""

    call: CallId
    queue: str
    disposition: str


def routes(part: RoutingPart, ask: Ask, talked: Talked, zone: tzinfo | None = None) -> APIRouter:
    """The routes. ``ask`` carries a change into the loop's turn; ``zone`` says when a day is over, None for
    this machine's."""
    router = APIRouter(prefix="/api", tags=["routing"], responses=errors(404, 409))
    floor = part.floor

    @router.get("/dispositions")
    async def dispositions(who: AnyAgent) -> list[Results]:
        """What agents choose from after a talk, by queue; queues where nothing is asked are left out."""
        return [
            Results(queue=name, required=floor.queues.disposition_required(name), tree=list(tree))
            for name in floor.queues
            if (tree := floor.queues.tree(name))
        ]

    @router.post("/calls/{call}/disposition")
    async def dispose(call: Annotated[CallId, Path(max_length=64)], given: DispositionAsked, who: AnyAgent) -> Given:
        """Says what came of a talk of one's own, during it, in wrap-up, or later on the same day; given
        again, it replaces what was said before. One that is owed may be given on any day.

        404 for a call one didn't talk on, 409 when its day is over, 422 for a path that leads to no result.
        """
        queue = await talked_in(call, who.name)
        try:
            await ask(lambda now: part.dispose(who.name, call, queue, given.path, given.notes, now))
        except NotADisposition as error:
            raise HTTPException(422, str(error)) from None
        return Given(call=call, queue=queue, disposition=SEPARATOR.join(given.path))

    async def talked_in(call: CallId, agent: str) -> str:
        """The queue in which the agent talked on the call, if he may still say what came of it."""
        status = floor.crew.statuses.get(agent)
        if status is None:
            raise HTTPException(404, f"{agent} is no agent of this site")
        if status.last == call and (status.owes or status.state in (TALKING, WRAP_UP)):
            return status.last_queue
        talk = await talked(call, agent)
        if talk is None:
            raise HTTPException(404, "no such call, or you did not talk on it")
        if talk.ended_at is not None and day(talk.ended_at) != day(time.time()):
            raise HTTPException(409, "the day of this call is over: its disposition can't be changed any more")
        return talk.queue

    def day(at: float) -> date:
        return datetime.fromtimestamp(at, zone).date()

    return router
