"""The HTTP API of the board's day and of announcements. Times are Unix seconds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import AfterValidator, BaseModel, Field

from cti.access import AnyAgent, Supervisor
from cti.desk.alerts import Alerts
from cti.desk.announcements import LONGEST, MOST, Announcement, Announcements, TooMany
from cti.desk.api import Body
from cti.desk.feed import Feed
from cti.desk.today import QUARTER_S
from cti.desk.view import EVERYTHING, Audience, Change, audience_of
from cti.problems import errors

LONGEST_S = 30 * 86_400.0
"""How long an announcement may be shown."""


def _plain(text: str) -> str:
    """Refuses what no screen shows: it may be there to deceive."""
    text = text.strip()
    if not text:
        raise ValueError("is empty")
    if not all(c.isprintable() or c == "\n" for c in text):
        raise ValueError("has characters in it that cannot be shown")
    return text


class AnnouncementBody(Body):
    """``until``: Unix seconds; the end of the day where it is left out. For all agents, those of
    ``queue``, or ``agents``."""

    text: Annotated[str, Field(max_length=LONGEST), AfterValidator(_plain)]
    until: float | None = None
    queue: str = Field(default="", max_length=100)
    agents: list[Annotated[str, Field(max_length=100)]] | None = Field(default=None, min_length=1, max_length=5000)


class AlertBody(Body):
    id: str = Field(max_length=300)


class Day(BaseModel):
    """The day so far. ``start`` is midnight; ``all`` is of all queues together. Quarter-hours have
    ``at``, when they begin, and the figures of the calls that came in them."""

    start: float
    end: float
    quarter_s: int
    all: dict[str, Any]
    queues: dict[str, dict[str, Any]]
    quarters: list[dict[str, Any]]


def routes(
    feed: Feed,
    announcements: Announcements,
    alerts: Alerts,
    agents: Collection[str],
    serving: Callable[[str], Collection[str] | None],
) -> APIRouter:
    """``agents`` are the site's; ``serving`` gives those who may take a queue's calls, None where there
    is no such queue."""
    router = APIRouter(prefix="/api", tags=["board"], responses=errors(404, 409))
    view = feed.view

    @router.get("/board/day")
    async def day(who: Supervisor, queue: Annotated[str, Query(max_length=100)] = "") -> Day:
        """What came of today's calls, in all and by quarter-hour; ``queue`` limits the quarter-hours to one."""
        if queue and serving(queue) is None:
            raise HTTPException(404, "there is no such queue")
        today, now = view.today, feed.now
        feed.counted(today.turn(now), now)
        return Day(
            start=today.start,
            end=today.end,
            quarter_s=QUARTER_S,
            all=today.all.row(),
            queues={row["name"]: row["today"] for row in view.queues},
            quarters=today.quarters(lambda name: queue in ("", name), now),
        )

    @router.post("/alerts/seen")
    async def look_after(body: AlertBody, who: Supervisor) -> dict[str, Any]:
        """Says to all supervisors that you look after an alert; the first who says so counts."""
        alert = alerts.seen(body.id, who.name)
        if alert is None:
            raise HTTPException(404, "this alert is not raised any more")
        feed.tell(Change(EVERYTHING, feed.now, "Alert", more={"alerts": [alert.row()]}))
        return alert.row()

    def tell(said: Announcement) -> None:
        """Shows it to those it is for; one that was ended has its ``until`` in the past."""
        reached = agents if said.agents is None else said.agents
        audiences: list[Audience] = [EVERYTHING, *reached]
        for audience in audiences:
            feed.tell(Change(audience, feed.now, "Announcement", more={"announcements": [said.row(audience)]}))

    @router.get("/announcements")
    async def shown(who: AnyAgent) -> list[dict[str, Any]]:
        """What is announced to you; a supervisor sees all."""
        audience = audience_of(who)
        return [one.row(audience) for one in announcements.current(feed.now, audience)]

    @router.post("/announcements", status_code=201)
    async def announce(body: AnnouncementBody, who: Supervisor) -> dict[str, Any]:
        """Shows a text on agents' screens until a time."""
        now = feed.now
        until = view.today.rules.day(now)[1] if body.until is None else body.until
        if not now < until <= now + LONGEST_S:
            raise HTTPException(409, f"until must be in the future, by {LONGEST_S / 86_400:g} days at most")
        to = _reached(body, agents, serving)
        try:
            said = await announcements.say(body.text, who.name, now, until, to, body.queue)
        except TooMany:
            raise HTTPException(409, f"{MOST} announcements are shown already; end one first") from None
        tell(said)
        return said.row(EVERYTHING)

    @router.post("/announcements/{id}/seen")
    async def saw(id: str, who: AnyAgent) -> dict[str, Any]:
        """You have seen an announcement: supervisors are told so."""
        audience = audience_of(who)
        # None is EVERYTHING: supervisors are told of others' announcements, and none is for them.
        said = None if audience is None else await announcements.saw(id, audience, feed.now)
        if said is None:
            raise HTTPException(404, "there is no such announcement to you")
        for one in (EVERYTHING, audience):
            feed.tell(Change(one, feed.now, "Announcement", more={"announcements": [said.row(one)]}))
        return said.row(audience)

    @router.delete("/announcements/{id}", status_code=204)
    async def end(id: str, who: Supervisor) -> None:
        """Takes an announcement from the screens."""
        ended = await announcements.end(id, feed.now)
        if ended is None:
            raise HTTPException(404, "there is no such announcement")
        tell(ended)

    return router


def _reached(
    body: AnnouncementBody, agents: Collection[str], serving: Callable[[str], Collection[str] | None]
) -> Collection[str] | None:
    """Whom it is for, None for all. Raises HTTPException."""
    if body.queue and body.agents is not None:
        raise HTTPException(409, "say either queue or agents")
    if body.queue:
        found = serving(body.queue)
        if found is None:
            raise HTTPException(404, f"there is no queue called {body.queue!r}")
        return sorted(found)
    if body.agents is not None and (unknown := sorted(set(body.agents) - set(agents))):
        raise HTTPException(404, f"there is no agent called {unknown[0]!r}")
    return None if body.agents is None else sorted(set(body.agents))
