"""Routing over HTTP: agents and queues now, and asking for another state."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, StringConstraints

from cti.access import AnyAgent, Role
from cti.calls.events import AgentState, CallId
from cti.calls.part import Ask, Output
from routing.agents import NotAllowed, UnknownAgent
from routing.handler import RoutingPart
from routing.queues import merge

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class StateAsked(BaseModel):
    """The state an agent is to be in, and why (for not ready)."""

    model_config = ConfigDict(extra="forbid")

    state: AgentState
    reason: Reason = ""


class AgentNow(BaseModel):
    """What an agent is doing. ``since`` is Unix seconds; ``after_call`` was asked for during a call."""

    name: str
    state: AgentState
    since: float
    reason: str
    call: CallId | None
    after_call: AgentState | None
    skills: dict[str, int]


class QueueNow(BaseModel):
    """A queue. ``waiting`` counts offered calls too; ``ready`` agents meet the queue's needs."""

    name: str
    waiting: int
    longest_wait_s: float
    ready: int
    needs: dict[str, int]
    priority: int


def routes(part: RoutingPart, ask: Ask) -> APIRouter:
    """The routes. ``ask`` carries a change into the loop's turn."""
    router = APIRouter(prefix="/api", tags=["routing"])
    floor = part.floor

    def agent_now(name: str) -> AgentNow:
        status = floor.crew.statuses[name]
        return AgentNow(
            name=name,
            state=status.state,
            since=status.since,
            reason=status.reason,
            call=status.call,
            after_call=status.wish,
            skills=dict(floor.agents[name].skills),
        )

    @router.get("/agents")
    async def agents(who: AnyAgent) -> list[AgentNow]:
        """All agents for a supervisor; an agent sees only himself."""
        everyone = who.role.covers(Role.SUPERVISOR)
        return [agent_now(name) for name in floor.agents if everyone or name == who.name]

    @router.post("/agents/{name}/state")
    async def ask_state(name: str, asked: StateAsked, who: AnyAgent) -> AgentNow:
        """Asks for ready, not ready or offline; during a call it is kept for after it.

        409 when the state can't be asked for, 404 for an unknown agent.
        """
        if name != who.name and not who.role.covers(Role.SUPERVISOR):
            raise HTTPException(403, "an agent may only change his own state")

        async def work(now: float) -> Sequence[Output]:
            return await part.ask_state(name, asked.state, asked.reason, now)

        try:
            await ask(work)
        except UnknownAgent as error:
            raise HTTPException(404, str(error)) from None
        except NotAllowed as error:
            raise HTTPException(409, str(error)) from None
        return agent_now(name)

    @router.get("/queues")
    async def queues(who: AnyAgent) -> list[QueueNow]:
        """How many wait in each queue, for how long, and who could take them."""
        now = time.time()
        since: dict[str, list[float]] = {name: [] for name in floor.queues}
        for waiting in floor.room.calls.values():
            since.setdefault(waiting.queue, []).append(waiting.since)
        return [
            QueueNow(
                name=queue.name,
                waiting=len(since[queue.name]),
                longest_wait_s=max(0.0, now - min(since[queue.name], default=now)),
                ready=len(floor.router.pool(merge(queue.skills, groups=queue.groups), queue).ready),
                needs=dict(queue.skills),
                priority=queue.priority,
            )
            for queue in floor.queues.values()
        ]

    return router
