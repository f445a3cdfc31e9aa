"""panoramisk's Manager, for one connection.

What it does for us: it opens the connection (TCP or TLS) with our protocol in it, logs in and
sends the Pings. What is ours: everything on the wire (``session``), and when to connect again
(``client``). Why, is in docs/decisions/.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from panoramisk import Manager

from cti.ami.session import Session


class Link(Manager):  # type: ignore[misc]  # panoramisk has no types
    """One connection, which is logged in after ``open``. ``events`` is AMI's event mask."""

    def __init__(
        self, session: Session, *, host: str, port: int, user: str, secret: str, events: str, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(
            loop=asyncio.get_running_loop(),
            protocol_factory=lambda: session,
            host=host,
            port=port,
            username=user,
            secret=secret,
            events=events,
            ssl=tls,
        )

    async def open(self, ping_s: float) -> None:
        """Connects and logs in. Raises OSError, or AmiError from the log-in."""
        self.ping_delay = self.ping_interval = ping_s  # Manager's own settings are whole seconds
        await self.connect()
        await self.authenticated_future

    def connection_made(self, f: asyncio.Task[Any]) -> None:
        """Manager would try again by itself, after a fixed time; here ``open`` raises instead."""
        if not f.cancelled() and f.exception() is None:
            super().connection_made(f)

    def login(self, future: asyncio.Future[Any]) -> bool:
        """Manager expects an answer to its Login; there may also be none, or a refusal."""
        self.authenticated = not future.cancelled() and future.exception() is None
        return bool(self.authenticated)
