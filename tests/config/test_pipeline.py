"""`cordboard pipeline` as a process of its own: killed at each step, on a full disk, and kept alive by the server."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from config import pipeline_process, settings
from config.premises import ledger
from config.settings import Site
from cti.calls.words import CallId
from recordings.files import Files
from recordings.pipeline.queue import some_waiting, status
from recordings.records.record import Recording
from recordings.store import Store
from recordings.words import RecordingState
from tests.recordings.sounds import tone

STEM = "2026/o1"
ROOT = Path(__file__).parents[2]
STEPS = {
    "encode": "recordings.pipeline.make:_check",
    "place": "recordings.pipeline.queue:Queue.note",
    "keep": "recordings.storage.storage:Storage.put",
    "clear": "recordings.pipeline.worker:Worker._remove",
    "leave": "recordings.pipeline.queue:Queue.done",
}
"""What each step begins with."""
KILLED = """
import importlib, os, signal, sys
module, _, name = sys.argv[1].partition(":")
*outer, last = name.split(".")
owner = importlib.import_module(module)
for one in outer:
    owner = getattr(owner, one)
setattr(owner, last, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
from config.cli import app
app(["pipeline", "--once", "--site", sys.argv[2]])
"""


pytestmark = pytest.mark.real


async def until(fits: Callable[[], bool]) -> None:
    """Another process does it, and nothing tells us."""
    async with asyncio.timeout(60):
        while not fits():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.fixture
def loaded(site: Path) -> Site:
    found = settings.load(site)
    found.recordings.mkdir(parents=True, exist_ok=True)
    return found


@pytest.fixture
async def store(loaded: Site) -> AsyncIterator[Store]:
    opened = await Store.open(loaded.database, ledger(loaded, "server"))
    yield opened
    await opened.close()


async def talked(site: Site, store: Store, stem: str = STEM, seconds: float = 2.0) -> set[Path]:
    files = Files(site.recordings)
    raw = {tone(files.caller(stem), 440, seconds), tone(files.agent(stem), 880, seconds)}
    one = Recording(
        stem=stem, call=CallId("c1"), agent="bob", started_at=1.0, state=RecordingState.WHOLE, length_s=seconds,
        file=f"{stem}.wav",
    )  # fmt: skip
    await store.write([], [one])
    return raw


async def ran(*argv: str | Path, limit: Callable[[], None] | None = None) -> tuple[int, str]:
    """The exit status of a program, and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *map(str, argv), cwd=ROOT, preexec_fn=limit,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def once(site: Site, *options: str, limit: Callable[[], None] | None = None) -> tuple[int, str]:
    return await ran("-m", "config", "pipeline", "--once", "--site", site.folder, *options, limit=limit)


async def test_killed_at_every_step_it_loses_nothing(loaded: Site, store: Store) -> None:
    """One worker after the other is killed, each a step later."""
    raw = await talked(loaded, store)
    finished = loaded.recordings / f"{STEM}.mp3"
    for step, begin in STEPS.items():
        code, said = await ran("-c", KILLED, begin, loaded.folder)
        assert code == -signal.SIGKILL, said
        assert all(path.exists() for path in raw) == (step != "leave")
        assert finished.exists() == (step != "encode")
        assert await some_waiting(store)
    code, said = await once(loaded)
    assert code == 1
    assert f"{STEM}: each worker that began with it ended in the midst of it" in said
    code, said = await once(loaded, "--retry")
    assert code == 0, said
    assert not await some_waiting(store)
    assert [p.name for p in finished.parent.iterdir()] == [finished.name]
    found = await store.recording(STEM)
    assert found is not None
    assert (found.file, found.talk_over_s) == (f"{STEM}.mp3", 2.0)
    code, said = await ran("-m", "config", "ledger", "verify", "--site", loaded.folder)
    assert code == 0, said


async def test_a_full_disk_is_told_and_waited_for(loaded: Site, store: Store) -> None:
    """The kernel refuses what is written beyond so many bytes, as a full disk does."""
    raw = await talked(loaded, store, seconds=600.0)

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    code, said = await once(loaded, limit=limit)
    assert code == 1
    assert "0 finished" in said
    assert "1 wait, 0 have failed." in said
    assert said.rstrip().endswith("File too large")
    assert sorted(p.name for p in (loaded.recordings / "2026").iterdir()) == sorted(p.name for p in raw)
    now = await status(store, 0.0)
    assert (now.waiting, now.trouble) == (1, "File too large")


async def test_what_fails_is_told_and_tried_again(loaded: Site, store: Store) -> None:
    raw = await talked(loaded, store)
    for path in raw:
        path.write_bytes(b"no sound at all" * 100)
    await talked(loaded, store, "2026/o2")
    code, said = await once(loaded, "--threads", "2")
    assert code == 1
    assert "1 finished, 0.0 minutes of sound" in said
    assert f"  {STEM}: o1-caller.wav is no WAV file that can be read" in said
    assert "Mend what is wrong, then: cordboard pipeline --once --retry" in said
    for path in raw:
        tone(path, 440, 1.0)
    code, said = await once(loaded, "--retry")
    assert code == 0, said
    assert "1 that had failed are tried again." in said


async def test_the_server_starts_one_when_there_is_work_and_again_when_it_dies(
    loaded: Site, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_process, "LOOK_S", 0.05)
    monkeypatch.setattr(pipeline_process, "PAUSE_S", 0.05)
    children = Path(f"/proc/self/task/{os.getpid()}/children")

    def ours() -> set[int]:
        return {
            int(pid) for pid in children.read_text().split() if b"pipeline" in Path(f"/proc/{pid}/cmdline").read_bytes()
        }

    finished = [loaded.recordings / f"2026/o{n}.mp3" for n in (1, 2)]
    async with pipeline_process.pipeline(loaded, lambda: some_waiting(store)):
        assert ours() == set()
        await talked(loaded, store)
        await until(finished[0].exists)
        (first,) = ours()
        assert os.getpriority(os.PRIO_PROCESS, first) > os.getpriority(os.PRIO_PROCESS, 0)
        os.kill(first, signal.SIGKILL)
        await talked(loaded, store, "2026/o2")
        await until(finished[1].exists)
        (second,) = ours()
        assert second != first
    assert ours() == set()
    assert not Path(f"/proc/{second}").exists()


async def test_it_ends_with_a_server_that_is_killed(loaded: Site, store: Store) -> None:
    await talked(loaded, store)
    server = """
import asyncio, sys
from pathlib import Path
from config import pipeline_process, settings
async def main():
    async def yes(): return True
    async with pipeline_process.pipeline(settings.load(Path(sys.argv[1])), yes):
        await asyncio.Event().wait()
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", server, loaded.folder, cwd=ROOT)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    finished = loaded.recordings / f"{STEM}.mp3"
    await until(finished.exists)
    (child,) = children.read_text().split()
    process.kill()
    await process.wait()
    await until(lambda: not Path(f"/proc/{child}").exists())
