"""What app_queue is asked and told beside its work: its members paused, and how soon a phone rings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.manager import watching
from demo.asterisk import Manager

RINGING = "5"


@dataclass(slots=True)
class Rings:
    """From AMI events: milliseconds from a caller's entering the queue to the ringing of a phone for
    this caller. Times are Asterisk's own."""

    took_ms: list[float] = field(default_factory=list)
    _joined: dict[str, float] = field(default_factory=dict)

    def feed(self, event: Mapping[str, str]) -> None:
        """Takes one event."""
        match event.get("Event"):
            case "QueueCallerJoin":
                self._joined[event["Uniqueid"]] = float(event["Timestamp"])
            case "Newstate" if event.get("ChannelState") == RINGING and event.get("Linkedid") in self._joined:
                self.took_ms.append((float(event["Timestamp"]) - self._joined.pop(event["Linkedid"])) * 1000)


@asynccontextmanager
async def rings(port: int, user: Manager) -> AsyncIterator[Rings]:
    """Watches the queue while the block runs."""
    found = Rings()
    async with watching(port, user, found.feed):
        yield found


async def pause(port: int, user: Manager, members: Iterable[str]) -> None:
    """Pauses all members (such as ``PJSIP/a001``). Raises TimeoutError: Asterisk does not say so."""
    left = set(members)
    all_paused = asyncio.Event()

    def feed(event: Mapping[str, str]) -> None:
        if event.get("Event") == "QueueMemberPause":
            left.discard(event["Interface"])
        if not left:
            all_paused.set()

    async with asyncio.timeout(30), watching(port, user, feed) as writer:
        for member in sorted(left):
            writer.write(f"Action: QueuePause\r\nInterface: {member}\r\nPaused: true\r\n\r\n".encode())
            await writer.drain()
        await all_paused.wait()
