"""Somebody else meddles: an operator's hand, or another program with a log-in at Asterisk."""

from __future__ import annotations

import asyncio

from tests.faults.accounts import Allowed
from tests.faults.crowd import Kind
from tests.faults.reading import chosen
from tests.faults.scenarios.fault import Fault
from tests.faults.site import BOSS
from tests.faults.world import World


async def redirect(world: World) -> str:
    """Each caller is taken out of whatever AGI command runs for him, and sent where he came in."""
    channels = await world.channels()
    at = {"Context": "cordboard", "Exten": "100", "Priority": "1"}
    answers = await world.asterisk_does(*({"Action": "Redirect", "Channel": one, **at} for one in channels))
    moved = sum(answer["Response"] == "Success" for answer in answers)
    late = sum(one.kind is Kind.LATE for one in world.crowd.lived().values())

    async def through() -> bool:
        return [call["place"] for call in await world.ask("/api/calls")].count("talk") == late

    await world.until("who chose late talks, though redirected before", through)
    return f"{moved} callers redirected in the midst of a command"


async def look_into_variables(world: World) -> str:
    """The answers are five times as long as what Asterisk reads of one at a time."""
    asked = 0
    for _ in range(5):
        ask = {"Action": "AGI", "Command": "GET VARIABLE BIG"}
        asked += len(await world.asterisk_does(*({**ask, "Channel": one} for one in await world.channels())))
        await asyncio.sleep(world.chance.uniform(0.2, 1))
    kinds = [one.kind for one in world.crowd.lived().values()]
    await world.in_place({kind: kinds.count(kind) for kind in kinds})
    return f"another program asked {asked} times for a variable of 5 kB, as callers typed ahead"


async def each_key(world: World) -> list[str]:
    """What was typed ahead is in the records, key by key."""
    found = await chosen(world.stage.site.database)
    ahead = [number for number, one in world.crowd.lived().items() if one.kind is Kind.AHEAD]
    lost = [number for number in ahead if "".join(found.get(number, ())) != Kind.AHEAD]
    return [f"{number} typed {Kind.AHEAD}, and {found.get(number)} is known of it" for number in lost]


async def drop_with_supervisor(world: World) -> str:
    """A supervisor listens to each talk; then all of it is hung up in one go."""
    calls = [call["id"] for call in await world.ask("/api/calls") if call["place"] == "talk"]
    for call in calls:
        await world.ask(f"/api/calls/{call}/monitor", "PUT", mode="listen")

    async def listening() -> bool:
        return len(await world.channels(BOSS)) == len(calls)

    await world.until("the supervisor listens to all", listening)
    ends = [*(await world.channels()), *(await world.channels(BOSS))]
    world.chance.shuffle(ends)
    await world.asterisk_does(*({"Action": "Hangup", "Channel": one} for one in ends))

    async def free() -> bool:
        return all(agent["state"] != "talking" for agent in await world.ask("/api/agents"))

    await world.until("all agents are free again", free, patience_s=10)
    return f"{len(calls)} talks and the supervisor's ear in each hung up together"


MEDDLING = (
    Fault(
        21, "callers redirected during an AGI command", "each call stays open; no stale command on re-entry", redirect,
        crowd={Kind.MENU: 1, Kind.LATE: 1, Kind.QUEUE: 1, Kind.RINGING: 1},
    ),
    Fault(
        22, "5 kB variables asked for, callers type ahead", "no answer is taken for another; every key counts",
        look_into_variables, crowd={Kind.AHEAD: 2, Kind.MENU: 1, Kind.QUEUE: 1, Kind.RINGING: 1}, look=each_key,
        dialled="200", while_coming=True,
    ),
    Fault(
        24, "supervisor and the call listened to drop together", "agents free within 10 s; no spy's channel",
        drop_with_supervisor, crowd={Kind.TALK: 1, Kind.MENU: 2}, allowed=Allowed(cut=True),
    ),
)  # fmt: skip
