"""Counts the AMI events that Cordboard's manager user is sent, on a connection beside Cordboard's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from cti.ami.client import EVENTS
from demo.asterisk import HOST


class Counter:
    """``seen`` events so far; none of them is looked into."""

    def __init__(self) -> None:
        self.seen = 0

    async def read(self, reader: asyncio.StreamReader) -> None:
        async for line in reader:
            self.seen += line.startswith(b"Event: ")


@asynccontextmanager
async def counting(port: int, user: str, secret: str) -> AsyncIterator[Counter]:
    """A connection of the same user, so that Asterisk puts the same filters on it."""
    reader, writer = await asyncio.open_connection(HOST, port)
    counter = Counter()
    login = f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: {EVENTS}\r\n\r\n"
    writer.write(login.encode())
    while await reader.readline() != b"Response: Success\r\n":
        if reader.at_eof():
            raise ConnectionError("Asterisk refused the log-in of the connection that counts events")
    reading = asyncio.create_task(counter.read(reader))
    try:
        yield counter
    finally:
        reading.cancel()
        await asyncio.wait({reading})
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
