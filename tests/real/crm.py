"""A site's own CRM: a small HTTP server that notes what it is asked, and can behave badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PAGE = """<!doctype html><title>CRM</title><h1>The CRM</h1><p></p>
<script>document.querySelector('p').textContent = 'at work'</script>"""
_CLOSED = "Connection: close\r\n\r\n"


@dataclass
class Crm:
    """``asked`` are requests: method, path with query, body. ``answer`` is a whole HTTP answer; without
    one, requests hang."""

    port: int = 0
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    answer: str | None = ""
    _waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.says(PAGE, "text/html")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, body: str, kind: str = "application/json") -> None:
        head = f"Content-Type: {kind}\r\nContent-Length: {len(body.encode())}\r\n"
        self.answer = f"HTTP/1.1 200 OK\r\n{head}{_CLOSED}{body}"

    def redirects(self, to: str) -> None:
        self.answer = f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n{_CLOSED}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split(" ", 2)
            headers = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
            body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
            if path != "/favicon.ico":
                self.asked.append((method, path, body))
            if self.answer is None:
                await self._waiting.wait()
                return
            writer.write(self.answer.encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # a browser opens connections that it does not use
        finally:
            writer.close()


@asynccontextmanager
async def crm() -> AsyncIterator[Crm]:
    made = Crm()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        try:
            yield made
        finally:
            made._waiting.set()
