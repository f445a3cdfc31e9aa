from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from routing import redis_server
from routing.redis_server import RedisServer, RedisServerError
from routing.store import connect

pytestmark = pytest.mark.real


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_it_starts_answers_keeps_its_data_and_stops(tmp_path: Path) -> None:
    for expected in (None, "kept"):
        async with RedisServer(tmp_path / "redis") as server:
            pid = server.pid
            async with connect(server.url) as client:
                assert await client.get("key") == expected
                await client.set("key", "kept")
        assert server.pid is None
        assert pid is not None
        assert not alive(pid)
        await server.stop()


async def test_one_that_dies_is_started_again_with_its_data(tmp_path: Path) -> None:
    async with RedisServer(tmp_path / "redis") as server, connect(server.url) as client:
        await client.set("key", "kept")
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert await client.get("key") == "kept"
        assert server.pid not in (None, first)


async def test_a_long_path_will_do(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 20) / ("deeper" * 20)
    async with RedisServer(folder) as server, connect(server.url) as client:
        assert await client.ping()
        assert RedisServer(folder).url == server.url, "other programs find it"
    assert RedisServer(folder).url != server.url


async def test_a_second_one_on_the_same_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "STOP_S", 0.1)
    async with RedisServer(tmp_path / "redis"):
        with pytest.raises(RedisServerError, match="in use"):
            await RedisServer(tmp_path / "redis").start()


async def test_a_ruined_file_is_told_with_the_servers_own_words(tmp_path: Path) -> None:
    async with RedisServer(tmp_path / "redis"):
        pass
    (manifest,) = (tmp_path / "redis" / "appendonlydir").glob("*.manifest")
    manifest.write_text("nonsense\n")
    with pytest.raises(RedisServerError, match="manifest"):
        await RedisServer(tmp_path / "redis").start()


async def test_a_folder_that_cant_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RedisServerError, match="can't be kept"):
        await RedisServer(tmp_path / "file" / "redis").start()


PROGRAM = """
import asyncio, sys
from pathlib import Path
from routing.redis_server import RedisServer
async def main():
    async with RedisServer(Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
async def test_a_killed_program_leaves_no_server_behind(tmp_path: Path) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(tmp_path / "redis"), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    pid = int(await program.stdout.readline())
    assert alive(pid)
    program.kill()
    await program.wait()
    # The next program gets the folder when the server has let go of it, and not before.
    async with RedisServer(tmp_path / "redis") as server:
        assert server.pid is not None
        assert not alive(pid)
