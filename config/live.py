"""How a customer is taken out of a site's live state."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.settings import Site
from config.stores import live_state, redis_of
from cti.calls.events import CallbackOver
from cti.calls.part import Ask, Output
from routing import callbacks
from routing.handler import RoutingPart
from routing.store import Turn

Forget = Callable[[Collection[str]], Awaitable[int]]
"""Gives up all callbacks to these numbers; how many there were. Raises StoreDown."""


def forgetting(site: Site, redis: Redis, routing: RoutingPart, ask: Ask) -> Forget:
    """In the running server."""

    async def forget(numbers: Collection[str]) -> int:
        given_up = 0

        async def work(now: float) -> Sequence[Output]:
            nonlocal given_up
            out = await routing.forget(numbers, now)
            given_up = sum(isinstance(output, CallbackOver) for output in out)
            return out

        await ask(work)
        await _written_anew(site, redis)
        return given_up

    return forget


def forgetting_alone(site: Site) -> Forget:
    """Where no server runs on the site. Raises RedisServerError, too."""

    async def forget(numbers: Collection[str]) -> int:
        async with AsyncExitStack() as stack:
            redis = await redis_of(site, stack)
            store = live_state(site, redis)
            his = [w.call for w in await store.waiting() if callbacks.is_one(w) and w.number in numbers]
            await store.write(Turn(time.time(), dict.fromkeys(his)))
            await _written_anew(site, redis)
            return len(his)

    return forget


async def _written_anew(site: Site, redis: Redis) -> None:
    """What is gone stands on in the file of our own server until that is written anew, which it may just do."""
    if site.settings.redis is None:
        with suppress(RedisError):
            await redis.bgrewriteaof()
