"""What a Redis store does about a server that has lost something, is another one, or hears things late."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from cti.calls.words import AgentState, CallId, OfferId
from routing.agents import Status
from routing.queues import Needs, Waiting
from routing.redis_server import RedisServer
from routing.store import GRACE_S, Answer, Changed, RedisStore, Reservation, StoreLost, Turn, connect
from tests.contracts.servers import SERVERS, server

NOW = 1000.0
C1 = CallId("c1")
READY = Changed(Status(AgentState.READY))
CALLS = {C1: Waiting(C1, "orders", Needs(), 0, NOW, 1)}


@pytest.fixture(params=SERVERS)
async def redis(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Redis]:
    async with server(request.param, tmp_path) as client:
        yield client


def wanted(now: float = NOW) -> Reservation:
    status = Status(AgentState.RESERVED, since=now, call=C1, offer=OfferId("o1"), queue="orders", until=now + 18)
    return Reservation("alice", status)


async def test_a_loss_is_told_once_and_nothing_is_written(redis: Redis) -> None:
    store, other = RedisStore(redis), RedisStore(redis)
    await store.write(Turn(NOW, CALLS, {"alice": READY}))
    await other.write(Turn(NOW))
    await redis.flushall()
    with pytest.raises(StoreLost):
        await store.write(Turn(NOW, CALLS, {"bob": READY}))
    assert await store.agents(["alice", "bob"]) == {}
    assert await store.waiting() == []
    assert (await store.write(Turn(NOW, CALLS, {"alice": READY}, wanted()))).token
    with pytest.raises(StoreLost):
        await other.write(Turn(NOW))


async def test_lost_writes_are_noticed_though_others_have_written_since(redis: Redis) -> None:
    store, other = RedisStore(redis), RedisStore(redis)
    await store.write(Turn(NOW))
    (mine,) = [key async for key in redis.scan_iter("cordboard:turn:*")]
    before: Any = await redis.get(mine)
    await store.write(Turn(NOW, CALLS))
    await redis.set(mine, before)
    for _ in range(5):
        await other.write(Turn(NOW))
    with pytest.raises(StoreLost):
        await store.write(Turn(NOW))


async def test_an_empty_server_reserves_nobody_until_all_have_written(redis: Redis) -> None:
    store = RedisStore(redis, grace_s=GRACE_S)
    turn = Turn(NOW, CALLS, {"alice": READY}, wanted())
    assert await store.write(turn) == Answer(closed_until=NOW + GRACE_S)
    assert (await store.agents(["alice"]))["alice"].state is AgentState.READY, "all else is written"
    assert await store.write(replace(turn, at=NOW + 9.9)) == Answer(closed_until=NOW + GRACE_S)
    later = NOW + GRACE_S
    assert (await store.write(Turn(later, reservation=wanted(later)))).token == later * 1_000_000


async def test_what_is_heard_late_changes_nothing(redis: Redis) -> None:
    """A request that was held up on the way, and sent again; then the engine went on."""
    store = RedisStore(redis)
    sent: list[dict[str, Any]] = []
    run = store._turn

    async def keeping(**request: Any) -> Any:
        sent.append(request)
        return await run(**request)

    store._turn = keeping  # type: ignore[assignment]
    await store.write(Turn(NOW, CALLS, {"alice": READY}))
    token = (await store.write(Turn(NOW, reservation=wanted()))).token
    assert token is not None
    assert await run(**sent[-1]) == [str(token), None], "the same turn twice is the same turn"
    away = Status(AgentState.NOT_READY, token=token)
    await store.write(Turn(NOW, {C1: None}, {"alice": Changed(away)}))
    for request in sent[:-1]:
        assert await run(**request) == "old"
    assert await store.agents(["alice"]) == {"alice": away}
    assert await store.waiting() == []


@pytest.mark.real
async def test_a_server_that_died_is_another_server(tmp_path: Path) -> None:
    async with RedisServer(tmp_path / "redis") as packaged, connect(packaged.url) as client:
        store = RedisStore(client, grace_s=GRACE_S)
        await store.write(Turn(NOW, CALLS, {"alice": READY}))
        assert packaged.pid is not None
        os.kill(packaged.pid, signal.SIGKILL)
        later = NOW + GRACE_S
        closed = await store.write(Turn(later, reservation=wanted(later)))
        assert closed == Answer(closed_until=later + GRACE_S)
        assert (await store.agents(["alice"])) == {"alice": READY.status}, "what it acknowledged it still has"
