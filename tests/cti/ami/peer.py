"""A scripted Asterisk manager port, for tests: it says what it is told to, well or badly.

async with Peer(answers={"DBGet": [{"Response": "Error", "Message": "no such key"}]}) as peer:
    ... connect to 127.0.0.1:peer.port, log in as peer.user with peer.secret ...
    peer.emit("Hangup", Channel="PJSIP/1-00000001")
    action = await peer.seen("Originate")
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.certificates import Authority

Headers = Mapping[str, str | Sequence[str]]
Answer = Sequence[Headers] | Callable[[Mapping[str, str]], Sequence[Headers]] | None
"""What is sent for an action, its ActionID added to each; None for nothing at all."""

SUCCESS: Sequence[Headers] = [{"Response": "Success"}]


def block(headers: Headers) -> bytes:
    """A message as Asterisk writes it."""
    lines = []
    for name, value in headers.items():
        lines += [f"{name}: {one}\r\n" for one in ([value] if isinstance(value, str) else value)]
    return "".join(lines).encode() + b"\r\n"


def listed(name: str, items: Sequence[Headers]) -> Sequence[Headers]:
    """The answer to a list action: its start, an event ``name`` for each item, its end."""
    return [
        {"Response": "Success", "EventList": "start", "Message": "A list will follow"},
        *({"Event": name, **item} for item in items),
        {"Event": f"{name}ListComplete", "EventList": "Complete", "ListItems": str(len(items))},
    ]


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """The authority of a certificate for localhost, and a server's context with it."""
    authority = Authority(folder / "authority.pem")
    return authority.path, served(authority.gives(folder / "server.pem"))


def served(pem: Path) -> ssl.SSLContext:
    """A server's context with the certificate and key in a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


class Peer:
    """One scripted manager port on loopback. Change ``answers`` and the switches at any time."""

    user = "cordboard"
    secret = "a secret of the peer"

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        banner: bytes = b"Asterisk Call Manager/11.0.0\r\n",
    ) -> None:
        self.answers: dict[str, Answer] = dict(answers or {})
        self.chunk = 0
        """Write so many bytes at a time; 0 for whole messages."""
        self.deaf = False
        """Takes no more actions (nor Pings), but may still speak."""
        self.actions: list[dict[str, str]] = []
        """Every action that came, in order, without the Pings. The last of a repeated header counts."""
        self.pings = 0
        self.port = 0
        self._tls = tls
        self._banner = banner
        self._server: asyncio.Server | None = None
        self._turn = asyncio.Lock()
        self._links: set[asyncio.StreamWriter] = set()
        self._readers: set[asyncio.Task[None]] = set()
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Peer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drops every link and listens no more."""
        assert self._server is not None
        self._server.close()
        self.drop()
        if self._readers:
            await asyncio.wait(self._readers)

    @property
    def links(self) -> int:
        """How many are connected."""
        return len(self._links)

    def drop(self) -> None:
        """Cuts every link, in the middle of whatever it was."""
        for writer in self._links:
            writer.transport.abort()

    def emit(self, event: str, **fields: str | Sequence[str]) -> None:
        """Sends an event on every link."""
        self.send(block({"Event": event, **fields}))

    def send(self, data: bytes) -> None:
        """Sends bytes on every link."""
        for writer in self._links:
            writer.write(data)

    async def send_slowly(self, data: bytes, size: int) -> None:
        """Sends bytes in pieces of ``size``, each read by the other side on its own."""
        async with self._turn:  # an answer to a Ping is not to come between the pieces
            for start in range(0, len(data), size):
                self.send(data[start : start + size])
                await asyncio.sleep(0)  # one turn of the loop: the other side, on the same loop, reads
                await asyncio.sleep(0)

    async def seen(self, name: str, times: int = 1) -> dict[str, str]:
        """Waits until ``times`` actions of this name have come, and gives the last of these."""
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: len(self.named(name)) >= times)
        return self.named(name)[times - 1]

    async def pinged(self, times: int) -> None:
        """Waits until so many Pings have come."""
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: self.pings >= times)

    def named(self, name: str) -> list[dict[str, str]]:
        return [action for action in self.actions if action["Action"] == name]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._readers.add(task)
        self._links.add(writer)
        if self._server is None or not self._server.is_serving():  # accepted as we stopped
            writer.transport.abort()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            writer.write(self._banner)
            while True:
                raw = (await reader.readuntil(b"\r\n\r\n")).decode()
                if not self.deaf:
                    await self._take(dict(line.split(": ", 1) for line in raw.split("\r\n") if line))
        self._links.discard(writer)
        writer.transport.abort()
        self._readers.discard(task)

    async def _take(self, action: dict[str, str]) -> None:
        async with self._news:
            if action["Action"] == "Ping":
                self.pings += 1
            else:
                self.actions.append(action)
            self._news.notify_all()
        answer = self.answers.get(action["Action"], self._login(action) if action["Action"] == "Login" else SUCCESS)
        messages = answer(action) if callable(answer) else answer or ()
        data = b"".join(block({**message, "ActionID": action["ActionID"]}) for message in messages)
        await self.send_slowly(data, self.chunk or len(data) or 1)

    def _login(self, action: Mapping[str, str]) -> Answer:
        if (action.get("Username"), action.get("Secret")) != (self.user, self.secret):
            return [{"Response": "Error", "Message": "Authentication failed"}]
        return [{"Response": "Success", "Message": "Authentication accepted"}]
