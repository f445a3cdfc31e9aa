"""What every store of live state must do: the same tests for the one in memory and the real ones."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from cti.calls.words import AgentState, CallId, OfferId
from routing.agents import Status
from routing.memory_store import MemoryStore
from routing.queues import Needs, Waiting
from routing.store import Answer, Changed, RedisStore, Reservation, Store, StoreDown, Turn, connect
from tests.contracts.servers import SERVERS, server

C1, C2 = CallId("c1"), CallId("c2")
NOW = 100.0
READY = Status(AgentState.READY, since=1700000000.1234567, idle_since=1700000000.1234567)


@pytest.fixture(params=["memory", *SERVERS])
async def engines(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[], Store]]:
    """Makes the stores of as many engines as wanted; what is behind them is one."""
    if request.param == "memory":
        memory = MemoryStore()
        yield lambda: memory
    else:
        async with server(request.param, tmp_path) as client:
            yield lambda: RedisStore(client)
            if request.param == "debian":
                await all_known_to_redis_7(client)


SINCE = """
local docs = redis.call('COMMAND', 'DOCS', ARGV[1])[2]
for at = 1, #docs, 2 do
  if docs[at] == 'since' then return docs[at + 1] end
end
"""


async def all_known_to_redis_7(client: Redis) -> None:
    """The server has counted the commands, and says since when there is each of them."""
    used = {name.removeprefix("cmdstat_").split("|")[0] for name in await client.info("commandstats")}
    assert {"evalsha", "hset", "hmget", "set", "info"} <= used
    for name in used:
        since: Any = client.eval(SINCE, 0, name)
        assert tuple(map(int, (await since).split("."))) <= (7, 0, 0), name


@pytest.fixture
def store(engines: Callable[[], Store]) -> Store:
    return engines()


def waiting(call: str, sequence: int = 1) -> Waiting:
    return Waiting(
        CallId(call), "orders", Needs((("orders", 3), ("русский", 1)), ("north",)), -5, 1700000000.1234567, sequence
    )


def reserved(call: CallId, offer: str, now: float = NOW) -> Status:
    return Status(AgentState.RESERVED, since=now, call=call, offer=OfferId(offer), queue="orders", until=now + 20)


async def wait(store: Store, *calls: str) -> None:
    await store.write(Turn(NOW, calls={CallId(call): waiting(call, n) for n, call in enumerate(calls, 1)}))


async def save(store: Store, name: str, status: Status, released: CallId | None = None) -> bool:
    """Whether it was written; when not, the answer says how the agent is."""
    answer = await store.write(Turn(NOW, agents={name: Changed(status, released)}))
    assert not answer.others or answer.others == await store.agents([name])
    return not answer.others


async def ready(store: Store, *names: str) -> None:
    assert await store.write(Turn(NOW, agents={name: Changed(READY) for name in names})) == Answer()


async def reserve(store: Store, name: str, status: Status) -> int | None:
    return (await store.write(Turn(status.since, reservation=Reservation(name, status)))).token


async def status(store: Store, name: str) -> Status:
    return (await store.agents([name]))[name]


async def test_an_empty_store_knows_nothing(store: Store) -> None:
    assert await store.agents(["alice"]) == {}
    assert await store.waiting() == []
    assert await store.write(Turn(NOW)) == Answer()
    assert await store.write(Turn(NOW, reservation=Reservation("alice", reserved(C1, "o1")))) == Answer()


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
    alone = replace(waiting("c2", 2), agent="zoë")
    await store.write(Turn(NOW, {C1: waiting("c1"), C2: alone}, {"zoë": Changed(odd), "bob": Changed(READY)}))
    assert await store.agents(["nobody", "zoë", "bob"]) == {"zoë": odd, "bob": READY}
    assert sorted(await store.waiting(), key=lambda w: w.sequence) == [waiting("c1"), alone]


async def test_one_turn_writes_and_reserves(store: Store) -> None:
    turn = Turn(NOW, {C1: waiting("c1")}, {"alice": Changed(READY)}, Reservation("alice", reserved(C1, "o1")))
    token = (await store.write(turn)).token
    assert token is not None
    assert await status(store, "alice") == replace(reserved(C1, "o1"), token=token)
    assert (await store.write(turn)).token == token, "the same turn again, its answer lost on the way"


async def test_a_reservation_promises_agent_and_call(store: Store) -> None:
    await ready(store, "alice", "bob")
    await wait(store, "c1", "c2")
    token = await reserve(store, "alice", reserved(C1, "o1"))
    assert token is not None
    promised = replace(reserved(C1, "o1"), token=token)
    assert await status(store, "alice") == promised
    assert await reserve(store, "bob", reserved(C1, "o2")) is None, "the call is promised"
    refused = await store.write(Turn(NOW, reservation=Reservation("alice", reserved(C2, "o3"))))
    assert refused == Answer(None, {"alice": promised}), "the agent is promised, and to whom"
    assert await reserve(store, "bob", reserved(C2, "o4")) == token + 1


async def test_asking_again_for_the_same_offer_gives_the_same_token(store: Store) -> None:
    await ready(store, "alice")
    await wait(store, "c1")
    token = await reserve(store, "alice", reserved(C1, "o1"))
    assert token is not None
    assert await reserve(store, "alice", reserved(C1, "o1", now=101.0)) == token
    assert await status(store, "alice") == replace(reserved(C1, "o1", now=101.0), token=token)


@pytest.mark.parametrize("state", [state for state in AgentState if state is not AgentState.READY])
async def test_only_a_ready_agent_is_reserved(store: Store, state: AgentState) -> None:
    await save(store, "alice", Status(state))
    await wait(store, "c1")
    assert await reserve(store, "alice", reserved(C1, "o1")) is None
    assert await status(store, "alice") == Status(state)


async def test_only_a_waiting_call_is_reserved(store: Store) -> None:
    await ready(store, "alice")
    await wait(store, "c1")
    for _ in range(2):
        await store.write(Turn(NOW, calls={C1: None}))
    assert await store.write(Turn(NOW, reservation=Reservation("alice", reserved(C1, "o1")))) == Answer()
    assert await store.waiting() == []


async def test_a_released_call_can_be_reserved_again(store: Store) -> None:
    await ready(store, "alice", "bob")
    await wait(store, "c1")
    token = await reserve(store, "alice", reserved(C1, "o1"))
    assert token is not None
    ringing = replace(reserved(C1, "o1"), state=AgentState.RINGING, token=token)
    assert await save(store, "alice", ringing)
    assert await reserve(store, "bob", reserved(C1, "o2")) is None
    await wait(store, "c1")
    assert await reserve(store, "bob", reserved(C1, "o2")) is None, "a call written again stays promised"
    assert await save(store, "alice", Status(AgentState.NOT_READY, token=token), released=C1)
    second = await reserve(store, "bob", reserved(C1, "o2"))
    assert second is not None
    assert second > token


async def test_who_is_found_on_another_call_releases_the_one_he_was_offered(store: Store) -> None:
    await ready(store, "alice", "bob")
    await wait(store, "c1")
    token = await reserve(store, "alice", reserved(C1, "o1"))
    assert token is not None
    assert await save(store, "alice", Status(AgentState.TALKING, call=C2, token=token), released=C1)
    assert await reserve(store, "bob", reserved(C1, "o2")) is not None


async def test_an_old_token_writes_nothing(store: Store) -> None:
    await ready(store, "alice")
    await wait(store, "c1")
    first = await reserve(store, "alice", reserved(C1, "o1"))
    assert first is not None
    assert not await save(store, "alice", READY), "who doesn't know of the reservation may not undo it"
    assert await save(store, "alice", replace(READY, token=first), released=C1)
    second = await reserve(store, "alice", reserved(C1, "o2"))
    assert second is not None
    assert not await save(store, "alice", Status(AgentState.OFFLINE, token=first), released=C1)
    assert await status(store, "alice") == replace(reserved(C1, "o2"), token=second)


async def test_a_reservation_ends_by_itself_and_its_holder_is_fenced_off(store: Store) -> None:
    await ready(store, "alice", "bob")
    await wait(store, "c1")
    first = await reserve(store, "alice", reserved(C1, "o1", now=100.0))
    assert first is not None
    assert await reserve(store, "bob", reserved(C1, "o2", now=159.9)) is None
    assert await reserve(store, "bob", reserved(C1, "o2", now=160.0)) is not None
    slept = replace(reserved(C1, "o1"), state=AgentState.TALKING, token=first)
    assert not await save(store, "alice", slept), "the call is bob's now"
    assert await save(store, "alice", replace(READY, token=first), released=C1)
    await ready(store, "carol")
    assert await reserve(store, "carol", reserved(C1, "o3", now=161.0)) is None, "and it stays bob's"


async def test_a_promise_that_the_store_does_not_know_is_made_again(store: Store) -> None:
    """So a store that has lost everything learns of the offers that are open."""
    token = 1_700_000_000_000_000
    held = replace(reserved(C1, "o1"), token=token)
    await store.write(Turn(NOW, {C1: waiting("c1")}, {"alice": Changed(held), "bob": Changed(READY)}))
    assert await reserve(store, "bob", reserved(C1, "o2")) is None
    await wait(store, "c1", "c2")
    assert await reserve(store, "bob", reserved(C2, "o2")) == token + 1, "tokens go on from the highest known"
    assert await save(store, "alice", replace(READY, token=token), released=C1)


async def test_tokens_grow_with_time(store: Store) -> None:
    """So no token is given twice, even by a store that has lost count."""
    await ready(store, "alice")
    await wait(store, "c1")
    assert await reserve(store, "alice", reserved(C1, "o1", now=1_700_000_000.5)) == 1_700_000_000_500_000


async def test_many_at_once_never_promise_anyone_twice(engines: Callable[[], Store]) -> None:
    store = engines()
    agents = [f"agent{n}" for n in range(8)]
    calls = [CallId(f"call{n}") for n in range(8)]
    await ready(store, *agents)
    await wait(store, *calls)
    won: list[tuple[str, CallId, int]] = []

    async def engine(number: int) -> None:
        order, mine = random.Random(number), engines()
        pairs = [(a, c) for a in agents for c in calls]
        for name, call in order.sample(pairs, 40):
            token = await reserve(mine, name, reserved(call, f"o-{number}-{name}-{call}"))
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
