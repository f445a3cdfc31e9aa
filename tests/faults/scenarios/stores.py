"""What Cordboard keeps is away, forgets, or cannot be written."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy.engine import make_url

from tests.faults import reading
from tests.faults.accounts import Allowed
from tests.faults.crowd import Kind
from tests.faults.scenarios.fault import Fault
from tests.faults.world import World

AWAY_S = 60
BLOCKED_S = 12


async def store_forgets(world: World) -> str:
    """As a replica that had not been told of the last writes, at its worst: of any."""
    socket = world.stage.site.state / "redis" / "redis.sock"
    async with Redis(unix_socket_path=str(socket)) as redis:
        await redis.flushall()
    return "Valkey lost all that was in it"


async def database_away(world: World) -> str:
    """Somebody else holds it: nothing can be read or written."""
    path = make_url(world.stage.site.database).database
    assert path is not None
    await asyncio.to_thread(_held, Path(path))
    world.back_at = time.time()
    return f"the database locked for {AWAY_S} s"


def _held(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(AWAY_S)
        connection.execute("ROLLBACK")


async def folder_blocked(world: World) -> str:
    """Nothing can be made in the year's folder: there is a file in its place. root may write into any folder."""
    year = world.stage.site.recordings / datetime.now(UTC).strftime("%Y")
    aside = year.with_name("aside")
    if year.exists():
        year.rename(aside)
    year.touch()
    await asyncio.sleep(BLOCKED_S)
    year.unlink()
    if aside.exists():
        aside.rename(year)
    return f"for {BLOCKED_S} s no recording could be made"


async def some_missing(world: World) -> list[str]:
    """Asterisk says yes to each recording; the ledger must not."""
    _, sounds = await reading.ours(world.stage.site.database, world.stage.site.recordings)
    missing = [sound.stem for sound in sounds if sound.state == "missing"]
    return [] if missing else ["N4: no recording is said to be missing"]


STORES = (
    Fault(16, "the live state is lost", "made again from what is known; nobody is asked twice; N2", store_forgets),
    Fault(17, "the database is away", "calls go on; what is to be written waits; N3", database_away, stay_s=80.0),
    Fault(
        20, "the recordings folder cannot be written", "calls go on; each such recording is said to be missing",
        folder_blocked, crowd={Kind.TALK: 4, Kind.QUEUE: 1}, while_coming=True, allowed=Allowed(sound=True),
        look=some_missing, stay_s=20.0,
    ),
)  # fmt: skip
