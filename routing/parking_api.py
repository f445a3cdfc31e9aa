"""Parked callers over HTTP: who they are, and taking one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from cti.access import CallController, CallReader
from cti.calls.call import Call
from cti.calls.part import Ask
from cti.calls.words import CallId
from cti.problems import errors
from routing.agents import NotAllowed
from routing.handler import RoutingPart
from routing.parking import UnknownParked
from routing.taking_api import Asked

_NUMBER = 120
"""Characters shown of a number or a name."""


class ParkedNow(BaseModel):
    """A parked caller. ``by`` is who has parked him, ``until`` when he comes back (Unix seconds); ``agent``
    whose phone rings for him, if anybody's does."""

    id: CallId
    caller: str = Field(repr=False)
    caller_name: str = Field(repr=False)
    queue: str
    by: str
    until: float
    agent: str | None


def routes(part: RoutingPart, ask: Ask, calls: Callable[[], Mapping[CallId, Call]]) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api", tags=["call control"], responses=errors(404, 409))
    floor = part.floor

    @router.get("/parked")
    async def parked(who: CallReader) -> list[ParkedNow]:
        """Who is parked, first who comes back first; to an agent, those of the queues that he serves, and
        whom he has parked himself."""
        live = calls()
        found = [
            ParkedNow(
                id=waiting.call,
                caller=call.caller[:_NUMBER],
                caller_name=call.caller_name[:_NUMBER],
                queue=waiting.queue,
                by=waiting.prefer,
                until=waiting.not_before,
                agent=call.offer.agent if call.offer is not None else None,
            )
            for waiting in floor.room.calls.values()
            if waiting.parked
            and (call := live.get(waiting.call)) is not None
            and (who.name not in floor.agents or floor.parking.may(who.name, waiting))
        ]
        return sorted(found, key=lambda one: one.until)

    @router.post("/calls/{id}/unpark", status_code=202)
    async def unpark(id: CallId, who: CallController) -> Asked:
        """Your phone rings for a parked caller; if you do not answer, he stays parked. 404 for one who is
        not parked or whom you may not take, 409 where somebody takes him already or you are on a call."""
        try:
            await ask(lambda now: part.unpark(who.name, id, now))
        except UnknownParked as error:
            raise HTTPException(404, str(error)) from None
        except NotAllowed as error:
            raise HTTPException(409, str(error)) from None
        return Asked(asked=id)

    return router
