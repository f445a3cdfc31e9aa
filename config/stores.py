"""What a site keeps, opened: its Redis, its database, its audit log."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import structlog
from redis.asyncio import Redis

from config.premises import (
    audit_secret,
    ledger,
)
from config.settings import Site
from recordings.audit.log import AuditLog
from recordings.quality.store import keep_forms
from recordings.spool import recover
from recordings.store import Store as Records
from routing.redis_server import RedisServer
from routing.store import GRACE_S, RedisStore, connect

log = structlog.get_logger()

SERVER = "server"
"""Who writes this server's entries in the ledger of recordings."""


class Stores(NamedTuple):
    """Open until the stack is left."""

    redis: Redis
    records: Records
    audit: AuditLog


async def stores(site: Site, stack: AsyncExitStack) -> Stores:
    """Opens them, and writes what an earlier run had left to write."""
    redis = await redis_of(site, stack)
    records = await _records(site, stack)
    audit = await _audit_log(site, records, stack)
    if rows := await recover(spool(site), records):
        log.info("events that an earlier run left are in the database now", rows=rows)
    return Stores(redis, records, audit)


def spool(site: Site) -> Path:
    """Where waits what is not in the database yet."""
    return site.state / "spool"


async def _records(site: Site, stack: AsyncExitStack) -> Records:
    """The site's database, which knows of its score forms; open until the stack is left."""
    records = await Records.open(site.database, ledger(site, SERVER))
    stack.push_async_callback(records.close)
    async with records.writing() as connection:
        await keep_forms(connection, site.forms.values(), time.time())
    return records


async def _audit_log(site: Site, records: Records, stack: AsyncExitStack) -> AuditLog:
    """The site's audit log, which writes until the stack is left."""
    log = AuditLog(records, audit_secret(site), site.audit_head)
    await log.start()
    stack.push_async_callback(log.stop)
    return log


async def redis_of(site: Site, stack: AsyncExitStack) -> Redis:
    """A client of the site's Redis, or of one of our own, which is started. Raises RedisServerError."""
    url = site.settings.redis
    if url is None:
        server = RedisServer(site.state / "redis")
        await server.start()
        stack.push_async_callback(server.stop)
        url = server.url
    redis = connect(url)
    stack.push_async_callback(redis.aclose)
    return redis


def live_state(site: Site, redis: Redis) -> RedisStore:
    """Routing's live state. On a server of our own there is no other engine to be waited for."""
    return RedisStore(redis, grace_s=GRACE_S if site.settings.redis else 0.0)
