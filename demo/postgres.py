"""A PostgreSQL of our own for tests and bench, where the machine has the programs."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from demo.debian import Missing

PROGRAMS = ("initdb", "postgres")
QUICK = ("fsync=off",)
"""Settings for tests: what is written outlives the server, but not the machine."""
START_S = 60


class Postgres:
    """A server in a folder, reached by its socket there. ``start`` and ``stop`` as often as one likes."""

    def __init__(self, program: str, folder: Path, user: str | None, options: Sequence[str]) -> None:
        self._argv: list[str | Path] = [program, "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
        self._argv += [part for option in options for part in ("-c", option)]
        self.folder = folder
        self._user = user
        self._process: asyncio.subprocess.Process | None = None
        self.url = f"postgresql+asyncpg://cordboard@/postgres?host={folder}"

    async def start(self) -> None:
        """Returns when it takes connections."""
        self._process = await asyncio.create_subprocess_exec(
            *self._argv, stderr=asyncio.subprocess.PIPE, user=self._user, cwd=self.folder
        )
        stderr = self._process.stderr
        assert stderr is not None
        async with asyncio.timeout(START_S):
            while b"ready to accept connections" not in (line := await stderr.readline()):
                assert line, "PostgreSQL did not start"
        self._said = asyncio.create_task(_read(stderr))

    async def stop(self) -> None:
        """Ends it at once, whoever is connected; what was committed stays."""
        if self._process is not None:
            self._process.send_signal(_FAST)
            await self._process.wait()
            await self._said
            self._process = None


_FAST = 2
"""SIGINT: connections are cut, not waited for."""


async def _read(said: asyncio.StreamReader) -> None:
    while await said.readline():
        pass


def installed() -> dict[str, str] | None:
    """Where the programs are: on the path, or where Debian puts them; None where they are not."""
    folders = [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    found = {name: shutil.which(name, path=os.pathsep.join(folders)) for name in PROGRAMS}
    return {name: path for name, path in found.items() if path} if all(found.values()) else None


@asynccontextmanager
async def server(options: Sequence[str] = QUICK) -> AsyncIterator[Postgres]:
    """A server that runs, with an empty database. Raises Missing: there is no PostgreSQL on this machine."""
    programs = installed()
    if programs is None:
        raise Missing("There is no PostgreSQL to test with. Install one: sudo apt-get install postgresql")
    # It does not run as root; nobody may look into pytest's folders.
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="cordboard-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        made = await asyncio.create_subprocess_exec(
            programs["initdb"], "-D", folder / "data", "-U", "cordboard", "-A", "trust", "--no-sync",
            "--locale=C.UTF-8", stdout=asyncio.subprocess.DEVNULL, user=user, cwd=folder,
        )  # fmt: skip
        assert await made.wait() == 0
        running = Postgres(programs["postgres"], folder, user, options)
        await running.start()
        try:
            yield running
        finally:
            await running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
