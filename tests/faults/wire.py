"""The wire between Cordboard and Asterisk's AMI, to be cut, silenced, stalled and garbled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

from demo.asterisk import HOST

END = b"\r\n\r\n"
Garble = Callable[[bytes], list[bytes]]
"""Makes of one whole message those that come through, in order."""


def untouched(message: bytes) -> list[bytes]:
    """As it is."""
    return [message]


class Wire:
    """A relay on a port of its own. ``garble`` is asked for each of Asterisk's messages, ``garble_up`` for each of
    Cordboard's."""

    def __init__(self, ami: int) -> None:
        self.garble: Garble = untouched
        self.garble_up: Garble = untouched
        self._ami = ami
        self._open = asyncio.Event()
        self._open.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @classmethod
    @asynccontextmanager
    async def to(cls, ami: int) -> AsyncIterator[Self]:
        """A wire to this AMI port, taken down at the end of the block."""
        wire = cls(ami)
        wire._server = await asyncio.start_server(wire._relay, HOST, 0, limit=2**24)
        try:
            yield wire
        finally:
            wire._server.close()
            wire._open.set()
            wire.cut()

    @property
    def port(self) -> int:
        """Where Cordboard finds it."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> None:
        """Resets all that are connected, in the midst of whatever is said."""
        for writer in tuple(self._ends):
            writer.transport.abort()

    def silence(self) -> None:
        """Nothing comes through any more in either direction, and nobody is told (a firewall that forgot the
        connection). New connections are taken, and hear nothing either."""
        self._open.clear()

    def speak(self) -> None:
        """Everything comes through again, what was held back too."""
        self._open.set()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        try:
            up_reader, up_writer = await asyncio.open_connection(HOST, self._ami, limit=2**24)
        except OSError:
            writer.close()
            return
        self._ends |= {writer, up_writer}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._up(reader, up_writer))
                both.create_task(self._down(up_reader, writer))
        except* OSError:
            pass
        finally:
            for end in (writer, up_writer):
                self._ends.discard(end)
                end.transport.abort()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._one(reader, writer, up=True)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())  # the banner
        while True:
            await self._one(reader, writer, up=False)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        try:
            message = await reader.readuntil(END)
        except asyncio.IncompleteReadError:
            raise ConnectionResetError from None
        await self._open.wait()
        for one in (self.garble_up if up else self.garble)(message):
            writer.write(one)
        await writer.drain()
