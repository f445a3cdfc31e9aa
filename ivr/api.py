"""The HTTP API of menus: the switches that open and close by hand."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict

from cti.access import Supervisor
from cti.audit import say
from cti.problems import errors
from ivr.switches import State, Switches, named
from ivr.tree import Flows

log = structlog.get_logger(__name__)


class SwitchNow(BaseModel):
    """How a switch stands: ``auto`` where the hours decide."""

    name: str
    state: State


class SwitchAsked(BaseModel):
    """How a switch is to stand."""

    model_config = ConfigDict(extra="forbid")

    state: State


def routes(switches: Switches, flows: Callable[[], Flows]) -> APIRouter:
    """The routes. ``flows`` are those that new calls get."""
    router = APIRouter(prefix="/api", tags=["menus"], responses=errors(404))

    @router.get("/switches")
    async def all_switches(who: Supervisor) -> list[SwitchNow]:
        """Every switch that a flow asks for."""
        return [SwitchNow(name=name, state=await switches.state(name)) for name in sorted(named(flows()))]

    @router.put("/switches/{name}")
    async def set_switch(name: str, asked: SwitchAsked, request: Request, who: Supervisor) -> SwitchNow:
        """Opens or closes by hand, or lets the hours decide. 404 for a switch that no flow asks for."""
        say(request.scope, state=asked.state)
        if name not in named(flows()):
            raise HTTPException(404, "no flow asks for this switch")
        try:
            await switches.set(name, asked.state)
        except OSError as error:
            log.error("a switch could not be set", switch=name, error=type(error).__name__)
            raise HTTPException(503, "the switch could not be kept, and stands as before") from None
        log.info("a switch was set", switch=name, state=asked.state, by=who.name)
        return SwitchNow(name=name, state=asked.state)

    return router
