"""Desks as far as the server can tell: WebSockets that are read, in a process of their own.

``python -m bench.desk_clients FILE HEARD`` reads an address and tokens, connects all, says ``ready``
when each has its snapshot, and when it is told to stop (SIGTERM) writes what it heard.
What comes is only noted while it comes, and read at the end: so that no desk waits for another's.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

READY = "ready"
AT_ONCE = 50
"""So many desks connect at the same time."""
CATCH_UP_S = 10.0
"""How long the one that did not read may take to be level with the others."""
NARROW = 4096
"""Bytes the kernel may keep for the one that does not read, so that the server is soon held up."""

Late = tuple[float, float]
"""When the event was (Unix seconds), and the milliseconds from then to the message's arrival."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came. ``agents`` and ``boards`` are delays; ``closed`` desks were cut off. ``slow`` is what
    the desk that did not read was given when it did: ``snapshot``, ``closed`` or ``changes`` only."""

    agents: Sequence[Late]
    boards: Sequence[Late]
    closed: int
    slow: str


Notes = list[tuple[float, str | bytes]]
"""When each message came, and its text."""


async def follow(url: str, token: str, notes: Notes, first: asyncio.Semaphore, there: asyncio.Event) -> None:
    """One desk. ``there`` is set when it has its snapshot. Ends when the server cuts it off."""
    async with first:
        desk = await _connected(url, token)
        notes.append((time.time(), await desk.recv()))
        there.set()
    try:
        while True:
            text = await desk.recv()
            notes.append((time.time(), text))
    except ConnectionClosed:
        return
    finally:
        desk.transport.abort()  # two thousand polite farewells would take long


async def _connected(url: str, token: str, sock: socket.socket | None = None) -> ClientConnection:
    more = {} if sock is None else {"sock": sock, "max_queue": 1}
    return await connect(
        url,
        additional_headers={"Authorization": f"Bearer {token}"},
        max_size=None,
        compression=None,
        ping_interval=None,
        open_timeout=60,
        **more,  # type: ignore[arg-type]
    )


async def not_reading(url: str, token: str) -> ClientConnection:
    """A supervisor's desk whose messages stay where they are."""
    address = urlsplit(url)
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (address.hostname, address.port))
    return await _connected(url, token, sock)


async def catch_up(desk: ClientConnection, level: int) -> str:
    """Reads at last, until the desk has message number ``level``: what it was given."""
    seen: list[str] = []
    try:
        async with asyncio.timeout(CATCH_UP_S):
            while True:
                message = json.loads(await desk.recv())
                seen.append(message["type"])
                if message.get("seq", 0) >= level:
                    break
    except ConnectionClosed:
        return "closed"
    except TimeoutError:
        pass
    return "snapshot" if "snapshot" in seen[1:] else "changes"


def agents_late(notes: Notes) -> list[Late]:
    """How late an agent heard of each thing that happened to him."""
    read = [(at, json.loads(text)) for at, text in notes]
    return [(m["at"], (at - m["at"]) * 1000) for at, m in read if m["type"] == "change"]


def board_late(notes: Notes) -> list[Late]:
    """How late a board had the new state of each agent. A message is of many events; each row says
    since when the agent is in its state."""
    late: list[Late] = []
    since: dict[str, float] = {}
    for at, text in notes:
        message = json.loads(text)
        for row in message.get("agents", ()):
            if message["type"] == "change" and since.get(row["name"]) != row["since"]:
                late.append((row["since"], (at - row["since"]) * 1000))
            since[row["name"]] = row["since"]
    return late


def number(notes: Iterable[tuple[float, str | bytes]]) -> int:
    """The last message's number."""
    return max((int(json.loads(text).get("seq", 0)) for _, text in notes), default=0)


async def _all(events: Iterable[asyncio.Event]) -> None:
    for event in events:
        await event.wait()


async def main(file: Path, result: Path) -> None:
    """All desks until told to stop; ``file`` has ``url``, ``agents`` and ``boards`` (tokens)."""
    told = json.loads(await asyncio.to_thread(file.read_text, "ascii"))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    first = asyncio.Semaphore(AT_ONCE)
    agents: list[Notes] = [[] for _ in told["agents"]]
    boards: list[Notes] = [[] for _ in told["boards"]]
    tasks: list[asyncio.Task[None]] = []
    arrivals: list[asyncio.Event] = []
    for token, notes in zip([*told["agents"], *told["boards"]], [*agents, *boards], strict=True):
        arrivals.append(asyncio.Event())
        tasks.append(asyncio.create_task(follow(told["url"], token, notes, first, arrivals[-1])))
    slow = await not_reading(told["url"], told["boards"][0])
    everybody = asyncio.create_task(_all(arrivals))
    await asyncio.wait([everybody, *tasks], return_when=asyncio.FIRST_COMPLETED)
    if not everybody.done():
        raise SystemExit("a desk was cut off before all were there")
    print(READY, flush=True)
    await stop.wait()
    closed = sum(task.done() for task in tasks)
    caught = await catch_up(slow, number(boards[0]))
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    heard = Heard(
        agents=[late for notes in agents for late in agents_late(notes)],
        boards=[late for notes in boards for late in board_late(notes)],
        closed=closed,
        slow=caught,
    )
    await asyncio.to_thread(result.write_text, json.dumps(asdict(heard)), "ascii")


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
