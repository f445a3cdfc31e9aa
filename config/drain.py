"""Empties a running server before it is stopped: no new calls, and those that are there finish or are handed over."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from prometheus_client import CollectorRegistry, Counter
from pydantic import BaseModel, ConfigDict, Field

from config import running
from config.doctor import Finding, doubtful, good
from config.health import Check
from cti.actions.door import Door, Draining
from cti.audit import say
from cti.calls.part import Ask, Output
from cti.calls.words import Place
from cti.problems import ANYWHERE, errors

LONGEST_S = 24 * 3600.0
PART = "door"
PATIENCE_S = 10.0
"""Seconds `cordboard drain` waits for an answer."""


Hold = Callable[[bool, float], Awaitable[Sequence[Output]]]
"""Has no calls begun from now on, or again; with the time, Unix seconds."""


class Refused(Exception):
    """The server will not be drained so; the message says why."""


class DrainBody(BaseModel):
    """``within_s``: how long calls may go on. ``to`` is the name of a transfer of the site, where callers are sent;
    the fallback has them where it is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    within_s: float = Field(ge=0, le=LONGEST_S)
    to: str = Field(default="", max_length=128)


class Drain(BaseModel):
    """How far the server is emptied. ``left_s`` are the seconds until callers who wait are handed over; the rest are
    calls by where they are."""

    draining: bool
    left_s: float
    menu: int
    queue: int
    talk: int

    @property
    def calls(self) -> int:
        """All that are there yet."""
        return self.menu + self.queue + self.talk


def check(door: Door) -> Check:
    """Whether callers come in, for the health page."""

    async def look() -> Finding:
        inside = door.inside().total()
        if (draining := door.draining) is not None:
            where = f"the transfer {draining.to}" if draining.to else "the fallback"
            seen = f"drained: {inside} calls left; who comes is sent to {where}"
            return doubtful(PART, seen, "stop the server when it is empty, or `cordboard drain --undo`")
        if inside >= door.most:
            seen = f"full: {inside} calls; who comes hears that nobody can take the call"
            return doubtful(PART, seen, "raise most_calls in site.yaml, if this machine carries more")
        return good(PART, "open")

    return look


def turned_away(registry: CollectorRegistry) -> Callable[[str], None]:
    """Counts the callers who were turned away, by why: ``drained`` or ``full``."""
    counter = Counter("cordboard_turned_away", "Callers turned away, by why", ["why"], registry=registry)
    for why in ("drained", "full"):
        counter.labels(why)
    return lambda why: counter.labels(why).inc()


def routes(door: Door, hold: Hold, ask: Ask, places: Collection[str], key: str) -> APIRouter:
    """The routes of `cordboard drain`. ``hold`` has routing begin no calls, or begin them again. ``places`` are the
    names of the site's transfers; ``key`` opens them to the site's owner."""
    router = APIRouter(
        prefix="/api/drain", tags=["operations"], responses=ANYWHERE, dependencies=[running.for_the_owner(key)]
    )

    def now_so() -> Drain:
        inside, draining = door.inside(), door.draining
        left_s = max(0.0, draining.until - time.time()) if draining is not None else 0.0
        return Drain(
            draining=draining is not None,
            left_s=left_s,
            menu=inside[Place.MENU],
            queue=inside[Place.QUEUE],
            talk=inside[Place.TALK],
        )

    async def set_to(body: DrainBody | None) -> Drain:
        async def work(now: float) -> Sequence[Output]:
            door.drain(None if body is None else Draining(now + body.within_s, body.to))
            return await hold(body is not None, now)

        await ask(work)
        return now_so()

    @router.get("")
    async def drained() -> Drain:
        """How many calls there are yet."""
        return now_so()

    @router.post("", responses=errors(409))
    async def drain(body: DrainBody, request: Request) -> Drain:
        """From now on callers who come are sent elsewhere, and no call is begun. Calls go on for ``within_s``
        seconds; then who is in a menu or a queue is sent there, too, and talks go on without the server. Again: with
        another time."""
        if body.to and body.to not in places:
            raise HTTPException(409, f"site.yaml has no transfer called {body.to!r}")
        say(request.scope, within_s=round(body.within_s))
        return await set_to(body)

    @router.delete("")
    async def open_again() -> Drain:
        """Callers who come are served again."""
        return await set_to(None)

    return router


def ask(state: Path, how: str, body: DrainBody | None = None) -> Drain:
    """Asks the server of a site. Raises NotRunning, and Refused."""
    answer = running.ask(state, how, "/api/drain", PATIENCE_S, None if body is None else body.model_dump())
    if answer.is_error:
        raise Refused(str(answer.json()["error"]))
    return Drain.model_validate(answer.json())
