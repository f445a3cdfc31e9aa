"""Other engines want the same agents at the same time: each agent is raced for in the store that all share."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from itertools import combinations

from redis.asyncio import Redis

from cti.calls.names import new_call, new_offer
from cti.calls.words import AgentState
from routing.agents import Status
from routing.queues import Needs, Waiting
from routing.redis_server import RedisServer
from routing.store import Changed, RedisStore, Reservation, Turn
from tests.faults import reading
from tests.faults.crowd import Kind
from tests.faults.reading import Leg
from tests.faults.scenarios.fault import Fault
from tests.faults.site import AGENTS
from tests.faults.world import Broken, World

RIVALS = 5
CONTESTED = AGENTS[:10]
"""Whom the rivals want; the callers get these, too, and all others."""
HELD_S = (0.1, 1.0)
RING_S = 15.0
CLOSE_S = 0.5
"""So long may a phone that rang in vain, or was hung up, be busy still when its agent is free."""


@dataclass(slots=True)
class Rival:
    """An engine of another Asterisk, as the store knows engines. ``held`` is whom it had, and when."""

    store: RedisStore
    held: list[Leg]
    late: int = 0
    """How often another was first."""

    async def want(self, agent: str, for_s: float) -> None:
        """A call of its own wants this agent, and has him for so long if it gets him. Raises StoreDown."""
        call, now = new_call(), time.time()
        waiting = Waiting(call, "talk", Needs(()), 0, now, 0)
        status = Status(
            AgentState.RESERVED, now, call=call, offer=new_offer(), queue="talk", idle_since=now, until=now + RING_S
        )
        answer = await self.store.write(Turn(now, {call: waiting}, reservation=Reservation(agent, status)))
        if answer.token is None:
            self.late += 1
            await self.store.write(Turn(time.time(), {call: None}))
            return
        since = time.time()
        await asyncio.sleep(for_s)
        until = time.time()
        free = Status(AgentState.READY, until, idle_since=until, token=answer.token)
        await self.store.write(Turn(until, {call: None}, {agent: Changed(free, released=call)}))
        self.held.append(Leg(agent, since, until))

    async def race(self, over: asyncio.Event, chance: random.Random) -> None:
        """Wants one after the other, until it is ``over``."""
        while not over.is_set():
            await self.want(chance.choice(CONTESTED), chance.uniform(*HELD_S))
            await asyncio.sleep(chance.uniform(0, 0.1))


async def race(world: World) -> str:
    """As long as callers come and go."""
    url = RedisServer(world.stage.site.state / "redis").url
    async with Redis.from_url(url, decode_responses=True) as redis:
        rivals = [Rival(RedisStore(redis), []) for _ in range(RIVALS)]
        over = asyncio.Event()
        racing = [asyncio.create_task(rival.race(over, random.Random(world.chance.random()))) for rival in rivals]
        try:
            await world.gone()
        finally:
            over.set()
            await asyncio.gather(*racing)
    held = [leg for rival in rivals for leg in rival.held]
    rang = [leg for leg in reading.legs(world.stage.asterisk.log.parent) if leg.phone in CONTESTED]
    late = sum(rival.late for rival in rivals)
    if not (held and rang and late):
        raise Broken(f"there was no race: others had agents {len(held)} times, were late {late} times")
    if both := twice([*held, *rang]):
        raise Broken(f"N2: {'; '.join(both[:3])}")
    return (
        f"{RIVALS} other engines wanted {len(CONTESTED)} of the agents: they had one {len(held)} times, and were late"
        f" {late} times; we had one {len(rang)} times"
    )


def twice(legs: list[Leg]) -> list[str]:
    """Where two had the same agent at a time, in words. Pure."""
    pairs = combinations(sorted(legs, key=lambda leg: leg.start), 2)
    return [
        f"{then.phone} was had twice, for {min(first.end, then.end) - then.start:.1f} s"
        for first, then in pairs
        if first.phone == then.phone and then.start < first.end - CLOSE_S
    ]


RACE = (
    Fault(
        13, "other engines want the same agents", "each agent goes to one of them; N2", race, crowd={Kind.TALK: 1},
        times=3, rate=8.0, stay_s=3.0, while_coming=True,
    ),
)  # fmt: skip
