"""Webhooks are told every event of every call, in order, whatever they and we do meanwhile."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cti.calls.events import AgentChanged, Answered, Arrived, Digit, Ended, Event
from cti.calls.words import AgentState, CallId, Party
from recordings.store import JournalRow, Store
from recordings.webhooks.courier import OLDEST_S, ROWS, Courier

NOW = 2_000_000_000.0


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'calls.db'}")
    yield store
    await store.close()


class Target:
    """What a webhook was told. It takes nothing of the next ``refuses`` bodies."""

    def __init__(self, refuses: int = 0) -> None:
        self.refuses = refuses
        self.events: list[dict[str, Any]] = []
        self._news = asyncio.Condition()

    async def take(self, body: bytes) -> bool:
        if self.refuses:
            self.refuses -= 1
            return False
        self.events += json.loads(body)["events"]
        async with self._news:
            self._news.notify_all()
        return True

    async def until(self, count: int) -> list[tuple[str, str]]:
        """Kinds and calls of what it was told, as soon as there is so much."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: len(self.events) >= count)
        return [(event["kind"], event["call"]) for event in self.events]


_numbers = iter(range(1, 1_000_000))


async def write(store: Store, *events: Event) -> None:
    await store.write([JournalRow("run", next(_numbers), event) for event in events])


def story(name: str, at: float = NOW) -> Sequence[Event]:
    call = CallId(name)
    return (
        Arrived(call=call, at=at, channel="PJSIP/x-1", uniqueid="1", caller="5550123", caller_name="", dialled="100"),
        Digit(call=call, at=at, digit="7"),
        AgentChanged(at=at, agent="ann", state=AgentState.READY),
        Answered(call=call, at=at),
        Ended(call=call, at=at, by=Party.CALLER),
    )


async def so(look: Callable[[], bool]) -> None:
    """Returns when it is so: what no event tells."""
    async with asyncio.timeout(10):
        while not look():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


TOLD = ("Arrived", "Answered", "Ended")


def told(*calls: str) -> list[tuple[str, str]]:
    return [(kind, call) for call in calls for kind in TOLD]


@asynccontextmanager
async def running(journal: Store, target: Target, file: Path, now: float = NOW) -> AsyncIterator[Courier]:
    """A courier at work; at the end it is cut off where it stands."""
    courier = Courier("crm", target.take, journal, file, clock=lambda: now, pause_s=0.01)
    task = asyncio.create_task(courier.run())
    try:
        yield courier
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file of a target that has seen nothing yet."""
    file = tmp_path / "webhooks" / "crm"
    file.parent.mkdir()
    file.write_text("0")
    return file


async def test_call_events_in_order_without_keys_and_agents(journal: Store, place: Path) -> None:
    target = Target()
    async with running(journal, target, place) as courier:
        await write(journal, *story("a"))
        courier.wake()
        assert await target.until(3) == told("a")
        await write(journal, *story("b"))
        courier.wake()
        assert await target.until(6) == told("a", "b")
    seqs = [event["seq"] for event in target.events]
    assert seqs == sorted(set(seqs))
    assert target.events[0]["caller"] == "5550123"


async def test_a_new_target_is_told_from_now_on(journal: Store, tmp_path: Path) -> None:
    await write(journal, *story("before"))
    target, file = Target(), tmp_path / "webhooks" / "crm"
    async with running(journal, target, file) as courier:
        await so(file.exists)
        await write(journal, *story("after"))
        courier.wake()
        assert await target.until(3) == told("after")


async def test_a_target_that_refuses_is_told_again_and_misses_nothing(journal: Store, place: Path) -> None:
    await write(journal, *story("a"), *story("b"))
    target = Target(refuses=3)
    async with running(journal, target, place) as courier:
        assert await target.until(6) == told("a", "b")
        assert courier.refused == 3


async def test_how_far_behind_it_is(journal: Store, place: Path) -> None:
    await write(journal, *story("a", at=NOW - 60))
    tried, answer = asyncio.Event(), asyncio.Event()

    async def slow(body: bytes) -> bool:
        tried.set()
        return await answer.wait()

    courier = Courier("crm", slow, journal, place, clock=lambda: NOW)
    assert courier.behind_s == 0.0
    task = asyncio.create_task(courier.run())
    await tried.wait()
    assert courier.behind_s == 60.0
    answer.set()
    await so(lambda: not courier.behind_s)
    task.cancel()
    await asyncio.wait({task})


async def test_a_restart_goes_on_where_it_was(journal: Store, place: Path) -> None:
    dead = Target(refuses=1_000_000)
    await write(journal, *story("a"))
    async with running(journal, dead, place):
        await so(lambda: dead.refuses < 1_000_000)
    target = Target()
    await write(journal, *story("b"))
    async with running(journal, target, place):
        assert await target.until(6) == told("a", "b")


async def test_what_was_told_is_not_told_by_the_next_run(journal: Store, place: Path) -> None:
    first, second = Target(), Target()
    await write(journal, *story("a"))
    async with running(journal, first, place):
        await first.until(3)
        await so(lambda: place.read_text() != "0")
    await write(journal, *story("b"))
    async with running(journal, second, place):
        assert await second.until(3) == told("b")


async def test_more_than_one_batch(journal: Store, place: Path) -> None:
    names = [f"c{number}" for number in range(ROWS)]
    await write(journal, *(event for name in names for event in story(name)))
    target = Target()
    async with running(journal, target, place):
        assert await target.until(3 * ROWS) == told(*names)


async def test_what_is_a_day_old_is_not_told(journal: Store, place: Path) -> None:
    await write(journal, *story("old", at=NOW - OLDEST_S - 1), *story("new"))
    target = Target()
    async with running(journal, target, place):
        assert await target.until(3) == told("new")


@pytest.mark.parametrize("broken", ["", "x", "1.5"])
async def test_a_broken_place_is_begun_anew(journal: Store, place: Path, broken: str) -> None:
    place.write_text(broken)
    target = Target()
    async with running(journal, target, place) as courier:
        await so(lambda: place.read_text() != broken)
        await write(journal, *story("a"))
        courier.wake()
        assert await target.until(3) == told("a")


PROGRAM = """
import asyncio, sys
from pathlib import Path
from recordings.webhooks.courier import Courier
from recordings.store import Store

async def deliver(body):
    print(body.decode(), flush=True)
    return (await asyncio.to_thread(sys.stdin.readline)) == "taken\\n"

async def main():
    store = await Store.open(sys.argv[1])
    await Courier("crm", deliver, store, Path(sys.argv[2]), clock=lambda: float(sys.argv[3])).run()

asyncio.run(main())
"""


@asynccontextmanager
async def killed_at_the_end(database: Path, place: Path) -> AsyncIterator[Process]:
    """A process that prints what it tells, and takes ``taken`` for an answer."""
    arguments = [f"sqlite+aiosqlite:///{database}", str(place), str(NOW)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, *arguments, stdin=PIPE, stdout=PIPE, limit=1 << 20
    )
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def told_by(process: Process) -> list[tuple[str, str]]:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = await process.stdout.readline()
    return [(event["kind"], event["call"]) for event in json.loads(line)["events"]]


async def takes(process: Process, place: Path) -> None:
    """Takes what it was told; returns when that is written down."""
    assert process.stdin is not None
    before = place.read_text()
    process.stdin.write(b"taken\n")
    await so(lambda: place.read_text() != before)


async def test_killed_in_the_midst_it_leaves_nothing_out(journal: Store, place: Path, tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(ROWS // 2)]
    await write(journal, *(event for name in names for event in story(name)))
    taken: list[tuple[str, str]] = []
    async with killed_at_the_end(tmp_path / "calls.db", place) as process:
        taken += await told_by(process)
        await takes(process, place)
        not_taken = await told_by(process)
    while len(taken) < 3 * len(names):
        async with killed_at_the_end(tmp_path / "calls.db", place) as process:
            again = await told_by(process)
            assert again[: len(not_taken)] == not_taken
            not_taken = []
            taken += again
            await takes(process, place)
    assert taken == told(*names)
