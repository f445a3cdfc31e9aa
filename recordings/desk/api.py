"""The HTTP API of an agent's own desk: his day, and his follow-ups. Times are Unix seconds, UTC."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from cti.access import AnyAgent, Person, Right
from cti.calls.part import Ask, Output
from cti.calls.words import CallId
from cti.problems import errors
from recordings.asked import Moment
from recordings.desk import followups
from recordings.desk.day import Day, DaysPart, NotRead
from recordings.desk.followups import FollowUp, FollowUpsPart
from recordings.desk.timeline import Timeline
from recordings.store import Store

SLACK_S = 300.0
"""How far in the past a time may be: clocks differ, and the earliest that a page offers is the minute in which its
dialog was opened."""
FURTHEST_S = 2 * 366 * 86_400.0

Number = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^\+?[0-9*#][0-9*# ()/.-]*$")]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")
]


class FollowUpWanted(BaseModel):
    """Whom to call, when, and why. ``agent`` is for whom it is, oneself where left out; ``call`` the call in
    which it was promised."""

    model_config = ConfigDict(extra="forbid")

    number: Number
    at: Moment
    text: Text = ""
    agent: Annotated[str, StringConstraints(max_length=100)] = ""
    call: Annotated[CallId, StringConstraints(max_length=64)] | None = None


class FollowUpChanged(BaseModel):
    """Either it is done, or put off to another time."""

    model_config = ConfigDict(extra="forbid")

    done: bool = False
    at: Moment | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and (given.get("done") is True) == ("at" in given):
            raise ValueError('give either "done": true, or a time "at"')
        return given


def routes(
    store: Store,
    part: FollowUpsPart,
    ask: Ask,
    agents: Collection[str],
    days: DaysPart,
    within_s: Mapping[str, float],
) -> APIRouter:
    """An agent has his own, supervisors have all. ``agents`` are those of the site, ``within_s`` the target
    of each queue in seconds."""
    router = APIRouter(prefix="/api", tags=["desk"], responses=errors(404, 409, 503))

    def named(name: str, who: Person) -> str:
        """The agent of this name, if one may look at his desk."""
        if name != who.name and not who.may(Right.SUPERVISE):
            raise HTTPException(403, "the desks of others are for supervisors")
        if name not in agents:
            raise HTTPException(404, f"no agent is called {name}")
        return name

    _add_days(router, days, named, within_s)

    @router.get("/followups")
    async def mine(who: AnyAgent, agent: str = "", *, done: bool = False) -> list[FollowUp]:
        """The open follow-ups of an agent, oneself where left out; or the latest of those that are done."""
        async with store.connect() as connection:
            return await followups.of_agent(connection, named(agent or who.name, who), done=done)

    @router.post("/followups", status_code=201)
    async def add(wanted: FollowUpWanted, who: AnyAgent) -> FollowUp:
        """Has an agent told, at a time, that he is to call somebody. 409 if he has too many before him."""
        now = time.time()
        followup = FollowUp(
            id=secrets.token_hex(8),
            agent=named(wanted.agent or who.name, who),
            made_by=who.name,
            made_at=now,
            at=_future(wanted.at, now),
            number=wanted.number,
            text=wanted.text,
            call=wanted.call,
        )
        async with store.writing() as connection:
            if not await followups.add(connection, followup):
                raise HTTPException(409, f"{followup.agent} has {followups.MOST_OPEN} open follow-ups already")
        await tell(followup)
        return followup

    @router.patch("/followups/{id}")
    async def change(id: str, changed: FollowUpChanged, who: AnyAgent) -> FollowUp:
        """Done, or put off: then its agent is told again. 409 for one that is done."""
        now = time.time()
        async with store.writing() as connection:
            known = await followups.find(connection, id)
            if known is None or not (known.agent == who.name or who.may(Right.SUPERVISE)):
                raise HTTPException(404, "no such follow-up, or not one of yours")
            if known.done_at is not None:
                raise HTTPException(409, "it is done already")
            values = {"done_at": now} if changed.at is None else {"at": _future(changed.at, now), "told_at": None}
            await followups.change(connection, id, **values)
        followup = replace(known, **values)
        await tell(followup)
        return followup

    async def tell(followup: FollowUp) -> None:
        """The loop knows of it from now on, or no more."""

        async def work(now: float) -> Sequence[Output]:
            if followup.done_at is None:
                part.set(followup)
            else:
                part.drop(followup.id)
            return ()

        await ask(work)

    return router


def _future(at: float, now: float) -> float:
    if not now - SLACK_S <= at <= now + FURTHEST_S:
        raise HTTPException(422, "the time must be in the future, and within two years")
    return at


def _add_days(
    router: APIRouter, days: DaysPart, named: Callable[[str, Person], str], within_s: Mapping[str, float]
) -> None:
    """The routes of agents' days; ``named`` lets in who may look at them."""

    @router.get("/agents/{name}/day")
    async def my_day(name: str, who: AnyAgent) -> Day:
        """What an agent did since midnight, and his calls. 503 for a moment after the server's start."""
        agent = named(name, who)
        try:
            return await days.day(agent, time.time(), within_s)
        except NotRead as error:
            raise HTTPException(503, str(error)) from None

    @router.get("/agents/{name}/timeline")
    async def timeline(name: str, who: AnyAgent) -> Timeline:
        """What an agent did since midnight, in order. 503 for a moment after the server's start."""
        agent = named(name, who)
        try:
            return await days.timeline(agent, time.time())
        except NotRead as error:
            raise HTTPException(503, str(error)) from None
