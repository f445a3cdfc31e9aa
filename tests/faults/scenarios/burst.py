"""Ten times as many callers as usual come in one go, and nobody is there."""

from __future__ import annotations

from bench.cpu import resident_mb
from tests.faults.accounts import Allowed
from tests.faults.crowd import Kind
from tests.faults.reading import waits
from tests.faults.scenarios.fault import Fault
from tests.faults.site import LAST
from tests.faults.world import Broken, Setting, World

SERVED = 10
MB_PER_CALL = 0.1
"""What a waiting call may take of Cordboard's memory."""


async def burst(world: World) -> str:
    """When all wait, one agent begins to take them, and sends each on at once."""
    calls = len(await world.ask("/api/calls"))
    grown = resident_mb(world.pid) - world.resting_mb
    if grown > calls * MB_PER_CALL:
        raise Broken(f"Cordboard's memory grew by {grown:.0f} MB for {calls} calls")
    await world.ask(f"/api/agents/{LAST}/state", state="ready")
    seen: list[str] = []

    async def next_talks() -> bool:
        for call in await world.ask("/api/calls"):
            if call["place"] == "talk" and call["id"] not in seen:
                await world.ask(f"/api/calls/{call['id']}/transfer", flow="away")
                seen.append(call["id"])
                return True
        return False

    for _ in range(SERVED):
        await world.until("the only agent talks with the next caller", next_talks)
    await world.ask(f"/api/agents/{LAST}/state", state="offline")
    return f"{calls} calls in one go, nobody there; memory grew by {grown:.0f} MB; then {len(seen)} were served"


async def in_order(world: World) -> list[str]:
    """Who was served: by priority, then by arrival."""
    found = await waits(world.stage.site.database)
    served = sorted((one for one in found if one.connected_at is not None), key=lambda one: one.connected_at or 0.0)
    due = sorted(found, key=lambda one: (-one.priority, one.queued_at))[: len(served)]
    return [
        f"{one.number} was served before {other.number}" for one, other in zip(served, due, strict=True) if one != other
    ]


BURST = (
    Fault(
        26, "a burst of calls, no agents", "memory bounded; served by priority, then arrival", burst,
        crowd={Kind.QUEUE: 4, Kind.VIP: 1}, look=in_order, times=10, rate=100.0, stay_s=60.0,
        allowed=Allowed(sound=True), setting=Setting(quiet=True),
    ),
)  # fmt: skip
