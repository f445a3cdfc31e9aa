"""The database commits, and its answer is lost on the way."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from demo.debian import Missing
from demo.postgres import server
from tests.faults.scenarios.fault import Fault
from tests.faults.world import Broken, Setting, World

SOCKET = ".s.PGSQL.5432"
JOURNAL, COMMIT = b'COPY "journal"', b"COMMIT;\0"
COMMITTED = b"COMMIT\0"
"""The end of PostgreSQL's answer to it."""
SHARE = 0.3
LIMIT = 2**16


class Relay:
    """Between Cordboard and its PostgreSQL. ``losing``: of the commits on connections that write the journal, a
    share is carried out, and the connection breaks before the answer."""

    def __init__(self) -> None:
        self.losing = False
        self.lost = 0
        self.chance = random.Random()

    @asynccontextmanager
    async def before(self, socket: Path, folder: Path) -> AsyncIterator[None]:
        """Listens in ``folder`` as the server at ``socket`` does in its own."""
        listening = await asyncio.start_unix_server(partial(self._relay, socket), folder / SOCKET)
        try:
            yield
        finally:
            listening.close()

    async def _relay(self, socket: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(socket)
        line = _Line(self)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass(reader, up_writer, line.asked))
                both.create_task(_pass(up_reader, writer, line.answered))
        except* OSError:
            pass
        finally:
            for end in (writer, up_writer):
                end.transport.abort()


class _Line:
    """One connection."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._writes = False
        self._lose = False

    def asked(self, said: bytes) -> None:
        relay = self._relay
        self._writes = self._writes or JOURNAL in said
        self._lose = self._writes and relay.losing and COMMIT in said and relay.chance.random() < SHARE

    def answered(self, said: bytes) -> None:
        """Raises ConnectionResetError: this is the answer to be lost."""
        if self._lose and COMMITTED in said:
            self._relay.lost += 1
            raise ConnectionResetError


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look: Callable[[bytes], None]) -> None:
    while said := await reader.read(LIMIT):
        look(said)
        writer.write(said)
        await writer.drain()
    raise ConnectionResetError


RELAY = Relay()


@asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[Mapping[str, Any]]:
    """The site's database is a PostgreSQL behind the relay. Raises Broken: there is none on this machine."""
    try:
        async with server() as database, RELAY.before(Path(database.folder) / SOCKET, folder):
            yield {"database": database.url.replace(str(database.folder), str(folder))}
    except Missing as error:
        raise Broken(str(error)) from None


async def lose_answers(world: World) -> str:
    """Until the last caller has gone, and his record is written."""
    RELAY.chance, RELAY.lost, RELAY.losing = world.chance, 0, True
    await world.gone()
    RELAY.losing = False
    if not RELAY.lost:
        raise Broken("no answer was lost")
    return f"{RELAY.lost} times the journal was committed, and the connection broke before the answer"


async def once(world: World) -> list[str]:
    """Each row of the journal is there once, and the ledger's chain is whole."""
    engine = create_async_engine(world.stage.site.database)
    asked = "SELECT kind, call, count(*) AS times FROM journal GROUP BY kind, call, at, data::text HAVING count(*) > 1"
    try:
        async with engine.connect() as connection:
            double = list(await connection.execute(text(asked)))
    finally:
        await engine.dispose()
    verify = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "config", "ledger", "verify", "--site", str(world.stage.site.folder)),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await verify.communicate()
    wrong = [f"the ledger: {said.decode().strip()[-300:]}"] if verify.returncode else []
    return [f"N3: {row.kind} of {row.call} is {row.times} times in the journal" for row in double] + wrong


ANSWERS = (
    Fault(
        18, "the database commits, and its answer is lost", "what is told again is there once; N3", lose_answers,
        while_coming=True, look=once, stay_s=15.0, rate=4.0, setting=Setting(stores=postgres),
    ),
)  # fmt: skip
