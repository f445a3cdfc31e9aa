"""Agents who are consulted: one reservation each, and the states that follow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import fakeredis
import pytest

from cti.calls.commands import Consult
from cti.calls.events import Accepted, Connected, Event, Ringing
from cti.calls.part import Output
from cti.calls.talk_events import ConsultAsked, Consulting, ConsultOver, Held, Joined
from cti.calls.words import AgentState, CallId, OfferId
from routing.agents import NotAllowed, UnknownAgent
from routing.memory_store import MemoryStore
from routing.store import RedisStore, Store
from tests.routing.line import Line

C1 = CallId("c1")
TALKING = ("alice ready", "c1 queued orders", "c1 ringing", "c1 accepted", "c1 connected", "bob ready")


@pytest.fixture(params=["memory", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    async with fakeredis.FakeAsyncRedis(server_version=(7,), decode_responses=True) as redis:
        yield RedisStore(redis, prefix="site")


class Consultation:
    """Alice talks on c1 and asks bob."""

    def __init__(self, store: Store) -> None:
        self.line = Line(store)
        self.first = self.third = OfferId("")

    async def begin(self) -> list[Output]:
        await self.line.start()
        for step in TALKING:
            await self.line.do(step)
        call = self.line.calls[C1]
        assert call.offer is not None
        self.first = call.offer.offer
        asked = list(await self.line.part.consult("bob", call, "alice", self.line.now))
        self.third = next(output.offer for output in asked if isinstance(output, Consult))
        for event in asked:
            if isinstance(event, Event):
                await self.line.happen(event)
        return asked

    async def happens(self, *kinds: type[Ringing | Accepted | Consulting | Joined | ConsultOver]) -> list[str]:
        said: list[str] = []
        for kind in kinds:
            said += await self.line.happen(kind(at=self.line.now, call=C1, offer=self.third))
        return said

    def states(self, *names: str) -> Sequence[AgentState]:
        return [self.line.part.floor.crew.statuses[name].state for name in names]


async def test_he_is_reserved_and_rung(store: Store) -> None:
    at = Consultation(store)
    asked, *_, rings = await at.begin()
    assert isinstance(asked, ConsultAsked)
    assert isinstance(rings, Consult)
    assert (asked.agent, rings.phone, rings.ring_s) == ("bob", "PJSIP/bob", 15.0)
    assert asked.recording is not None
    assert at.states("alice", "bob") == [AgentState.TALKING, AgentState.RESERVED]
    # The next caller waits: nobody else may have him.
    assert "-> offer c2 PJSIP/bob 15s" not in await at.line.do("c2 queued orders english")
    with pytest.raises(NotAllowed, match="bob is reserved"):
        await at.line.part.consult("bob", at.line.calls[C1], "alice", at.line.now)


async def test_he_helps_and_is_ready_again(store: Store) -> None:
    at = Consultation(store)
    await at.begin()
    await at.line.happen(Held(at=at.line.now, call=C1, offer=at.first))
    assert await at.happens(Ringing, Accepted, Consulting) == ["bob ringing c1", "bob talking c1"]
    assert await at.happens(ConsultOver, ConsultOver) == ["bob ready"]
    assert await at.line.do("c1 left talk") == ["alice wrap-up"]


async def test_he_takes_over(store: Store) -> None:
    """Who asked is in wrap-up, and so is he after his talk."""
    at = Consultation(store)
    await at.begin()
    await at.happens(Ringing, Accepted, Consulting)
    taken = Connected(at=at.line.now, call=C1, offer=at.third, agent="bob")
    assert await at.line.happen(taken) == ["alice wrap-up"]
    assert await at.line.happen(taken) == []
    assert at.states("alice", "bob") == [AgentState.WRAP_UP, AgentState.TALKING]
    assert await at.line.do("c1 left talk") == ["bob wrap-up"]


async def test_whoever_of_a_queue_is_free(store: Store) -> None:
    """Bob and eve are ready: who has been idle for longest of those that the queue would ask is."""
    at = Consultation(store)
    await at.line.start()
    for step in TALKING:
        await at.line.do(step)
    consults = at.line.part.floor.consults
    assert consults.free("orders") == "bob"
    assert "orders" in consults.queues()
    asked = await at.line.part.consult_any("orders", at.line.calls[C1], "alice", at.line.now)
    assert next(output.agent for output in asked if isinstance(output, ConsultAsked)) == "bob"
    assert "orders" not in consults.queues()
    for queue, why in (("orders", "nobody of orders is ready"), ("none", "no such queue")):
        with pytest.raises(NotAllowed, match=why):
            await at.line.part.consult_any(queue, at.line.calls[C1], "alice", at.line.now)


async def test_who_stays_in_the_conference_has_no_wrap_up(store: Store) -> None:
    """Bob has the caller now; carl, who was asked into their talk, goes on in it, and is ready after it."""
    at = Consultation(store)
    await at.begin()
    await at.happens(Ringing, Accepted, Joined)
    await at.line.do("carl ready")
    asked = list(await at.line.part.consult("carl", at.line.calls[C1], "alice", at.line.now))
    told = next(output for output in asked if isinstance(output, ConsultAsked))
    assert told.joins
    for event in (told, Joined(at=at.line.now, call=C1, offer=told.offer)):
        await at.line.happen(event)
    taken = Connected(at=at.line.now, call=C1, offer=at.third, agent="bob")
    assert await at.line.happen(taken) == ["alice wrap-up"]
    assert at.states("alice", "bob", "carl") == [AgentState.WRAP_UP, AgentState.TALKING, AgentState.TALKING]
    assert await at.line.happen(ConsultOver(at=at.line.now, call=C1, offer=told.offer)) == ["carl ready"]


async def test_he_does_not_pick_up(store: Store) -> None:
    at = Consultation(store)
    await at.begin()
    await at.happens(Ringing)
    assert await at.line.wait(30) == ["-> withdraw c1", "refused c1 bob no answer", "bob not ready (no answer)"]
    assert at.states("alice") == [AgentState.TALKING]
    assert at.line.calls[C1].consult is None


async def test_who_is_not_ready_is_not_asked(store: Store) -> None:
    at = Consultation(store)
    await at.begin()
    for name, problem in (("carl", NotAllowed), ("alice", NotAllowed), ("nobody", UnknownAgent)):
        with pytest.raises(problem):
            await at.line.part.consult(name, at.line.calls[C1], "alice", at.line.now)
