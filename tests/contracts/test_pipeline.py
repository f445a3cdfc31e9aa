"""The queue of the pipeline and its worker, over SQLite and over PostgreSQL."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import delete, select

from cti.calls.words import CallId
from recordings.files import Files
from recordings.ledger.ledger import Ledger, What
from recordings.pipeline import worker as module
from recordings.pipeline.intake import forget
from recordings.pipeline.kinds import Format
from recordings.pipeline.make import Finished
from recordings.pipeline.queue import Job, Ours, Queue, some_waiting, status
from recordings.pipeline.rules import LEASE_S, MOST_TRIES, NO_ROOM_PAUSE_S, Unfit
from recordings.pipeline.worker import Worker
from recordings.records.record import Recording
from recordings.store import Store
from recordings.tables import ledger, pipeline, recordings, waveforms
from recordings.words import RecordingState
from tests.contracts.postgres import postgres
from tests.recordings.sounds import tone

NOW = 1_700_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[str]:
    async with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/cordboard.db"
    return str(request.getfixturevalue("server"))


@pytest.fixture
async def store(url: str, tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(url, Ledger(bytes(32), "pipeline-test", tmp_path))
    async with opened.writing() as connection:
        for table in (pipeline, waveforms, recordings, ledger):
            await connection.execute(delete(table))
    yield opened
    await opened.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "recordings" / "2026").mkdir(parents=True)
    return Files(tmp_path / "recordings")


def talk(name: str = "o1", state: RecordingState = RecordingState.WHOLE) -> Recording:
    return Recording(
        stem=f"2026/{name}", call=CallId("c1"), agent="bob", started_at=1.0, state=state, length_s=2.0, talk_s=2.0,
        file=f"2026/{name}.wav",
    )  # fmt: skip


async def measured(store: Store, *found: Recording) -> None:
    """As the engine writes it; the queue begins at NOW for the tests' clock."""
    await store.write([], found)
    async with store.writing() as connection:
        await connection.execute(pipeline.update().values(queued_at=NOW, due_at=NOW))


async def test_it_leads_from_the_engine_s_measure_to_a_finished_file(store: Store, files: Files) -> None:
    tone(files.caller("2026/o1"), 440, 2.0)
    tone(files.agent("2026/o1"), 880, 2.0)
    assert not await some_waiting(store)
    expected = replace(talk(), state=RecordingState.EXPECTED, length_s=None, file=None)
    await store.write([], [expected])
    assert not await some_waiting(store)
    nothing = [replace(talk(s.value), state=s, length_s=0.0) for s in (RecordingState.MISSING, RecordingState.SILENT)]
    await store.write([], [talk(), *nothing])
    assert await some_waiting(store)

    worker = Worker(Queue(store, "w"), files, Format.MP3)
    await worker.run(once=True)
    assert (worker.progress.done, worker.progress.failed, worker.progress.sound_s) == (1, 0, 2.0)
    assert not await some_waiting(store)
    found = await store.recording("2026/o1")
    assert found is not None
    assert (found.file, found.state, found.length_s) == ("2026/o1.mp3", RecordingState.WHOLE, 2.0)
    assert (found.caller_s, found.agent_s, found.silence_s, found.talk_over_s) == (2.0, 2.0, 0.0, 2.0)
    assert found.processed_at is not None
    assert [p.name for p in files.path("2026").iterdir()] == ["o1.mp3"]
    async with store.connect() as connection:
        (entry,) = await connection.execute(select(ledger).where(ledger.c.what == What.PROCESSED.value))
        (drawn,) = await connection.execute(select(waveforms))
    assert entry.stem == "2026/o1"
    assert list(entry.detail["files"]) == ["2026/o1.mp3"]
    assert entry.detail["gone"] == ["2026/o1-caller.wav", "2026/o1-agent.wav"]
    assert (len(drawn.caller), len(drawn.agent)) == (100, 100)

    # The engine did not hear that its rows were written, and writes them again.
    await store.write([], [expected, talk()])
    assert await store.recording("2026/o1") == found
    assert not await some_waiting(store)


async def test_each_is_one_worker_s_until_its_lease_is_over(store: Store, clock: Clock) -> None:
    await measured(store, *[talk(str(n)) for n in range(4)])
    queues = [Queue(store, f"w{n}", clock) for n in range(3)]
    leased = [job for job in await asyncio.gather(*(q.lease() for q in queues for _ in range(2))) if job]
    assert sorted(job.recording.stem for job in leased) == [f"2026/{n}" for n in range(4)]
    assert await queues[0].lease() is None
    first = leased[0]
    clock.now += LEASE_S - 1
    assert await queues[0].still(first) == "it is ours"
    clock.now += 2
    later = [job for _ in range(4) if (job := await queues[1].lease())]
    assert len(later) == 3
    assert [job.tries for job in later] == [2, 2, 2]
    assert first.recording.stem not in {job.recording.stem for job in later}
    assert await queues[0].still(leased[1]) == "another worker took it over"
    await queues[0].done(leased[1])  # and it is not the old one's to end
    assert (await status(store, clock.now)).waiting == 4


async def test_a_worker_that_comes_back_goes_on_at_once(store: Store, clock: Clock) -> None:
    await measured(store, talk())
    for name in ("w-1", "w-10"):
        queue = Queue(store, name, clock)
        await queue.recover()
        assert await queue.lease() is not None or name == "w-10", "another's stays leased"
    again = Queue(store, "w-1", clock)
    await again.recover()
    job = await again.lease()
    assert job is not None
    assert job.tries == 2


async def test_it_is_given_up_in_the_end_and_can_be_tried_again(store: Store, clock: Clock) -> None:
    await measured(store, talk(), talk("o2"), talk("o3"))
    queue = Queue(store, "w", clock)
    for error in (OSError("o1 changed"), Unfit("o2 is no sound"), OSError(errno.ENOSPC, "No space left on device")):
        job = await queue.lease()
        assert job is not None
        assert await queue.failed(job, error) == isinstance(error, Unfit)
    now = await status(store, clock.now + 7)
    assert (now.waiting, now.failed, now.oldest_s) == (2, 1, 7.0)
    assert now.trouble in ("o1 changed", "No space left on device")
    assert [(f.at, f.reason) for f in now.failures] == [(NOW, "o2 is no sound")]
    assert await queue.lease() is None
    clock.now += NO_ROOM_PAUSE_S
    tries = {}
    while job := await queue.lease():
        tries[job.tries] = job
    assert sorted(tries) == [1, 2], "a full disk is no try"
    for _ in range(MOST_TRIES - 2):
        clock.now += LEASE_S + 1
        assert await queue.lease()
        assert await queue.lease()
    clock.now += LEASE_S + 1
    last = await queue.lease()
    assert last is not None
    assert await queue.lease() is None
    assert await queue.failed(last, OSError("o3")) is True
    reasons = {f.reason for f in (await status(store, clock.now)).failures}
    assert {"o2 is no sound", "o3"} < reasons
    assert not await some_waiting(store)
    assert await queue.retry() == 3
    assert (await status(store, clock.now)).waiting == 3


async def test_what_is_erased_meanwhile_is_gone_for_good(
    store: Store, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    tone(files.caller("2026/o1"), 440, 1.0)
    await store.write([], [talk(), talk("o2")])
    async with store.writing() as connection:
        await connection.execute(delete(recordings).where(recordings.c.stem == "2026/o2"))

    queue = Queue(store, "w")
    really = queue.note

    async def late(job: Job, made: Finished) -> Ours:
        assert made.path.exists()
        async with store.writing() as connection:
            await connection.execute(delete(recordings).where(recordings.c.stem == job.recording.stem))
            await forget(connection, [job.recording.stem])
        return await really(job, made)

    monkeypatch.setattr(queue, "note", late)
    await Worker(queue, files, Format.WAV).run(once=True)
    assert not files.path("2026/o1.wav").exists()
    assert not await some_waiting(store)
    async with store.connect() as connection:
        assert (await connection.execute(select(waveforms))).all() == []


@pytest.mark.parametrize("step", ["keep", "note", "clear"])
async def test_it_is_taken_up_at_any_step(
    store: Store, files: Files, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """What went wrong in the midst is put right by the next try, whoever makes it."""
    tone(files.caller("2026/o1"), 440, 1.0)
    tone(files.agent("2026/o1"), 440, 1.0)
    await store.write([], [talk()])
    raw = {files.caller("2026/o1"), files.agent("2026/o1")}

    async def torn(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    def torn_too(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    clock = Clock()
    queue = Queue(store, "w", clock)
    async with store.writing() as connection:
        await connection.execute(pipeline.update().values(queued_at=NOW, due_at=NOW))
    with monkeypatch.context() as patch:
        if step == "note":
            patch.setattr(queue, "note", torn)
        if step == "clear":
            patch.setattr(module.Worker, "_remove", torn_too)
        worker = Worker(queue, files, Format.MP3, torn if step == "keep" else module.kept_here)
        await worker.run(once=True)
    assert worker.progress.tried == 1
    assert {p for p in raw if p.exists()} == raw
    assert (await status(store, clock.now)).trouble == "Input/output error"
    clock.now += 60
    second = Worker(Queue(store, "other", clock), files, Format.MP3)
    await second.run(once=True)
    assert [p.name for p in files.path("2026").iterdir()] == ["o1.mp3"]
    assert not await some_waiting(store)
    async with store.connect() as connection:
        entries = (await connection.execute(select(ledger).where(ledger.c.what == What.PROCESSED.value))).all()
    assert len(entries) == 1, "what was noted is not made again"
