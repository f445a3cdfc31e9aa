"""Call control over HTTP: hold, resume, parking, sending the caller on, and getting a talk back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cti.access import CallController, Person
from cti.calls.call import Call
from cti.calls.commands import Hold, Resume
from cti.calls.names import DIRECT_QUEUE
from cti.calls.part import Ask, Output
from cti.calls.parties import OpenOffer
from cti.calls.talk_events import PhoneLost, TransferAsked
from cti.desk.api import Asked, Calls
from cti.desk.talks import talk_of
from cti.problems import errors

Name = Annotated[str, Field(min_length=1, max_length=100)]

IN_FLOW = "the caller is in a flow, and comes back when it is over"


class TransferBody(BaseModel):
    """Where the caller goes: exactly one of the four. ``keep_skills`` is for a queue: there, too, only
    agents with the skills that the call wanted may take it. ``back`` is for a flow that has the verb
    ``back``: the agent waits for the caller meanwhile."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: Name | None = None
    agent: Name | None = None
    flow: Name | None = None
    number: Name | None = Field(default=None, repr=False)
    keep_skills: bool = False
    back: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(to is not None for to in (self.queue, self.agent, self.flow, self.number)) != 1:
            raise ValueError("say exactly one of queue, agent, flow and number")
        if self.keep_skills and self.queue is None:
            raise ValueError("keep_skills is for a queue")
        if self.back and self.flow is None:
            raise ValueError("back is for a flow")
        return self


@dataclass(frozen=True, slots=True)
class Ways:
    """Where a caller may be sent; ``back`` are the flows from which he can come back. ``agents``, ``flows``
    and ``back`` are asked for each time: they change."""

    queues: Callable[[], Collection[str]]
    agents: Callable[[], Collection[str]]
    flows: Callable[[], Collection[str]]
    back: Callable[[], Collection[str]]
    numbers: Collection[str]
    park_s: float = 120.0
    """How long a parked caller waits before he comes back, in seconds."""

    def problem(self, to: TransferBody) -> str:
        """Why a caller can't be sent there; empty where he can."""
        places = (
            (to.queue, self.queues(), "there is no such queue"),
            (to.agent, self.agents(), "no such agent is logged in"),
            (to.flow, self.flows(), "there is no such flow"),
            (to.number, self.numbers, "callers may not be sent to this number: see transfers_to_numbers in site.yaml"),
        )
        if to.back and to.flow in self.flows() and to.flow not in self.back():
            return "this flow gives no caller back: it has no node with the verb back"
        return next((wrong for name, known, wrong in places if name is not None and name not in known), "")


def control_routes(ask: Ask, calls: Calls, ways: Ways) -> APIRouter:
    """The routes. Only the agent who talks on the call may ask, or a supervisor: for others it is not
    there (404). What can't be done as the call stands is refused (409), and nothing happens."""
    router = APIRouter(prefix="/api/calls", tags=["call control"], responses=errors(404, 409))

    async def on_talk(
        id: str, who: Person, act: Callable[[Call, OpenOffer, float], Output], *, away: bool = False
    ) -> Asked:
        async def work(now: float) -> Sequence[Output]:
            call, talk = talk_of(calls, id, who)
            if call.transfer is not None:
                raise HTTPException(409, "the caller is being sent on already")
            if call.detour is not None and not away:
                raise HTTPException(409, IN_FLOW)
            if call.confers:
                raise HTTPException(409, "others are in this talk: let them go first, or leave them the caller")
            return [act(call, talk, now)]

        await ask(work)
        return Asked(asked=id)

    @router.post("/{id}/hold", status_code=202)
    async def hold(id: str, who: CallController) -> Asked:
        """Puts the caller on hold: he hears the music of the queue. 409 where he is already."""

        def act(call: Call, talk: OpenOffer, now: float) -> Output:
            if call.parked is not None:
                raise HTTPException(409, "the caller is on hold already")
            return Hold(call=call.id, offer=talk.offer)

        return await on_talk(id, who, act)

    @router.post("/{id}/resume", status_code=202)
    async def resume(id: str, who: CallController) -> Asked:
        """Ends the hold. 409 where there is none, or only by a key of the phone."""

        def act(call: Call, talk: OpenOffer, now: float) -> Output:
            if call.parked is None:
                raise HTTPException(409, "the caller is not on hold")
            return Resume(call=call.id, offer=talk.offer)

        return await on_talk(id, who, act)

    @router.post("/{id}/leave", status_code=202)
    async def leave(id: str, who: CallController) -> Asked:
        """The page that is the agent's phone goes: the caller is on hold. If nobody asks for ``fetch``
        within 30 s, he goes back to his queue."""

        def act(call: Call, talk: OpenOffer, now: float) -> Output:
            return PhoneLost(at=now, call=call.id, offer=talk.offer)

        return await on_talk(id, who, act, away=True)

    @router.post("/{id}/fetch", status_code=202)
    async def fetch(id: str, who: CallController) -> Asked:
        """The agent's phone has lost the talk, as a page does that is loaded anew: it rings for it again.
        The caller is on hold meanwhile; after 30 s anyone of the queue may take him."""

        def act(call: Call, talk: OpenOffer, now: float) -> Output:
            queue = call.queue or DIRECT_QUEUE
            return TransferAsked(at=now, call=call.id, by=who.name, queue=queue, agent=talk.agent)

        return await on_talk(id, who, act)

    @router.post("/{id}/park", status_code=202)
    async def park(id: str, who: CallController) -> Asked:
        """Puts the caller aside with music, and the agent is in wrap-up. Whoever serves the queue may ask for
        ``unpark``; after ``parking`` of site.yaml the caller comes back to the agent, or to his queue."""

        def act(call: Call, talk: OpenOffer, now: float) -> Output:
            queue = call.queue or DIRECT_QUEUE
            return TransferAsked(at=now, call=call.id, by=who.name, queue=queue, agent=talk.agent, park_s=ways.park_s)

        return await on_talk(id, who, act)

    @router.post("/{id}/transfer", status_code=202)
    async def transfer(id: str, to: TransferBody, who: CallController) -> Asked:
        """Sends the caller on, without asking anybody there; the agent's talk is over. With ``back`` the
        agent keeps his talk, and has the caller again when the flow is over. 409 where he can't be sent
        there."""

        def act(call: Call, talk: OpenOffer, now: float) -> Output:
            if problem := ways.problem(to):
                raise HTTPException(409, problem)
            if to.back and call.consult is not None:
                raise HTTPException(409, "somebody is consulted on this call: let the third go first")
            if to.agent == talk.agent:
                raise HTTPException(409, "this agent has the caller already")
            return TransferAsked(
                at=now,
                call=call.id,
                by=who.name,
                queue=to.queue or "",
                agent=to.agent or "",
                flow=to.flow or "",
                number=to.number or "",
                keep_skills=to.keep_skills,
                back=to.back,
            )

        return await on_talk(id, who, act)

    return router
