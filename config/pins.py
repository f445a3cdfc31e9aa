"""Keeps the PINs of accounts, whether the server runs or not."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError

from config.settings import Site
from ivr import pins
from routing.redis_server import RedisServer
from routing.store import connect

LEAST, MOST = 4, 32
"""Digits of a PIN."""


def check(pin: str) -> str:
    """The PIN, if it is one. Raises ValueError, whose text does not have it."""
    if not (pin.isascii() and pin.isdecimal() and LEAST <= len(pin) <= MOST):
        raise ValueError(f"a PIN is {LEAST} to {MOST} digits")
    return pin


async def keep(site: Site, account: str, pin: str) -> None:
    """Gives the account this PIN from now on.

    Raises RedisError, and RedisServerError if the packaged server neither runs nor can be started.
    """
    if site.settings.redis is not None:
        async with connect(site.settings.redis) as redis:
            await pins.set_pin(redis, account, pin)
        return
    server = RedisServer(site.state / "redis")
    async with Redis.from_url(server.url, retry=Retry(NoBackoff(), 0)) as running:
        try:
            await running.ping()
        except ConnectionError:
            pass
        else:
            await pins.set_pin(running, account, pin)
            return
    async with server, connect(server.url) as redis:
        await pins.set_pin(redis, account, pin)
