"""Two thousand agents' desks and three boards, while calls come: how soon each shows what happened.

The desks are in a process of their own. They don't log in: a password is slow to check on purpose, so
their tokens are made here with the site's own secret. A fourth board never reads what it is sent; it
must be given a snapshot in the end, and hold up nobody.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.desk_clients import READY, Heard
from bench.figures import percentile
from bench.load import Load, Tally
from bench.processes import last_words, program
from bench.server import BOSS, ServerFailed
from bench.targets import AGENTS, Cordboard
from config.files.people import mark_of
from cti.access import Gate, Person, Role
from cti.sessions import SessionFolder

DESKS = 2000
BOARDS = 3
CALLS = 400
COMING_S = 120.0
LEAVING_S = 60.0
IDLE_S = 5.0
"""How long the desks are looked at while nothing happens."""
SETTLE_S = 1.5


@dataclass(frozen=True, slots=True)
class Desks:
    """What was measured. Milliseconds are one for each message (agents) or row (boards); the engine's
    CPU is in seconds: ``cpu_s`` while ``calls`` calls came, ``idle_cpu_s`` in IDLE_S."""

    tally: Tally
    calls: int
    agents_ms: list[float]
    boards_ms: list[float]
    cpu_s: float
    idle_cpu_s: float
    slow: str

    @property
    def cpu_ms_per_call(self) -> float:
        return self.cpu_s * 1000 / self.calls

    def figures(self, engine_ms_alone: float) -> dict[str, float]:
        """By name; ``engine_ms_alone`` is what a call costs the engine with one board and no desk."""
        return {
            "event_to_screen_p50_ms": percentile(self.agents_ms, 50),
            "event_to_screen_p99_ms": percentile(self.agents_ms, 99),
            "board_p50_ms": percentile(self.boards_ms, 50),
            "board_p99_ms": percentile(self.boards_ms, 99),
            "desks_cpu_ms_per_call": self.cpu_ms_per_call - engine_ms_alone,
            "desks_idle_cpu_percent": self.idle_cpu_s / IDLE_S * 100,
        }


async def measure(ours: Cordboard, load: Load, folder: Path) -> Desks:
    """Calls come to ``ours`` while the desks look on. Raises ServerFailed: a desk was cut off, or the
    one that does not read was sent message after message."""
    await asyncio.to_thread(folder.mkdir)
    log = folder / "desks.log"
    async with _desks(ours, folder, log) as stop:
        before = ours.cpu_s()["engine"]
        await asyncio.sleep(IDLE_S)
        idle = ours.cpu_s()["engine"] - before
        tally = await load.run(ours.sip, CALLS)
        await asyncio.sleep(SETTLE_S)
        used = ours.cpu_s()["engine"] - before - idle
        heard = await stop()
    if heard.closed or heard.slow == "changes" or not (heard.agents and heard.boards):
        raise ServerFailed(
            f"{heard.closed} desks were cut off, {len(heard.agents)} messages came to agents; the desk that did "
            f"not read was sent {heard.slow}. The desks' last words: {last_words(log)}"
        )
    agents_ms, boards_ms = ([ms for _, ms in late] for late in (heard.agents, heard.boards))
    return Desks(tally, CALLS, agents_ms, boards_ms, used, idle, heard.slow)


def tokens(site: Path) -> Mapping[str, list[str]]:
    """Tokens of agents and of the boards' supervisor, made with the secret of the site in ``site``."""
    secret = bytes.fromhex((site / "var" / "state" / "token-secret").read_text(encoding="ascii").strip())
    gate, sessions = Gate(secret, {}), SessionFolder(site / "var" / "state" / "sessions", secret)
    hashed = re.search(r"\$argon2\S+", (site / "people.yaml").read_text(encoding="utf-8"))
    assert hashed is not None
    mark = mark_of(hashed[0])

    def token(name: str, role: Role) -> str:
        person = Person(name, role, password_mark=mark)
        return gate.token(person, session=sessions.begin(person, "", "").id)

    boss = token(BOSS, Role.SUPERVISOR)
    return {
        "agents": [token(name, Role.AGENT) for name in AGENTS[:DESKS]],
        "boards": [boss] * BOARDS,
    }


@asynccontextmanager
async def _desks(ours: Cordboard, folder: Path, log: Path) -> AsyncIterator[Callable[[], Awaitable[Heard]]]:
    """All desks, connected; gives what stops them and tells what they heard. Raises ServerFailed."""
    url = f"{ours.server.desk.base_url}".replace("http", "ws", 1).rstrip("/") + "/ws"
    file, result = folder / "desks.json", folder / "heard.json"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as opened:
        json.dump({"url": url, **tokens(ours.site)}, opened)
    argv = [sys.executable, "-m", "bench.desk_clients", str(file), str(result)]
    async with program(argv, log, talks=True) as clients:
        assert clients.stdout is not None
        said = b""
        with suppress(TimeoutError):
            said = await asyncio.wait_for(clients.stdout.readline(), COMING_S)
        if said.decode().strip() != READY:
            raise ServerFailed(f"The desks did not all connect. Their last words: {last_words(log)}")

        async def stop() -> Heard:
            clients.terminate()
            try:
                await asyncio.wait_for(clients.wait(), LEAVING_S)
                return Heard(**json.loads(await asyncio.to_thread(result.read_text, "ascii")))
            except (TimeoutError, OSError):
                raise ServerFailed(f"The desks did not end. Their last words: {last_words(log)}") from None

        yield stop
