"""Agents' pages lose their connection as their phones ring."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.faults.crowd import Kind
from tests.faults.scenarios.fault import Fault
from tests.faults.site import ABSENT, PASSWORD
from tests.faults.world import Broken, World

ROUNDS = 3
AT_DESKS = 20


class Page:
    """What an agent's page knows: a snapshot and numbered changes over a real WebSocket."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self._url = name, url
        self.agents: dict[str, Any] = {}
        self.calls: dict[str, Any] = {}
        self.gaps = 0
        self._token = ""
        self._stream, self._seq = "", 0
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._there = asyncio.Event()

    async def come(self) -> None:
        """Connects, for what it missed where it was there before; returns when it is level."""
        async with httpx.AsyncClient(base_url=self._url, timeout=10) as desk:
            if not self._token:
                answer = await desk.post("/api/login", json={"name": self.name, "password": PASSWORD})
                self._token = answer.raise_for_status().json()["token"]
        missed = f"?stream={self._stream}&after={self._seq}" if self._stream else ""
        self._there.clear()
        self._socket = await connect(
            self._url.replace("http", "ws", 1) + "/ws" + missed,
            additional_headers={"Authorization": f"Bearer {self._token}"},
        )
        self._reading = asyncio.create_task(self._read(self._socket))
        await asyncio.wait_for(self._there.wait(), 10)

    async def die(self) -> None:
        """The connection is gone in the midst of whatever was said."""
        if self._socket is not None and self._reading is not None:
            self._socket.transport.abort()
            await asyncio.wait({self._reading})

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in socket:
                self._take(json.loads(text))
                self._there.set()

    def _take(self, told: dict[str, Any]) -> None:
        if told["type"] == "snapshot":
            self.agents, self.calls = {}, {}
            self._stream = told["stream"]
        elif told["type"] == "change":
            self.gaps += told["prev"] != self._seq
        else:
            return
        self._seq = told["seq"]
        self.agents |= {row["name"]: row for row in told.get("agents", ())}
        self.calls |= {row["id"]: row for row in told.get("calls", ())}
        for id in told.get("gone", ()):
            self.calls.pop(id, None)

    @property
    def state(self) -> str:
        """The agent's own, as the page has it."""
        return str(self.agents[self.name]["state"])


async def sockets_die(world: World) -> str:
    """In three rounds all pages lose their connection, and come back while further phones begin to ring."""
    async with AsyncExitStack() as exits:
        pages = [Page(name, world.url) for name in ABSENT[:AT_DESKS]]
        for page in pages:
            await page.come()
            exits.push_async_callback(page.die)
        for _ in range(ROUNDS):
            await asyncio.gather(*(page.die() for page in pages))
            await asyncio.sleep(world.chance.uniform(0, 1))
            await asyncio.gather(*(page.come() for page in pages))

        async def level() -> bool:
            states = {agent["name"]: agent["state"] for agent in await world.ask("/api/agents")}
            ringing = {name for name, state in states.items() if state == "ringing"}
            here = [page for page in pages if page.name in ringing]
            return all(page.state == states[page.name] for page in pages) and all(page.calls for page in here)

        await world.until("each page shows its agent as he is, and the call that rings", level, patience_s=10)
        rang = sum(page.state == "ringing" for page in pages)
        if gaps := sum(page.gaps for page in pages):
            raise Broken(f"N6: {gaps} gaps in what the pages were told")
        return f"{AT_DESKS} pages cut off {ROUNDS} times as phones began to ring; {rang} of them ring"


PAGES = (
    Fault(
        23, "agents' sockets die while their phones ring", "the page shows what rings again, without a gap; N5, N6",
        sockets_die, crowd={Kind.RINGING: 1}, stay_s=15.0, while_coming=True,
    ),
)  # fmt: skip
