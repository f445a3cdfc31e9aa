"""Cordboard as a process of its own, with all its agents ready."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pwdlib import PasswordHash
from ruamel.yaml import YAML
from websockets.asyncio.client import ClientConnection, connect

from bench.cpu import children
from bench.processes import last_words, program
from cti.access import COOKIE
from demo.stage import make_site

BOSS = "boss"
QUEUE = "orders"
FLOW = f"start: wait\nnodes:\n  wait: {{queue: {QUEUE}}}\n"
QUEUES = f"queues:\n  {QUEUE}: {{skills: {{orders: 3}}, ring: 15s, wrap_up: 0s, record: true}}\n"
START_S = 30.0
AT_ONCE = 8
UP = "Cordboard is up: "


class ServerFailed(Exception):
    """Cordboard did not start, or did not do what was asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """Cordboard's own process and that of the Valkey it runs; ``desk`` is a supervisor's log-in."""

    pid: int
    valkey: int
    desk: httpx.AsyncClient

    async def put(self, agents: Iterable[str], state: str) -> None:
        """Has all agents go into a state, such as ``ready``."""
        left = iter(agents)

        async def some() -> None:
            for name in left:
                (await self.desk.post(f"/api/agents/{name}/state", json={"state": state})).raise_for_status()

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))


def write_site(folder: Path, agents: Iterable[str]) -> str:
    """A site where whoever calls waits for one of ``agents`` at once, nothing is said and each talk
    is recorded. Returns the supervisor's password."""
    make_site(folder)
    password = secrets.token_urlsafe(9)
    hashed = PasswordHash.recommended().hash(password)
    people = {
        name: {"role": "agent", "phone": f"PJSIP/{name}", "skills": {"orders": 5}, "password": hashed}
        for name in agents
    }
    people[BOSS] = {"role": "supervisor", "password": hashed}
    YAML().dump({"people": people}, folder / "people.yaml")
    (folder / "queues.yaml").write_text(QUEUES, encoding="utf-8")
    for shipped in (folder / "quality.yaml", *(folder / "flows").iterdir()):
        shipped.unlink()
    (folder / "flows" / "main.yaml").write_text(FLOW, encoding="utf-8")
    return password


@asynccontextmanager
async def server(site: Path, password: str, agents: Iterable[str], log: Path) -> AsyncIterator[Server]:
    """Runs Cordboard on ``site``, makes all agents ready, and keeps a supervisor's page open: its
    feed is read to the end. Raises ServerFailed."""
    argv = [sys.executable, "-m", "config", "run", "--site", str(site)]
    async with program(argv, log, talks=True) as process:
        url = await _url(process, log)
        async with httpx.AsyncClient(base_url=url, timeout=START_S) as desk:
            await _healthy(desk)
            (await desk.post("/api/login", json={"name": BOSS, "password": password})).raise_for_status()
            valkey = next((child.pid for child in children(process.pid) if "valkey" in child.name), None)
            if valkey is None:
                raise ServerFailed("Cordboard runs no Valkey of its own, whose CPU is part of what is measured.")
            running = Server(process.pid, valkey, desk)
            await running.put(agents, "ready")
            async with _page(url, desk):
                yield running


@asynccontextmanager
async def _page(url: str, desk: httpx.AsyncClient) -> AsyncIterator[None]:
    """A supervisor's open page, as far as the server can tell. Raises ServerFailed: its feed ended."""
    token = desk.cookies[COOKIE]
    address = f"{url.replace('http', 'ws', 1)}/ws"
    async with connect(address, additional_headers={"Cookie": f"{COOKIE}={token}"}, max_size=None) as feed:
        reading = asyncio.create_task(_read(feed))
        try:
            yield
            if reading.done():
                raise ServerFailed("The supervisor's feed ended while the bench ran.")
        finally:
            reading.cancel()
            await asyncio.wait({reading})


async def _read(feed: ClientConnection) -> None:
    async for _ in feed:
        pass


async def _url(process: asyncio.subprocess.Process, log: Path) -> str:
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), START_S)).decode()
    except TimeoutError:
        line = ""
    if not line.startswith(UP):
        raise ServerFailed(f"Cordboard did not start. Its last words: {last_words(log)}")
    return line.removeprefix(UP).strip()


async def _healthy(desk: httpx.AsyncClient) -> None:
    """Returns when Cordboard has its link to Asterisk."""
    async with asyncio.timeout(START_S):
        while True:
            if (await desk.get("/healthz")).status_code == 200:
                return
            await asyncio.sleep(0.05)
