"""A card's number is said by keys, and the pause of the recording fails: nothing of it may be at rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.crowd import Kind, card_of
from tests.faults.scenarios.fault import Fault
from tests.faults.world import Broken, World

NOBODY = b"PJSIP/nobody-00000000"


def astray(message: bytes) -> list[bytes]:
    """Each pause is for a channel that is not there."""
    if not message.startswith(b"Action: MixMonitorMute\r\n"):
        return [message]
    lines = message.split(b"\r\n")
    return [b"\r\n".join(b"Channel: " + NOBODY if line.startswith(b"Channel: ") else line for line in lines)]


async def pause_fails(world: World) -> str:
    """Asterisk refuses each pause; then callers type their card's number, to a menu and to agents."""
    world.wire.garble_up = astray
    talks = [call["id"] for call in await world.ask("/api/calls") if call["place"] == "talk"]
    for call in talks:
        await world.ask(f"/api/calls/{call}/recording/pause", "POST")

    async def stopped() -> bool:
        said = [call["recording"] for call in await world.ask("/api/calls") if call["id"] in talks]
        return said == ["stopped"] * len(talks)

    await world.until("each recording has been stopped", stopped)
    return f"{len(talks)} pauses refused; card numbers typed to agents and menus"


async def scan(world: World) -> list[str]:
    """N7: every file that Cordboard or Asterisk wrote, and what its API tells."""
    cards = [card_of(number) for number, one in world.crowd.lived().items() if "C" in one.kind]
    told = [str(await world.ask(path)) for path in ("/api/records?limit=200", "/api/calls", "/api/agents")]
    told.append(await world.text("/metrics"))
    found = [
        f"N7: the card of a caller is in what the API tells ({card[:6]}...)" for card in cards if card in str(told)
    ]
    files = [path for path in world.written() if path.is_file()]
    if not files:
        raise Broken("N7: nothing was written at all")
    return found + await asyncio.to_thread(_in_files, files, [card.encode() for card in cards])


def _in_files(files: list[Path], cards: list[bytes]) -> list[str]:
    whole = {path: path.read_bytes() for path in files}
    return [
        f"N7: {path.name} has a card's number ({card[:6].decode()}...)"
        for path, text in whole.items()
        for card in cards
        if card in text
    ]


PAYMENT = (
    Fault(
        25, "the pause fails during a payment", "the recording ends before the first digit; no digit is at rest; N7",
        pause_fails, crowd={Kind.PAYING: 1, Kind.SECRET: 1, Kind.QUEUE: 3}, look=scan, stay_s=20.0,
    ),
)  # fmt: skip
