"""Routing over HTTP: agents and queues now, and asking for another state."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cti.access import AgentController, AgentReader, CallController, CallDirector, CallReader, CallSupervisor, Right
from cti.audit import say
from cti.calls.part import Ask, Work
from cti.calls.words import AgentState, CallId
from cti.problems import errors
from routing.agents import Agent, NotAllowed, UnknownAgent
from routing.handler import RoutingPart
from routing.queues import Needs, Queue, merge
from routing.why import StillWaiting
from routing.wishes import UnknownCallback

_NOBODY = Agent("", "", {})

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class StateAsked(BaseModel):
    """The state an agent is to be in, and why (for not ready). ``phone`` is the one of his phones that
    he sits at from now on; left out, it stays as it was."""

    model_config = ConfigDict(extra="forbid")

    state: AgentState
    reason: Reason = ""
    phone: Annotated[str, StringConstraints(max_length=100)] = ""


class MoreWrapUp(BaseModel):
    """How many seconds more an agent needs after his talk."""

    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[int, Field(ge=1, le=600)]


class AgentNow(BaseModel):
    """What an agent is doing. Times are Unix seconds: ``since`` when, and ``until`` when it ends by
    itself. ``after_call`` was asked for during a call; ``phone`` is where he sits, one of his ``phones``.
    ``last_call`` is the one he talked on last, of ``last_queue``; with ``owes`` its disposition is missing."""

    name: str
    state: AgentState
    since: float
    reason: str
    call: CallId | None
    after_call: AgentState | None
    until: float | None
    phone: str
    phones: list[str]
    skills: dict[str, int]
    groups: list[str]
    last_call: CallId | None
    last_queue: str
    owes: bool


class QueueNow(BaseModel):
    """A queue. ``waiting`` counts offered calls and callbacks too; ``ready`` agents meet the queue's
    needs, ``logged_in`` ones would after all relaxations. ``estimate_s`` is how long who comes now
    will likely wait, 0 where an agent is ready, None where that is unknown."""

    name: str
    waiting: int
    longest_wait_s: float
    estimate_s: float | None
    ready: int
    logged_in: int
    needs: dict[str, int]
    priority: int


class CallbackNow(BaseModel):
    """A customer who is to be called back. ``id`` is the call in which he asked for it; times are Unix
    seconds: ``since`` when he began to wait, ``not_before`` when the next attempt may be made."""

    id: CallId
    call: CallId
    number: str
    queue: str
    since: float
    not_before: float
    tries: int
    level: str


def routes(part: RoutingPart, ask: Ask) -> APIRouter:
    """The routes. ``ask`` carries a change into the loop's turn."""
    router = APIRouter(prefix="/api", tags=["routing"], responses=errors(404, 409))
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
            until=status.until,
            phone=floor.crew.phone(name),
            phones=list(floor.agents[name].all_phones),
            skills=dict(floor.agents[name].skills),
            groups=sorted(floor.agents[name].groups),
            last_call=status.last,
            last_queue=status.last_queue,
            owes=status.owes,
        )

    @router.get("/agents")
    async def agents(who: AgentReader) -> list[AgentNow]:
        """All agents for a supervisor; an agent sees only himself."""
        everyone = who.may(Right.SUPERVISE)
        return [agent_now(name) for name in floor.agents if everyone or name == who.name]

    @router.get("/agents/{name}")
    async def agent(name: str, who: AgentReader) -> AgentNow:
        """One agent. 403 for an agent who asks for another, 404 for an unknown one."""
        if name != who.name and not who.may(Right.SUPERVISE):
            raise HTTPException(403, "an agent sees only himself")
        if name not in floor.agents:
            raise HTTPException(404, f"there is no agent {name}")
        return agent_now(name)

    @router.post("/agents/{name}/state")
    async def ask_state(name: str, asked: StateAsked, request: Request, who: AgentController) -> AgentNow:
        """Asks for ready, not ready or offline; during a call it is kept for after it.

        409 when the state can't be asked for, 404 for an unknown agent.
        """
        if name != who.name and not who.may(Right.SUPERVISE):
            raise HTTPException(403, "an agent may only change his own state")
        say(request.scope, state=asked.state)
        if asked.phone and asked.phone not in floor.agents.get(name, _NOBODY).all_phones:
            raise HTTPException(422, f"{asked.phone} is not a phone of {name}")
        return await change(name, lambda now: part.ask_state(name, asked.state, asked.reason, now, asked.phone))

    @router.post("/agents/{name}/wrap-up")
    async def extend_wrap_up(name: str, more: MoreWrapUp, who: AgentController) -> AgentNow:
        """Gives an agent more time after his talk; asking for ready ends it early.

        409 when he isn't in wrap-up, 404 for an unknown agent.
        """
        if name != who.name and not who.may(Right.SUPERVISE):
            raise HTTPException(403, "an agent may only change his own wrap-up")
        return await change(name, lambda now: part.extend_wrap_up(name, more.seconds, now))

    async def change(name: str, work: Work) -> AgentNow:
        try:
            await ask(work)
        except UnknownAgent as error:
            raise HTTPException(404, str(error)) from None
        except NotAllowed as error:
            raise HTTPException(409, str(error)) from None
        return agent_now(name)

    @router.get("/calls/{call}/why")
    async def why(call: CallId, _: CallSupervisor) -> StillWaiting:
        """Why a call is still waiting. 404 for one that isn't."""
        found = part.why(call, time.time())
        if found is None:
            raise HTTPException(404, "this call is not waiting")
        return found

    _add_callbacks(router, part, ask)

    def needs(queue: Queue) -> Needs:
        return merge(queue.skills, groups=queue.groups)

    @router.get("/queues")
    async def queues(_: AgentReader) -> list[QueueNow]:
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
                estimate_s=floor.room.newcomer_s(queue, needs(queue), floor.router.waiting(queue.name)),
                ready=len(floor.router.pool(needs(queue), queue).ready),
                logged_in=floor.crew.present.get(queue.name, 0),
                needs=dict(queue.skills),
                priority=queue.priority,
            )
            for queue in floor.queues.values()
        ]

    return router


def _add_callbacks(router: APIRouter, part: RoutingPart, ask: Ask) -> None:
    @router.get("/callbacks")
    async def callbacks(who: CallReader) -> list[CallbackNow]:
        """The customers who are to be called back, in the order of their turns; to an agent, those of the
        queues that he serves."""
        floor = part.floor
        queues = floor.router.queues_of(who.name) if who.name in floor.agents else None
        return [
            CallbackNow(
                id=waiting.wanted,
                call=waiting.call,
                number=waiting.number,
                queue=waiting.queue,
                since=waiting.since,
                not_before=waiting.not_before,
                tries=waiting.tries,
                level=waiting.level,
            )
            for waiting in sorted(floor.room.calls.values(), key=lambda w: (w.since, w.sequence))
            if waiting.wanted is not None and (queues is None or waiting.queue in queues)
        ]

    @router.post("/callbacks/{wanted}/take", status_code=202)
    async def take_callback(wanted: CallId, who: CallController) -> None:
        """Calls this customer back now, whoever's turn it is: the agent's own phone rings first. 404 for one
        that isn't there or is of a queue that he does not serve, 409 while it is made or he is on a call."""
        try:
            await ask(lambda now: part.take_callback(who.name, wanted, now))
        except UnknownCallback as error:
            raise HTTPException(404, str(error)) from None
        except NotAllowed as error:
            raise HTTPException(409, str(error)) from None

    @router.delete("/callbacks/{wanted}", status_code=204)
    async def drop_callback(wanted: CallId, _: CallDirector) -> None:
        """Gives up a callback. 404 for one that isn't there, 409 while its call is being made."""
        try:
            await ask(lambda now: part.drop_callback(wanted, now))
        except UnknownCallback as error:
            raise HTTPException(404, str(error)) from None
        except NotAllowed as error:
            raise HTTPException(409, str(error)) from None
