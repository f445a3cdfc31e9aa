"""A desk with people in it, and an ASGI client that holds a WebSocket to it in the same loop."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import tempfile
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.types import ASGIApp, Message

from cti.access import Gate, Keys, Person, Role
from cti.audit import Entry
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent, Event
from cti.calls.part import Output, Work
from cti.calls.words import CallId
from cti.desk.alerts import Alerts, Rule
from cti.desk.api import create_app
from cti.desk.feed import Feed
from cti.desk.login import Passwords
from cti.desk.metrics import Metrics
from cti.desk.oidc_api import Oidc
from cti.desk.part import DeskPart
from cti.desk.rows import Row
from cti.desk.today import Today
from cti.desk.view import Audience, View
from cti.desk.wall import Wall
from cti.sessions import SessionFolder

PEOPLE = {
    person.name: person
    for person in (
        Person("ann", Role.AGENT, "PJSIP/1001"),
        Person("bob", Role.AGENT, "PJSIP/1002"),
        Person("sue", Role.SUPERVISOR, "PJSIP/2001"),
        Person("max", Role.SUPERVISOR),
    )
}
_CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
PASSWORDS = {name: _CHEAP.hash(f"secret of {name}") for name in PEOPLE}
SECRET = b"0123456789abcdef0123456789abcdef"
GATE = Gate(SECRET, PEOPLE)
NOW = 1_700_000_000.0


class Desk:
    """A whole desk over a fake engine: events go in, what was asked of the engine comes out."""

    def __init__(
        self,
        routers: Sequence[APIRouter] = (),
        gather_s: float = 0.0,
        keys: Keys | None = None,
        rules: Sequence[Rule] = (),
        uploads: Mapping[str, int] | None = None,
        bound: bool = False,
        passwords: Mapping[str, str] = PASSWORDS,
        oidc: Oidc | None = None,
        **feed: int,
    ) -> None:
        """``bound``: tokens are good with their sessions only, as at a site."""
        self.now = NOW
        folder = Path(tempfile.gettempdir()) / f"desk-{secrets.token_hex(8)}"
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.sessions = SessionFolder(folder, SECRET, lambda: self.now)
        self.gate = Gate(SECRET, PEOPLE, keys, self.sessions if bound else None)
        self.calls: dict[CallId, Call] = {}
        self.asked: list[Output] = []
        self.noted: list[Entry] = []
        """What the audit log is to have."""
        self.trouble: dict[str, str] = {"asterisk": ""}
        registry = self.registry = CollectorRegistry()
        self.customers: dict[CallId, list[Row]] = {}
        """Whose number each call has."""
        self.view = View(["ann", "bob"], ["sales"], Today(now=NOW), lambda call: self.customers.get(call, ()))
        self.hung = self.wall()
        self.feed = Feed(
            self.view, gather_s=gather_s, clock=lambda: self.now, beside=[self.beside], wall=self.hung, **feed
        )
        self.alerts = Alerts(rules, self.view.reading)
        self.part = DeskPart(self.feed, Metrics(self.view, registry, self.alerts, lambda: self.now), self.alerts)
        self.app = create_app(
            gate=self.gate,
            sessions=self.sessions,
            passwords=Passwords(passwords),
            oidc=oidc,
            feed=self.feed,
            ask=self._ask,
            calls=lambda: self.calls,
            health=lambda: self.trouble,
            registry=registry,
            routers=[*routers, *self.own_routers()],
            uploads=uploads,
            note=self.noted.append,
            clock=lambda: self.now,
        )

    def beside(self, audience: Audience, now: float) -> Mapping[str, Any]:
        """What a snapshot has besides."""
        return {}

    def wall(self) -> Wall | None:
        """What hangs on the wall."""
        return None

    def own_routers(self) -> Sequence[APIRouter]:
        """Routes that need the feed."""
        return ()

    async def _ask(self, work: Work) -> None:
        self.asked += await work(self.now)

    async def happens(self, *events: Event) -> None:
        for event in events:
            call = None
            if isinstance(event, CallEvent):
                call = self.calls[event.call] = apply(self.calls.get(event.call), event)
            assert not await self.part.on_event(event, call, event.at)

    def client(self, name: str = "") -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {GATE.token(PEOPLE[name])}"} if name else {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers)


class Socket:
    """The browser's end of a WebSocket."""

    def __init__(self) -> None:
        self.to_app: asyncio.Queue[Message] = asyncio.Queue()
        self.from_app: asyncio.Queue[Message] = asyncio.Queue()

    async def hear(self) -> dict[str, Any]:
        message = await self.from_app.get()
        assert message["type"] == "websocket.send", message
        heard: dict[str, Any] = json.loads(message["text"])
        return heard

    async def closed(self) -> int:
        message = await self.from_app.get()
        assert message["type"] == "websocket.close", message
        code: int = message["code"]
        return code

    async def say(self, text: str) -> None:
        await self.to_app.put({"type": "websocket.receive", "text": text})


@asynccontextmanager
async def connected(
    app: ASGIApp,
    token: str = "",
    query: str = "",
    cookie: str = "",
    origin: str | None = "http://desk",
    path: str = "/ws",
) -> AsyncIterator[Socket]:
    """A WebSocket to ``path``, accepted; the browser goes away at the end of the block."""
    socket = Socket()
    headers = [(b"host", b"desk")]
    for name, value in (("authorization", token and f"Bearer {token}"), ("cookie", cookie), ("origin", origin)):
        if value:
            headers.append((name.encode(), value.encode()))
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "ws",
        "query_string": query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 40000),
        "server": ("desk", 80),
        "subprotocols": [],
        "state": {},
        "extensions": {},
    }
    await socket.to_app.put({"type": "websocket.connect"})
    serving = asyncio.create_task(_serve(app, scope, socket))
    try:
        accepted = await socket.from_app.get()
        assert accepted["type"] == "websocket.accept", accepted
        yield socket
    finally:
        await socket.to_app.put({"type": "websocket.disconnect", "code": 1001})
        await serving


async def _serve(app: ASGIApp, scope: dict[str, Any], socket: Socket) -> None:
    await app(scope, socket.to_app.get, socket.from_app.put)
