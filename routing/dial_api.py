"""Agents call numbers, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from cti.access import AgentReader, CallController
from cti.audit import say
from cti.calls.names import new_call
from cti.calls.part import Ask, Output
from cti.calls.words import CallId
from cti.outbound import Outbound
from cti.problems import errors
from routing.agents import NotAllowed, UnknownAgent
from routing.handler import RoutingPart


class DialBody(BaseModel):
    """The number, as it is dialled. A supervisor or a program says, too, for which ``agent``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[str, Field(max_length=33, repr=False)]
    agent: Annotated[str, Field(max_length=100)] | None = None


class Dialled(BaseModel):
    """The call that begins as the agent's phone is asked to ring."""

    call: CallId


class Dialling(BaseModel):
    """The numbers that agents may call: whole, or with a ``*`` at the end what they begin with."""

    allow: list[str]


Refusal = Callable[[str, str, float], str]
"""Why an agent may not call a number at a time (Unix seconds); empty where he may."""


def routes(part: RoutingPart, ask: Ask, allowed: Outbound, refusal: Refusal) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api", tags=["call control"], responses=errors(404, 409))

    @router.get("/dialling")
    async def dialling(_: AgentReader) -> Dialling:
        """What may be called; empty where agents may call nobody."""
        return Dialling(allow=list(allowed))

    @router.post("/calls", status_code=202)
    async def dial(body: DialBody, who: CallController, request: Request) -> Dialled:
        """Rings the agent's phone, and the number when he picks up. 403 for another agent's phone, 404 for
        one that there is not, 409 where the number may not be called or the agent is on a call, 429 where there
        were too many calls."""
        agent = body.agent or who.name
        if who.name in part.floor.agents and agent != who.name:
            raise HTTPException(403, "an agent calls from the own phone only")
        if body.number not in allowed:
            raise HTTPException(409, "agents may not call this number: see agents_dial in site.yaml")
        call = new_call()

        async def work(now: float) -> Sequence[Output]:
            if why := refusal(body.number, agent, now):
                raise HTTPException(429, why)
            return await part.dial(agent, body.number, call, now)

        try:
            await ask(work)
        except UnknownAgent as error:
            raise HTTPException(404, str(error)) from None
        except NotAllowed as error:
            raise HTTPException(409, str(error)) from None
        say(request.scope, agent=agent, call=call)
        return Dialled(call=call)

    return router
