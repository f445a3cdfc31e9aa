"""A whole call, with the live state where it is kept."""

from __future__ import annotations

import fakeredis

from routing.handler import BEAT_S
from routing.store import RedisStore
from tests.routing.line import Line
from tests.routing.test_handler import SCENARIOS


async def test_a_whole_call_over_redis() -> None:
    async with fakeredis.FakeAsyncRedis(server_version=(7,), decode_responses=True) as redis:
        store = RedisStore(redis, prefix="site")
        line = Line(store)
        await line.start()
        for step, expected in SCENARIOS["everything is told twice"]:
            assert await line.do(step) == expected
            await line.wait(BEAT_S)
            assert await store.agents(line.part.floor.agents) == line.part.floor.crew.statuses
            assert {waiting.call: waiting for waiting in await store.waiting()} == line.part.floor.room.calls
