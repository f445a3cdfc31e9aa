"""What a newcomer does first: ``make run``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

REPO = Path(__file__).parents[2]


def children(pid: int) -> set[int]:
    """All processes that come of ``pid``."""
    found = {int(c) for task in Path(f"/proc/{pid}/task").iterdir() for c in (task / "children").read_text().split()}
    return found.union(*(children(child) for child in found))


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " not in stat.read_text()


async def test_the_demo_tells_a_call_and_ends_with_all_it_started(tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "demo.run",
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(REPO)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert demo.stdout is not None
    said = ""
    try:
        async with asyncio.timeout(90):
            while "Ctrl-C stops everything." not in said:
                line = await demo.stdout.readline()
                assert line, f"the demo ended:\n{said}"
                said += line.decode()
        for told in ("5550123 calls 100", "the agent's phone rings", "caller and alice talk", "recording  whole"):
            assert told in said
        call = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "demo.call",
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(REPO)}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        again, _ = await asyncio.wait_for(call.communicate(), 60)
        assert call.returncode == 0, again.decode()
        started = children(demo.pid)
        assert len(started) >= 2  # Asterisk and Valkey
        demo.send_signal(signal.SIGINT)
        rest, _ = await asyncio.wait_for(demo.communicate(), 30)
        assert demo.returncode == 0
        assert "5550199 calls 100" in rest.decode()
        assert not [pid for pid in started if alive(pid)]
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()
