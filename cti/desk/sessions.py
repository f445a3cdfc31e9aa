"""Who is logged in, from where: one's own sessions, everybody's for administrators, and their end."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel

from cti.access import Admin, Anybody, Gate
from cti.audit import say
from cti.problems import errors
from cti.sessions import Session, SessionFolder


class Seen(BaseModel):
    """A session that goes on. Times are Unix seconds; ``browser`` is its kind, or the program's name; ``here``: it is
    that of who asks."""

    id: str
    name: str
    begun_at: float
    used_at: float
    ends_at: float
    address: str
    browser: str
    here: bool


class Ended(BaseModel):
    """How many sessions were ended."""

    ended: int


def routes(gate: Gate, sessions: SessionFolder) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api", tags=["login"])

    def seen(session: Session, here: str) -> Seen:
        return Seen(
            id=session.id,
            name=session.name,
            begun_at=session.begun_at,
            used_at=session.used_at,
            ends_at=session.ends_at,
            address=session.address,
            browser=session.browser,
            here=session.id == here,
        )

    def end(id: str, name: str) -> None:
        if not sessions.end(id, name):
            raise HTTPException(404, "no such session goes on")

    def end_all(request: Request, name: str, but: str = "") -> Ended:
        ended = sessions.end_all(name, but)
        say(request.scope, ended=ended)
        return Ended(ended=ended)

    @router.get("/sessions")
    async def mine(request: Request, who: Anybody) -> list[Seen]:
        """Where you are logged in, the first begun first."""
        here = gate.session(request)
        return [seen(one, here) for one in sessions.all() if one.name == who.name]

    @router.delete("/sessions")
    async def end_my_others(request: Request, who: Anybody) -> Ended:
        """Ends your sessions, all but this one."""
        return end_all(request, who.name, gate.session(request))

    @router.delete("/sessions/{id}", status_code=204, responses=errors(404))
    async def end_mine(id: str, who: Anybody) -> None:
        """Ends one of yours: its requests are refused from now on, and its feed ends within seconds."""
        end(id, who.name)

    @router.get("/people/sessions")
    async def everybodys(request: Request, _: Admin) -> list[Seen]:
        """Where everybody is logged in, the first begun first."""
        here = gate.session(request)
        return [seen(one, here) for one in sessions.all()]

    @router.delete("/people/{name}/sessions")
    async def end_theirs(name: str, request: Request, _: Admin) -> Ended:
        """Ends all sessions of a person."""
        return end_all(request, name)

    @router.delete("/people/{name}/sessions/{id}", status_code=204, responses=errors(404))
    async def end_one_of_theirs(name: str, id: str, _: Admin) -> None:
        """Ends one session of a person."""
        end(id, name)

    return router
