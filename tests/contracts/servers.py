"""The servers that the contract is held against."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import fakeredis
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError

from demo.debian import programs
from routing.redis_server import RedisServer
from routing.store import connect

REAL = [pytest.param(name, marks=pytest.mark.real) for name in ("valkey", "debian")]
SERVERS = ["fakeredis", *REAL]


@asynccontextmanager
async def server(name: str, folder: Path) -> AsyncIterator[Redis]:
    """A client of a fresh server: in memory, the packaged Valkey, or Debian's Redis."""
    if name == "fakeredis":
        async with fakeredis.FakeAsyncRedis(server_version=(7,), decode_responses=True) as fake:
            yield fake
    elif name == "valkey":
        async with RedisServer(folder / "redis") as packaged, connect(packaged.url) as client:
            yield client
    else:
        async with _debian(folder / "redis.sock") as client:
            yield client


@asynccontextmanager
async def _debian(socket: Path) -> AsyncIterator[Redis]:
    program = programs(("redis-server",), print)["redis-server"]
    process = await asyncio.create_subprocess_exec(
        *program.argv, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(socket.parent),
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with connect(f"unix://{socket}") as client:
            async with asyncio.timeout(20):
                while True:
                    try:
                        await client.ping()
                        break
                    except ConnectionError:
                        assert process.returncode is None, "Debian's Redis did not start"
            yield client
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
