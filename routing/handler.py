"""Routing's part in the loop: carries what happens to the floor, and matches to the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import structlog

from cti.calls.call import Call
from cti.calls.events import AgentState, CallEvent, CallId, Event, OfferId
from cti.calls.names import new_offer
from cti.calls.part import Output
from routing.agents import Agent
from routing.floor import Floor
from routing.offers import RESERVED_S
from routing.queues import Queues
from routing.router import Match
from routing.store import Store, StoreDown

log = structlog.get_logger()

RETRY_S = 1.0
"""How long to wait with a store that is down, or with two whom another engine may have matched."""


class RoutingPart:
    """Who answers. ``start`` first; ``settle`` after each snapshot of the telephone side.

    When the store is down nothing is lost: music goes on, changes are kept and written as soon
    as it is back, and until then nobody is offered a call.
    """

    def __init__(self, queues: Queues, agents: Mapping[str, Agent], store: Store) -> None:
        self.floor = Floor(queues, agents)
        self._store = store
        self._offers: dict[Match, OfferId] = {}
        self._retry_at: float | None = None

    async def start(self, now: float) -> Sequence[Output]:
        """Loads the live state and says what every agent is doing. Raises StoreDown."""
        statuses = await self._store.agents(self.floor.agents)
        waiting = await self._store.waiting()
        return await self._carry_out(self.floor.restore(statuses, waiting, now), now)

    async def settle(self, live: Collection[CallId], now: float) -> Sequence[Output]:
        """After adoption: frees the agents of calls that are not ``live``, and forgets those calls."""
        return await self._carry_out(self.floor.settle(live, now), now)

    async def ask_state(self, agent: str, state: AgentState, reason: str, now: float) -> Sequence[Output]:
        """A person asks for a state. Raises UnknownAgent, or NotAllowed with a text for that person."""
        return await self._carry_out(self.floor.ask(agent, state, reason, now), now)

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if not isinstance(event, CallEvent):
            return []
        return await self._carry_out(self.floor.on_event(event, call, now), now)

    async def on_time(self, now: float) -> Sequence[Output]:
        return await self._carry_out(self.floor.on_time(now), now)

    def next_time(self) -> float | None:
        times = [time for time in (self.floor.next_time(), self._retry_at) if time is not None]
        return min(times, default=None)

    async def _carry_out(self, out: list[Output], now: float) -> list[Output]:
        """Writes what changed, then matches calls and agents until no pair is left."""
        try:
            await self._write(out, now)
            while (match := self.floor.router.next(now)) is not None:
                await self._offer(match, out, now)
                await self._write(out, now)
            self._retry_at = None
            self._offers.clear()
        except StoreDown as error:
            log.error("the store is down", why=str(error), again_in_s=RETRY_S)
            self._retry_at = now + RETRY_S
        return out

    async def _offer(self, match: Match, out: list[Output], now: float) -> None:
        # If the answer is lost, the same offer is asked for again: the store knows it then.
        offer = self._offers.setdefault(match, new_offer())
        reserved = self.floor.offers.reserved(match, offer, now)
        assert reserved.until is not None
        token = await self._store.reserve(match.agent, reserved, reserved.until - now + RESERVED_S)
        del self._offers[match]
        if token is not None:
            out += self.floor.offers.offer(match.agent, replace(reserved, token=token), now)
            return
        # Another engine was first, or the store lost something. Take over what it says of the
        # agent; write again what we know of the call; leave this pair alone for a moment.
        self.floor.router.keep_apart(match.call, match.agent, now + RETRY_S, now)
        self.floor.room.changed.add(match.call)
        await self._reread(match.agent, out, now)

    async def _write(self, out: list[Output], now: float) -> None:
        floor = self.floor
        for call in list(floor.room.changed):
            waiting = floor.room.calls.get(call)
            await (self._store.leave(call) if waiting is None else self._store.wait(waiting))
            floor.room.changed.discard(call)
        for name, released in list(floor.crew.changed.items()):
            if await self._store.save(name, floor.crew.statuses[name], released):
                floor.crew.changed.pop(name, None)
            else:
                log.warning("an agent was changed by another engine", agent=name)
                await self._reread(name, out, now)

    async def _reread(self, name: str, out: list[Output], now: float) -> None:
        stored = (await self._store.agents([name])).get(name)
        if stored is None:
            self.floor.crew.changed.setdefault(name)
        else:
            out += self.floor.reread(name, stored, now)
