"""Consultation over HTTP: an agent asks others about his caller, who take over, join or go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, Self

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cti.access import CallController, Person
from cti.calls.call import Call
from cti.calls.commands import Consult, HandOver, Hold, Join, Resume, Withdraw
from cti.calls.names import new_offer
from cti.calls.part import Ask, Output
from cti.calls.parties import MOST, OpenOffer
from cti.calls.parties import Consult as Third
from cti.calls.talk_events import ConsultAsked, ConsultOver
from cti.calls.words import CallId, OfferId, Place
from cti.desk.api import Asked, Calls
from cti.desk.control import IN_FLOW
from cti.desk.view import EVERYTHING, audience_of
from cti.problems import errors

RING_S = 45.0
"""How long a number outside rings."""

NOT_THERE = HTTPException(404, "no such call is live, or it is not yours")

Name = Annotated[str, Field(min_length=1, max_length=100)]


class ConsultBody(BaseModel):
    """Who is asked: exactly one of the three; of a ``queue``, whoever it would ask first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent: Name | None = None
    queue: Name | None = None
    number: Name | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _one_party(self) -> Self:
        if sum(given is not None for given in (self.agent, self.queue, self.number)) != 1:
            raise ValueError("say exactly one of agent, queue and number")
        return self


class Askable(BaseModel):
    """Who may be asked now: ``agents`` who are ready; ``queues`` of which somebody is; ``numbers`` of the site's
    list, each one, or with a ``*`` at its end what numbers begin with."""

    agents: list[str]
    queues: list[str]
    numbers: list[str]


class AskAgent(Protocol):
    """Reserves an agent, or where ``queue`` is given whoever of it is free, and rings him. Raises ValueError with
    what to tell where he can't be asked."""

    def __call__(self, agent: str, queue: str, call: Call, by: str, now: float) -> Awaitable[Sequence[Output]]: ...


@dataclass(frozen=True, slots=True)
class Helpers:
    """Who may be asked: agents, through the routing, of whom some are ``ready``, as somebody of these ``queues``
    is; and these numbers."""

    agent: AskAgent
    ready: Callable[[], Collection[str]]
    queues: Callable[[], Collection[str]]
    numbers: Collection[str]


def consult_routes(ask: Ask, calls: Calls, helpers: Helpers) -> APIRouter:
    """The routes. Only the agent who has the caller may ask, or a supervisor, and the third party to be let
    go himself; for others it is not there (404). What can't be done as the call stands is refused (409)."""
    router = APIRouter(prefix="/api/calls/{id}/consult", tags=["call control"], responses=errors(404, 409))

    async def on_call(id: str, work: Callable[[Call, float], Awaitable[Sequence[Output]]]) -> Asked:
        async def turn(now: float) -> Sequence[Output]:
            call = calls().get(CallId(id))
            if call is None:
                raise NOT_THERE
            return await work(call, now)

        await ask(turn)
        return Asked(asked=CallId(id))

    @router.get("")
    async def askable(id: str, who: CallController) -> Askable:
        """Who may be consulted now."""
        ready = [name for name in helpers.ready() if name != who.name]
        return Askable(agents=sorted(ready), queues=sorted(helpers.queues()), numbers=list(helpers.numbers))

    @router.post("", status_code=202)
    async def consult(id: str, body: ConsultBody, who: CallController) -> Asked:
        """Holds the caller and rings a third party, with whom the agent talks when he picks up. Where others are
        in the talk, nobody is held, and he comes in. 409 where he can't be asked."""
        return await on_call(id, lambda call, now: _ask(call, body, who, helpers, now))

    @router.post("/transfer", status_code=202)
    async def hand_over(id: str, who: CallController) -> Asked:
        """The caller goes to the third party, and the agent is off the call. Out of a conference, the others
        talk on."""

        async def work(call: Call, now: float) -> Sequence[Output]:
            talk, third = _both(call, who)
            if call.confers:
                return [Withdraw(call=call.id, offer=talk.offer)]
            return [HandOver(call=call.id, offer=_met(third))]

        return await on_call(id, work)

    @router.post("/join", status_code=202)
    async def join(id: str, who: CallController) -> Asked:
        """All three talk."""

        async def work(call: Call, now: float) -> Sequence[Output]:
            _, third = _both(call, who)
            if third.joined:
                raise HTTPException(409, "all talk already")
            if third.joins:
                raise HTTPException(409, "the third party comes in by himself, as he picks up")
            return [Join(call=call.id, offer=_met(third))]

        return await on_call(id, work)

    @router.delete("", status_code=202)
    async def let_go(id: str, who: CallController, offer: Annotated[str, Query(max_length=100)] = "") -> Asked:
        """A party goes: who was asked last, or the one of ``offer``; for one of them, he himself. The agent who
        lets go of whom he consults is back with the caller; one whom the third leaves by himself has the
        caller on hold, or with him if all talked."""

        async def work(call: Call, now: float) -> Sequence[Output]:
            talk, third = _both(call, who, his=True, offer=offer)
            # The agent's leg is taken out first: so it never waits for a bridge that ends.
            back = _has(call, who) and call.parked is not None
            over = ConsultOver(at=now, call=call.id, offer=third.open.offer)
            return [Resume(call=call.id, offer=talk.offer), over] if back else [over]

        return await on_call(id, work)

    return router


async def _ask(call: Call, body: ConsultBody, who: Person, helpers: Helpers, now: float) -> Sequence[Output]:
    if not _has(call, who):
        raise NOT_THERE
    talk = call.offer
    if talk is None or not talk.connected or call.place is not Place.TALK:
        raise HTTPException(409, "nobody talks on this call")
    if call.consult is not None and not call.consult.joined:
        raise HTTPException(409, "somebody is consulted on this call already")
    if len(call.parties) >= MOST - 2:
        raise HTTPException(409, f"no more than {MOST} can talk")
    if call.detour is not None:
        raise HTTPException(409, IN_FLOW)
    if call.transfer is not None:
        raise HTTPException(409, "the caller is being sent on already")
    hold = [] if call.parked is not None or call.confers else [Hold(call=call.id, offer=talk.offer)]
    if body.number is None:
        try:
            return [*await helpers.agent(body.agent or "", body.queue or "", call, who.name, now), *hold]
        except ValueError as error:
            raise HTTPException(409, str(error)) from None
    if body.number not in helpers.numbers:
        raise HTTPException(409, "this number may not be called: see transfers_to_numbers in site.yaml")
    offer, number = new_offer(), body.number
    asked = ConsultAsked(at=now, call=call.id, by=who.name, offer=offer, number=number, joins=call.confers)
    return [asked, *hold, Consult(call=call.id, offer=offer, number=number, ring_s=RING_S)]


def _has(call: Call, who: Person) -> bool:
    """Whether it is this agent's call; a supervisor may do what he may."""
    audience = audience_of(who)
    return audience is EVERYTHING or any(offer.agent == audience for offer in call.offers)


def _both(call: Call, who: Person, *, his: bool = False, offer: str = "") -> tuple[OpenOffer, Third]:
    """The agent's talk, and whom he asked last or by this offer; ``his``: one of those may ask, for himself."""
    own = next((party for party in call.parties if his and party.open.agent == who.name), None)
    if not (_has(call, who) or own is not None):
        raise NOT_THERE
    named = next((party for party in call.parties if party.open.offer == offer), None) if offer else call.consult
    third = named if _has(call, who) else own
    if third is None or call.offer is None:
        raise HTTPException(409, "this party is on the call no more" if offer else "nobody is consulted on this call")
    return call.offer, third


def _met(third: Third) -> OfferId:
    if not third.open.connected:
        raise HTTPException(409, "the third party has not picked up yet")
    return third.open.offer
