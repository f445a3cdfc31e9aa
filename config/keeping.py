"""The store of recordings at work in the server: heard, kept for their time, held, erased."""

from __future__ import annotations

import asyncio
import math
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Gauge

from config.board import LOOK_S
from config.customers import Customers
from config.erasing import erasing
from config.live import Forget
from config.premises import audit_secret
from config.settings import Site
from config.storage import storage
from recordings.storage.api import Erase, routes
from recordings.storage.life import Life
from recordings.storage.room import Room
from recordings.storage.storage import Storage
from recordings.store import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The store, the routes of holds and erasures, what erases, and how much room there is for recordings."""

    storage: Storage
    routers: Sequence[APIRouter]
    erase: Erase
    room: Room


@asynccontextmanager
async def keeping(
    site: Site, records: Store, customers: Customers, forget: Forget, registry: CollectorRegistry
) -> AsyncIterator[Keeping]:
    """Deletes what is over and watches the disk, until the end of the block. Raises CannotStart."""
    store = storage(site, records)
    life = Life(records, store, [rule.rule() for rule in site.settings.retention])
    erase = erasing(site, records, customers.store, life, audit_secret(site), customers.callers.changed, forget)
    room = Room()
    tasks = (
        asyncio.create_task(life.run(time.time), name="retention"),
        asyncio.create_task(_watch(site.recordings, room, registry), name="room for recordings"),
    )
    try:
        yield Keeping(store, (routes(records, erase),), erase, room)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(folder: Path, room: Room, registry: CollectorRegistry) -> None:
    """Looks at the disk until cancelled."""
    free = Gauge("cordboard_recordings_free_bytes", "Free on the disk of the recordings folder", registry=registry)
    left = Gauge("cordboard_recordings_room_seconds", "How long that lasts as the last day went", registry=registry)
    left.set_function(lambda: math.inf if room.left_s is None else room.left_s)
    free.set_function(lambda: math.nan if room.free is None else room.free)
    while True:
        try:
            usage, was = await asyncio.to_thread(shutil.disk_usage, folder), room.full
            room.seen(usage.free, time.time())
            if room.full is not was:
                say = log.error if room.full else log.info
                say("room for recordings", free=usage.free, talks="not recorded" if room.full else "recorded")
        except OSError as error:
            log.warning("the disk of the recordings folder cannot be looked at", error=error.strerror)
        await asyncio.sleep(LOOK_S)
