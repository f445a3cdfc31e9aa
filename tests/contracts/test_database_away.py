"""The database is away while calls go on, and the engine is killed meanwhile: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cti.calls import codec
from cti.calls.events import CallEvent
from demo.postgres import server
from recordings.records.fold import fold
from recordings.store import Store
from recordings.tables import calls, journal
from tests.contracts.writing import RATE, happened

PATIENCE_S = 60.0


class Engine:
    """A process that writes events down."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def said(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            return (await self._process.stdout.readline()).decode().strip()

    async def ask(self, what: str) -> int:
        """Has it do something. Returns how many rows the database has not then."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n".encode())
        return int(await self.said())

    async def kill(self) -> None:
        """kill -9."""
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()


@asynccontextmanager
async def engine(url: str, spool: Path, seconds: int) -> AsyncIterator[Engine]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.contracts.writing", url, str(spool), str(seconds),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    running = Engine(process)
    try:
        assert await running.said() == "up"
        yield running
    finally:
        if process.returncode is None:
            await running.kill()


@pytest.mark.real
@pytest.mark.parametrize("seconds", [5, pytest.param(300, marks=pytest.mark.long)])
async def test_nothing_is_lost_or_doubled(tmp_path: Path, seconds: int) -> None:
    """20 calls a second for so long, told as fast as they can be: first the database is there, then away; the
    engine is killed; the next one takes up its spool, is cut off from the database in the midst of it, and ends."""
    events = happened(seconds)
    fifth = len(events) // 5
    spool = tmp_path / "spool"
    async with server() as database:
        async with engine(database.url, spool, seconds) as first:
            await first.ask(f"put 0 {fifth}")
            assert await first.ask("drain") == 0
            await database.stop()
            assert await first.ask(f"put {fifth} {2 * fifth}") == fifth  # it takes them all the same
            await first.kill()
        await database.start()
        async with engine(database.url, spool, seconds) as second:
            await second.ask(f"put {2 * fifth} {3 * fifth}")
            await database.stop()
            assert await second.ask(f"put {3 * fifth} {4 * fifth}") >= fifth
            await database.start()
            await second.ask(f"put {4 * fifth} {len(events)}")
            assert await second.ask("drain") == 0
            await second.kill()
        async with engine(database.url, spool, seconds):
            pass
        store = await Store.open(database.url)
        async with store.connect() as connection:
            written = [codec.decode(data) for data in await connection.scalars(select(journal.c.data))]
            count = await connection.scalar(select(func.count()).select_from(calls))
        of_call: dict[str, list[CallEvent]] = defaultdict(list)
        for event in events:
            of_call[event.call].append(event)
        assert sorted(map(repr, written)) == sorted(map(repr, events))
        assert count == len(of_call) == RATE * seconds
        assert await store.unfinished() == []
        for call in (*list(of_call)[:20], *list(of_call)[-20:]):
            found = await store.call(call)
            assert found is not None
            assert (found.record, found.segments) == fold(of_call[call])
        await store.close()
