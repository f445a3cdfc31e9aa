"""What every store of live state must do: the same tests for the one in memory and the real ones."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import fakeredis
import pytest

from cti.calls.events import AgentState, CallId, OfferId
from routing.agents import Status
from routing.memory_store import MemoryStore
from routing.queues import Needs, Waiting
from routing.redis_server import RedisServer
from routing.store import RedisStore, Store, StoreDown, connect

TTL = 60.0
C1, C2 = CallId("c1"), CallId("c2")
READY = Status(AgentState.READY, since=1700000000.1234567, idle_since=1700000000.1234567)


@pytest.fixture(params=["memory", "fakeredis", pytest.param("valkey", marks=pytest.mark.real)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
    elif request.param == "fakeredis":
        async with fakeredis.FakeAsyncRedis(server_version=(7,), decode_responses=True) as fake:
            yield RedisStore(fake)
    else:
        async with RedisServer(tmp_path / "redis") as server, connect(server.url) as client:
            yield RedisStore(client)


def waiting(call: str, sequence: int = 1) -> Waiting:
    return Waiting(
        CallId(call), "orders", Needs((("orders", 3), ("русский", 1)), ("north",)), -5, 1700000000.1234567, sequence
    )


def reserved(call: CallId, offer: str, now: float = 100.0) -> Status:
    return Status(AgentState.RESERVED, since=now, call=call, offer=OfferId(offer), queue="orders", until=now + 18)


async def ready(store: Store, *names: str) -> None:
    for name in names:
        assert await store.save(name, READY)


async def status(store: Store, name: str) -> Status:
    return (await store.agents([name]))[name]


async def test_an_empty_store_knows_nothing(store: Store) -> None:
    assert await store.agents(["alice"]) == {}
    assert await store.waiting() == []
    assert await store.reserve("alice", reserved(C1, "o1"), TTL) is None


async def test_what_is_written_is_read_back_exactly(store: Store) -> None:
    odd = Status(
        state=AgentState.TALKING,
        since=1700000000.1234567,
        reason="Grüße 😀 \n x",
        call=C1,
        offer=OfferId("o1"),
        queue="orders",
        accepted=True,
        idle_since=0.1 + 0.2,
        until=1700000001.7654321,
        token=0,
        wish=AgentState.NOT_READY,
        wish_reason="обед",
    )
    assert await store.save("zoë", odd)
    assert await store.agents(["nobody", "zoë"]) == {"zoë": odd}
    await store.wait(waiting("c1"))
    alone = replace(waiting("c2", 2), agent="zoë")
    await store.wait(alone)
    assert sorted(await store.waiting(), key=lambda w: w.sequence) == [waiting("c1"), alone]


async def test_a_reservation_promises_agent_and_call(store: Store) -> None:
    await ready(store, "alice", "bob")
    await store.wait(waiting("c1"))
    await store.wait(waiting("c2", 2))
    token = await store.reserve("alice", reserved(C1, "o1"), TTL)
    assert token is not None
    assert await status(store, "alice") == replace(reserved(C1, "o1"), token=token)
    assert await store.reserve("bob", reserved(C1, "o2"), TTL) is None, "the call is promised"
    assert await store.reserve("alice", reserved(C2, "o3"), TTL) is None, "the agent is promised"
    assert await store.reserve("bob", reserved(C2, "o4"), TTL) == token + 1


async def test_asking_again_for_the_same_offer_gives_the_same_token(store: Store) -> None:
    await ready(store, "alice")
    await store.wait(waiting("c1"))
    token = await store.reserve("alice", reserved(C1, "o1"), TTL)
    assert token is not None
    assert await store.reserve("alice", reserved(C1, "o1"), TTL) == token


@pytest.mark.parametrize("state", [state for state in AgentState if state is not AgentState.READY])
async def test_only_a_ready_agent_is_reserved(store: Store, state: AgentState) -> None:
    await store.save("alice", Status(state))
    await store.wait(waiting("c1"))
    assert await store.reserve("alice", reserved(C1, "o1"), TTL) is None
    assert await status(store, "alice") == Status(state)


async def test_only_a_waiting_call_is_reserved(store: Store) -> None:
    await ready(store, "alice")
    await store.wait(waiting("c1"))
    await store.leave(C1)
    await store.leave(C1)
    assert await store.reserve("alice", reserved(C1, "o1"), TTL) is None


async def test_a_released_call_can_be_reserved_again(store: Store) -> None:
    await ready(store, "alice", "bob")
    await store.wait(waiting("c1"))
    token = await store.reserve("alice", reserved(C1, "o1"), TTL)
    assert token is not None
    ringing = replace(reserved(C1, "o1"), state=AgentState.RINGING, token=token)
    assert await store.save("alice", ringing)
    assert await store.reserve("bob", reserved(C1, "o2"), TTL) is None
    await store.wait(waiting("c1"))
    assert await store.reserve("bob", reserved(C1, "o2"), TTL) is None, "a call written again stays promised"
    assert await store.save("alice", Status(AgentState.NOT_READY, token=token), released=C1)
    second = await store.reserve("bob", reserved(C1, "o2"), TTL)
    assert second is not None
    assert second > token


async def test_an_old_token_writes_nothing(store: Store) -> None:
    await ready(store, "alice")
    await store.wait(waiting("c1"))
    first = await store.reserve("alice", reserved(C1, "o1"), TTL)
    assert first is not None
    assert not await store.save("alice", READY), "who doesn't know of the reservation may not undo it"
    assert await store.save("alice", replace(READY, token=first), released=C1)
    second = await store.reserve("alice", reserved(C1, "o2"), TTL)
    assert second is not None
    assert not await store.save("alice", Status(AgentState.OFFLINE, token=first), released=C1)
    assert await status(store, "alice") == replace(reserved(C1, "o2"), token=second)


async def test_a_reservation_ends_by_itself_and_its_holder_is_fenced_off(store: Store) -> None:
    await ready(store, "alice", "bob")
    await store.wait(waiting("c1"))
    first = await store.reserve("alice", reserved(C1, "o1", now=100.0), TTL)
    assert first is not None
    assert await store.reserve("bob", reserved(C1, "o2", now=159.9), TTL) is None
    assert await store.reserve("bob", reserved(C1, "o2", now=160.0), TTL) is not None
    slept = replace(reserved(C1, "o1"), state=AgentState.TALKING, token=first)
    assert not await store.save("alice", slept), "the call is bob's now"
    assert await store.save("alice", replace(READY, token=first), released=C1)
    await ready(store, "carol")
    assert await store.reserve("carol", reserved(C1, "o3", now=161.0), TTL) is None, "and it stays bob's"


async def test_many_at_once_never_promise_anyone_twice(store: Store) -> None:
    agents = [f"agent{n}" for n in range(8)]
    calls = [CallId(f"call{n}") for n in range(8)]
    await ready(store, *agents)
    for call in calls:
        await store.wait(waiting(call))
    won: list[tuple[str, CallId, int]] = []

    async def engine(number: int) -> None:
        order = random.Random(number)
        pairs = [(a, c) for a in agents for c in calls]
        for name, call in order.sample(pairs, 40):
            token = await store.reserve(name, reserved(call, f"o-{number}-{name}-{call}"), TTL)
            if token is not None:
                won.append((name, call, token))
            await asyncio.sleep(0)

    await asyncio.gather(*(engine(number) for number in range(8)))
    assert len(won) == 8
    for column in zip(*won, strict=True):
        assert len(set(column)) == 8
    for name, call, token in won:
        assert await status(store, name) == replace(await status(store, name), call=call, token=token)


@pytest.mark.real
async def test_a_redis_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    async with connect(f"unix://{tmp_path}/nothing.sock") as client:
        with pytest.raises(StoreDown, match="can't be reached"):
            await RedisStore(client).waiting()
