"""What routing does when it was away, or its store was."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from cti.calls.words import AgentState, CallId
from routing.agents import Status
from routing.memory_store import MemoryStore
from routing.store import Answer, StoreDown, Turn
from tests.routing.line import Line
from tests.routing.test_handler import OFFERED, OFFERED_TO_BOB, WITHDRAWN


async def died(steps: list[str]) -> tuple[Line, Line]:
    """An engine that did the steps and died, and the next one on the same store, with the same journal."""
    store = MemoryStore()
    before = Line(store)
    await before.start()
    for step in steps:
        await before.do(step)
    after = Line(store)
    after.now = before.now + 20
    after.calls = dict(before.calls)
    after.offers = before.offers
    return before, after


async def test_a_restart_keeps_places_and_states() -> None:
    before, after = await died(["c1 queued orders", "wait 1", "c2 queued orders", "bob break"])
    assert await after.start() == ["alice offline", "bob not ready (break)", "carl offline"]
    assert await after.do("alice ready") == ["alice ready"], "no call counts before it is found alive"
    assert await after.do("c2 adopted queue") == [
        "-> music c2 jazz",
        "offered c2 alice",
        "alice reserved c2",
        "-> offer c2 PJSIP/alice 15s",
    ]
    assert await after.do("c1 adopted queue") == ["-> music c1 jazz"]
    assert after.part.floor.room.calls == before.part.floor.room.calls
    assert await after.settle(["c1", "c2"]) == []


async def test_a_restart_closes_an_open_offer() -> None:
    _, after = await died(["alice ready", "c1 queued orders", "c1 ringing"])
    assert (await after.start())[0] == "alice reserved c1", "that a phone rings is not worth writing"
    assert await after.do("c1 adopted queue") == [*WITHDRAWN, "alice ready", "-> music c1 jazz", *OFFERED]


async def test_a_restart_finds_a_talk() -> None:
    _, after = await died(["alice ready", "c1 queued orders", "c1 accepted", "c1 connected", "wait 1"])
    assert (await after.start())[0] == "alice talking c1"
    assert await after.do("c1 adopted talk") == []
    assert await after.settle(["c1"]) == []
    assert await after.do("c1 left talk") == ["alice wrap-up"]


@pytest.mark.parametrize("last", ["c1 accepted", "c1 connected"])
async def test_a_restart_finds_a_talk_it_had_missed_or_not_written(last: str) -> None:
    _, after = await died(["alice ready", "c1 queued orders", last])
    await after.start()
    assert await after.do("c1 adopted talk") == ["alice talking c1"]
    assert await after.part._store.waiting() == []


async def test_settling_frees_the_agents_of_calls_that_have_gone() -> None:
    steps = ["alice ready", "c1 queued orders", "c1 connected", "bob ready", "c2 queued orders", "c3 queued orders"]
    _, after = await died(steps)
    await after.start()
    assert sorted(await after.settle([])) == ["-> withdraw c2", "alice wrap-up", "bob ready"]
    assert await after.part._store.waiting() == []
    assert await after.settle([]) == []


async def test_a_store_that_lost_everything_is_written_anew() -> None:
    _, after = await died(["c1 queued orders"])
    empty = Line(MemoryStore())
    empty.now, empty.calls = after.now, after.calls
    await empty.start()
    assert await empty.do("c1 adopted queue") == ["-> music c1 jazz"]
    (place,) = await empty.part._store.waiting()
    assert (place.call, place.since) == ("c1", 1000.0)


class FlakyStore(MemoryStore):
    """A store that can be switched off; ``lose`` answers are lost after the work is done."""

    down = False
    lose = 0

    async def agents(self, names: Iterable[str]) -> dict[str, Status]:
        self._check()
        return await super().agents(names)

    async def write(self, turn: Turn) -> Answer:
        self._check()
        answer = await super().write(turn)
        if self.lose and turn.reservation is not None:
            self.lose -= 1
            raise StoreDown("the answer was lost")
        return answer

    def _check(self) -> None:
        if self.down:
            raise StoreDown("switched off")


async def test_while_the_store_is_down_nothing_is_lost() -> None:
    store = FlakyStore()
    line = Line(store)
    await line.start()
    store.down = True
    assert await line.do("alice ready") == ["alice ready"]
    assert await line.do("c1 queued orders") == ["-> music c1 jazz"]
    assert await line.wait(5) == []
    store.down = False
    assert await line.wait(1) == OFFERED
    assert (await store.agents(["alice"]))["alice"].state is AgentState.RESERVED


async def test_a_lost_answer_to_a_reservation_does_no_harm() -> None:
    store = FlakyStore()
    line = Line(store)
    await line.start()
    store.lose = 1
    await line.do("alice ready")
    assert await line.do("c1 queued orders") == ["-> music c1 jazz"]
    assert await line.wait(1) == OFFERED


async def test_a_reservation_that_is_wanted_no_more_is_taken_back() -> None:
    """Its answer was lost, and the caller hung up meanwhile: the agent was never rung, and is ready."""
    store = FlakyStore()
    line = Line(store)
    await line.start()
    store.lose = 1
    await line.do("alice ready")
    await line.do("c1 queued orders")
    await line.do("c1 ended")
    assert await line.wait(1) == []
    assert (await store.agents(["alice"]))["alice"] == line.part.floor.crew.statuses["alice"]
    assert "offered c2 alice" in await line.do("c2 queued orders")


async def test_another_engine_was_first() -> None:
    store = MemoryStore()
    line = Line(store)
    await line.start()
    await line.do("alice ready")
    other = Line(store)
    await other.start()
    await other.do("c9 queued orders")
    assert (await store.agents(["alice"]))["alice"].call == CallId("c9")
    assert await line.do("c1 queued orders") == ["-> music c1 jazz", "alice reserved c9"]
    assert await line.do("bob ready") == ["bob ready", *OFFERED_TO_BOB]
