"""A PostgreSQL of our own for a test, where the machine has the programs."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from demo.debian import Missing

PROGRAMS = ("initdb", "postgres")


def installed() -> dict[str, str] | None:
    """Where the programs are: on the path, or where Debian puts them; None where they are not."""
    folders = [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    found = {name: shutil.which(name, path=os.pathsep.join(folders)) for name in PROGRAMS}
    return {name: path for name, path in found.items() if path} if all(found.values()) else None


@asynccontextmanager
async def postgres() -> AsyncIterator[str]:
    """The URL of a fresh, empty database. Raises Missing: there is no PostgreSQL on this machine."""
    programs = installed()
    if programs is None:
        raise Missing("There is no PostgreSQL to test with. Install one: sudo apt-get install postgresql")
    # It does not run as root; nobody may look into pytest's folders.
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="cordboard-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        made = await asyncio.create_subprocess_exec(
            programs["initdb"], "-D", data, "-U", "cordboard", "-A", "trust", "--no-sync", "--locale=C.UTF-8",
            stdout=asyncio.subprocess.DEVNULL, user=user, cwd=folder,
        )  # fmt: skip
        assert await made.wait() == 0
        server = await asyncio.create_subprocess_exec(
            programs["postgres"], "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off",
            stderr=asyncio.subprocess.PIPE, user=user, cwd=folder,
        )  # fmt: skip
        assert server.stderr is not None
        async with asyncio.timeout(60):
            while b"ready to accept connections" not in (line := await server.stderr.readline()):
                assert line, "PostgreSQL did not start"
        try:
            yield f"postgresql+asyncpg://cordboard@/postgres?host={folder}"
        finally:
            server.terminate()
            await server.communicate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
