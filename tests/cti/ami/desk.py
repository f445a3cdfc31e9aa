"""A client under test, with what it told us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from cti.ami.client import AmiClient, AmiSettings, Message
from tests.cti.ami.peer import Peer

QUICK = AmiSettings(
    host="127.0.0.1",
    port=1,
    user=Peer.user,
    secret=Peer.secret,
    ping_s=0.02,
    silence_s=5.0,
    deadline_s=5.0,
    backoff_s=(0.001, 0.01),
    refused_s=0.01,
)


class Desk:
    """A client and what it told us, with waiting for it."""

    def __init__(self, settings: AmiSettings) -> None:
        self.ups = 0
        self.downs: list[str] = []
        self.events: list[Message] = []
        self.on_event: Callable[[Message], None] = self.events.append
        self.at_up: Callable[[], Any] = lambda: None
        self.client = AmiClient(settings, on_event=self._event, on_up=self._up, on_down=self._down)

    def _event(self, message: Message) -> None:
        self.on_event(message)

    async def _up(self) -> None:
        self.ups += 1
        result = self.at_up()
        if asyncio.iscoroutine(result):
            await result

    def _down(self, why: str) -> None:
        self.downs.append(why)

    async def until(self, true: Callable[[], bool]) -> None:
        """Lets the loop turn until it is true."""
        async with asyncio.timeout(5):
            while not true():  # noqa: ASYNC110 - counters and reasons have nothing to await
                await asyncio.sleep(0.001)


@asynccontextmanager
async def running(peer: Peer, **changes: Any) -> AsyncIterator[Desk]:
    """A client of the peer that runs, logged in if that is possible at all."""
    desk = Desk(replace(QUICK, port=peer.port, **changes))
    task = asyncio.create_task(desk.client.run())
    try:
        await desk.until(lambda: desk.ups > 0 or "log-in refused" in desk.client.trouble or task.done())
        yield desk
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
