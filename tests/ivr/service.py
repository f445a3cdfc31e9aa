"""An HTTP service on this machine that behaves badly in every way we could think of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HEAD = "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nConnection: close\r\n{}\r\n"
GOOD = {
    "customer": {"name": "Ada\u0000\u202e  L.\n", "level": "gold", "nothing": None, "vip": True},
    "account": [{"balance": 12.5, "id": 98765432109876543210}],
    "long": "x" * 5000,
    "0": "zero",
}


@dataclass
class Service:
    """``seen`` are the requests: method and target, and the body."""

    port: int = 0
    fails: int = 0
    """How many requests from now on are answered by 503."""
    seen: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}/{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.splitlines()
            headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
            body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
            method, target, _ = request.split()
            self.headers.append(headers)
            self.seen.append((f"{method} {target}", body))
            await self._answer(target.strip("/").partition("?")[0], writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, what: str, writer: asyncio.StreamWriter) -> None:
        def say(status: int = 200, body: str | bytes = b"", head: str = "") -> None:
            writer.write(HEAD.format(status, head).encode() + (body.encode() if isinstance(body, str) else body))

        if self.fails:
            self.fails -= 1
            what = "503"
        match what:
            case "good":
                say(body=json.dumps(GOOD))
            case "hang":
                self.hanging.set()
                await asyncio.Event().wait()
            case "drip":
                say(body='{"a": "')
                while True:
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.02)
            case "big":
                say()
                for _ in range(160):
                    writer.write(b"x" * 65536)
                    await writer.drain()
            case "redirect":
                say(302, head=f"Location: {self.url('good')}\r\n")
            case "packed":
                say(body=b"\x1f\x8b", head="Content-Encoding: gzip\r\n")
            case "deep":
                say(body="[" * 100_000)
            case "empty":
                say(204)
            case "rubbish":
                writer.write(b"\x00\x01rubbish\r\n\r\n")
            case "silent":
                pass
            case status if status.isdecimal():
                say(int(status), "{}")
            case text:
                say(body=text)
        await writer.drain()


@asynccontextmanager
async def service() -> AsyncIterator[Service]:
    it = Service()
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(it.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    it.port = server.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
