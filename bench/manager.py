"""A connection to AMI beside Cordboard's: to look on, or to ask for something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

from demo.asterisk import HOST, Manager

Feed = Callable[[Mapping[str, str]], None]
"""What takes each event: its headers."""


@asynccontextmanager
async def watching(port: int, user: Manager, feed: Feed) -> AsyncIterator[asyncio.StreamWriter]:
    """Looks on while the block runs. Actions may be written; nobody waits for their answers."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(f"Action: Login\r\nUsername: {user.name}\r\nSecret: {user.secret}\r\n\r\n".encode())
    reading = asyncio.create_task(_read(reader, feed))
    try:
        yield writer
    finally:
        reading.cancel()
        await asyncio.wait({reading})
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _read(reader: asyncio.StreamReader, feed: Feed) -> None:
    while not reader.at_eof():
        raw = await reader.readuntil(b"\r\n\r\n")
        feed(headers(raw.decode(errors="replace").splitlines()))


def headers(lines: Iterable[str]) -> dict[str, str]:
    """The headers of an event or a response."""
    return {name: value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}
