"""Supervisors' share in the work over HTTP: taking a call, and pulling one to another queue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from cti.access import CallDirector, Supervisor
from cti.calls.call import Call
from cti.calls.commands import StopMonitor
from cti.calls.part import Ask, Output
from cti.calls.words import CallId
from cti.problems import errors
from routing.agents import NotAllowed
from routing.handler import RoutingPart


class Asked(BaseModel):
    """What was asked for. Whether it came true is told by the feed."""

    asked: CallId


class PullBody(BaseModel):
    """The queue that the call is to wait in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: Annotated[str, Field(min_length=1, max_length=100)]


def routes(part: RoutingPart, ask: Ask, calls: Callable[[], Mapping[CallId, Call]]) -> APIRouter:
    """The routes. 404 for a call that isn't live, 409 for what can't be done as it stands."""
    router = APIRouter(prefix="/api/calls", tags=["call control"], responses=errors(404, 409))
    queues: Collection[str] = part.floor.queues

    def live(id: CallId) -> Call:
        call = calls().get(id)
        if call is None or not call.live:
            raise HTTPException(404, "no such call is live")
        return call

    @router.post("/{id}/take", status_code=202)
    async def take(id: CallId, who: Supervisor) -> Asked:
        """Your phone rings for a call that waits or is talked on; the agent's talk is over then. If you
        don't pick up, the call has its turn again. If you listen to it, that ends."""
        if not who.phone:
            raise HTTPException(409, f"{who.name} has no phone to take a call with")

        async def work(now: float) -> Sequence[Output]:
            call = live(id)
            try:
                out = await part.take(call, who.name, who.phone, now)
            except NotAllowed as error:
                raise HTTPException(409, str(error)) from None
            return [StopMonitor(call=id, supervisor=who.name), *out] if who.name in call.monitors else out

        await ask(work)
        return Asked(asked=id)

    @router.post("/{id}/pull", status_code=202)
    async def pull(id: CallId, body: PullBody, who: CallDirector) -> Asked:
        """Moves a call to another queue. One that waits keeps the time it has waited; a talk is over."""
        if body.queue not in queues:
            raise HTTPException(409, "there is no such queue")

        async def work(now: float) -> Sequence[Output]:
            call = live(id)
            try:
                return await part.pull(call, body.queue, who.name, now)
            except NotAllowed as error:
                raise HTTPException(409, str(error)) from None

        await ask(work)
        return Asked(asked=id)

    return router
