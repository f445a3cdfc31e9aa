"""How often numbers may be called, and what calls may cost: against toll fraud, by agents, callers and programs.

Which numbers may be called at all is said by lists (``outbound.py``). Every way that leads to a number passes here:
callbacks, calls of agents, consultations, and callers who are sent on. Pure: ``now`` is given, in seconds. What was
called is known since the server began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from types import MappingProxyType

from cti.calls.words import CallId
from cti.limits import RateLimit
from cti.outbound import Outbound, longest

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
TOTAL = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """``agent``: calls by one agent in an hour; ``site``: all calls in an hour; ``destination``: those in an
    hour to the numbers of one entry of a list; ``number``: those to one number in a day. ``prices`` are those of
    a minute begun, by numbers or, with a ``*``, by what they begin with; others cost nothing. ``cost`` is what
    all calls may cost in a day, None for any sum."""

    agent: int = 60
    site: int = 1000
    destination: int = 300
    number: int = 20
    prices: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    cost: float | None = None


class Tolls:
    """Says whether one more call may be made, and counts those that are."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._agents = RateLimit(limits.agent, HOUR_S)
        self._all = RateLimit(limits.site, HOUR_S)
        self._destinations = RateLimit(limits.destination, HOUR_S)
        self._numbers = RateLimit(limits.number, DAY_S)
        self._running: dict[CallId, tuple[float, float]] = {}
        self._spent: list[tuple[float, float]] = []
        self.refused: Counter[str] = Counter()
        """How often which limit was met, by its name."""

    def refusal(self, allowed: Outbound, number: str, agent: str, now: float) -> str:
        """Why this number of a list may not be called now, by the agent (empty for nobody); empty where it may."""
        limits, entry = self._limits, allowed.entry(number)
        met = {
            f"agent: {agent} has called {limits.agent} numbers in an hour": agent and self._agents.wait(agent, now),
            f"site: {limits.site} numbers were called in an hour": self._all.wait(TOTAL, now),
            f"destination: {limits.destination} calls went to {entry} in an hour": self._destinations.wait(entry, now),
            f"number: this number was called {limits.number} times in a day": self._numbers.wait(number, now),
            f"cost: the calls of a day have cost {limits.cost}": limits.cost is not None
            and self.cost(now) >= limits.cost,
        }
        return next((f"too many calls: limits.{why}" for why, is_so in met.items() if is_so), "")

    def begin(self, allowed: Outbound, number: str, agent: str, call: CallId, now: float) -> None:
        """The number is called. Raises ValueError where it may not be."""
        if why := self.refusal(allowed, number, agent, now):
            self.refused[why.partition("limits.")[2].partition(":")[0]] += 1
            raise ValueError(why)
        if agent:
            self._agents.count(agent, now)
        for limit, key in ((self._all, TOTAL), (self._destinations, allowed.entry(number)), (self._numbers, number)):
            limit.count(key, now)
        if price := self._limits.prices.get(longest(number, self._limits.prices), 0.0):
            self.over(call, now)
            self._running[call] = now, price

    def over(self, call: CallId, now: float) -> None:
        """The call is over: what it cost is known."""
        if call in self._running:
            self._spent.append((now, _cost(*self._running.pop(call), now)))

    def cost(self, now: float) -> float:
        """What the calls of the last day have cost, and those that go on so far."""
        self._spent = [(at, cost) for at, cost in self._spent if at > now - DAY_S]
        return sum(cost for _, cost in self._spent) + sum(_cost(*one, now) for one in self._running.values())


def _cost(since: float, price: float, now: float) -> float:
    return price * max(1, ceil((now - since) / 60))
