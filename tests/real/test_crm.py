"""Another program on the interface: the CRM of the docs hears of a real call, and a webhook does too."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from cti.access import Scope
from cti.calls import events as ev
from cti.calls.words import Party
from cti.keys import KeyFolder
from demo.debian import Program
from tests.real.hotline import PATIENCE_S, Hotline, hotline

CRM = Path(__file__).parents[2] / "docs" / "examples" / "crm.py"
OPEN = {
    ("get", "/api/login"),
    ("post", "/api/login"),
    ("post", "/api/logout"),
    ("post", "/api/refresh"),
    ("get", "/healthz"),
    ("get", "/metrics"),
}
"""What needs neither a log-in nor a key."""


class Hook:
    """A webhook's target: it checks signatures, and refuses the first body it gets."""

    def __init__(self) -> None:
        self.secret = b""
        self.port = 0
        self.bodies: list[tuple[bool, bytes]] = []
        self._news = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
        headers = {name.lower(): value for name, value in headers.items()}
        body = await reader.readexactly(int(headers["content-length"]))
        at, _, shown = headers["cordboard-signature"].removeprefix("t=").partition(",v1=")
        good = hmac.new(self.secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest() == shown
        self.bodies.append((good, body))
        status = "503 Later" if len(self.bodies) == 1 else "204 Taken"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        async with self._news:
            self._news.notify_all()

    def events(self) -> list[dict[str, Any]]:
        """What it took."""
        return [event for _, body in self.bodies[1:] for event in json.loads(body)["events"]]

    async def until(self, kind: str) -> None:
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: any(event["kind"] == kind for event in self.events()))


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program], hook: Hook) -> AsyncIterator[Hotline]:
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "webhooks": {"crm": f"http://127.0.0.1:{hook.port}/calls"},
        "call_events": ["crm"],
    }
    async with hotline(site, peers, changes=changes) as running:
        hook.secret = running.stage.site.webhook_secret_file.read_bytes()
        yield running


def key(line: Hotline, name: str, *scopes: Scope) -> str:
    return KeyFolder(line.stage.site.keys).add(name, scopes)


@asynccontextmanager
async def crm(line: Hotline, file: Path) -> AsyncIterator[Process]:
    """The CRM at work."""
    environment = os.environ | {"CORDBOARD_KEY": key(line, "crm", Scope.EVENTS, Scope.RECORDS_READ)}
    program = await asyncio.create_subprocess_exec(
        sys.executable, CRM, line.url, file, env=environment, stdout=PIPE, stderr=PIPE
    )
    try:
        yield program
    finally:
        program.kill()
        await program.wait()


async def says(program: Process) -> str:
    assert program.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        line = await program.stdout.readline()
    if not line:
        assert program.stderr is not None
        raise AssertionError((await program.stderr.read()).decode())
    return line.decode().rstrip()


async def test_a_crm_and_a_webhook_hear_of_a_call(line: Hotline, hook: Hook, tmp_path: Path) -> None:
    file = tmp_path / "crm.db"
    with closing(sqlite3.connect(file)) as book, book:
        book.execute("CREATE TABLE customers (number TEXT PRIMARY KEY, name TEXT)")
        book.execute("INSERT INTO customers VALUES ('5550123', 'Ada Lovelace')")
    await line.person("alice")
    await line.state("alice")
    async with crm(line, file) as program:
        assert await says(program) == "on the feed"
        call = await (await line.caller("5550123")).dial("100")
        await call.answered()
        await call.press("1")
        assert (await says(program)).startswith("alice: Ada Lovelace (5550123) calls orders")
        connected = await line.watch.wait(ev.Connected)
        await call.hang_up()
        assert (await says(program)).startswith("noted: 5550123: ")
    with closing(sqlite3.connect(file)) as book:
        assert book.execute("SELECT call, number, agent FROM notes").fetchall() == [
            (connected.call, "5550123", "alice")
        ]

    await hook.until("Ended")
    assert all(good for good, _ in hook.bodies)
    mine = [event["kind"] for event in hook.events() if event["call"] == connected.call]
    happened = [type(e).__name__ for e in line.watch.events if isinstance(e, ev.CallEvent) and e.call == connected.call]
    kept = [kind for kind in happened if kind not in ("Digit", "Played")]
    assert mine == kept[: len(mine)]
    ended = next(event for event in hook.events() if event["kind"] == "Ended")
    assert ended["by"] == Party.CALLER


async def test_each_route_refuses_who_has_no_key_or_one_for_something_else(line: Hotline) -> None:
    async with httpx.AsyncClient(base_url=line.url) as client:
        api = (await client.get("/api/openapi.json")).json()
        routes = {(method, path) for path, methods in api["paths"].items() for method in methods}
        assert len(routes) > 20
        assert routes >= OPEN
        events = {"Authorization": f"Bearer {key(line, 'feed', Scope.EVENTS)}"}
        for method, path in sorted(routes - OPEN):
            refused = await client.request(method, path)
            assert refused.status_code == 401, (method, path)
            assert refused.headers["x-cordboard-api"] == api["info"]["version"]
            assert (await client.request(method, path, headers=events)).status_code == 403, (method, path)
