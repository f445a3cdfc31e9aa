"""Whose turn it is, and who is asked: the rules, as plain functions and small classes.

Calls, of all queues together: the highest effective priority first, then the longest wait, then
the order of arrival. The effective priority of a call is the sum of its queue's, its own and its
customer's, and ``ageing`` points for each minute waited. Ageing is the same for all queues, so two
calls never change places by waiting, and no queue starves, whatever keeps coming to the others: a
call worth p points more than an earlier one goes before it only if it came less than p / ageing
minutes later. Once that time is over, for the most that any call is worth more, nobody who comes
can go before a waiting call. Minutes are counted from when a call first waited, also in another
queue.

Where a site orders by target, they count from when the queue's target is missed. The bound is then
longer by as much as the earlier call's target is, and shorter by the later one's.

Agents: of those ready who have what the call needs, as the queue's strategy says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol

from cti.calls.words import CallId
from routing.queues import Needs, Order, Queues, Waiting

ENTRY_POINTS = "cordboard.strategies"
"""The group of entry points by which a site adds strategies: each names a class without arguments."""

Turn = tuple[float, float, int, CallId]
"""Sorts all calls, at any time: the smallest is next. The id is last, so that no two are equal."""

Rank = tuple[float, ...]
"""Sorts agents for one kind of call: the smallest is asked first."""


def turn(waiting: Waiting, queues: Queues) -> Turn:
    """A waiting call's place among all. It begins with when a call without any points would have to
    have come to be worth as much (Unix seconds): as all age alike, that never changes."""
    target_s = queues[waiting.queue].target.within_s if queues.order is Order.TARGET else 0.0
    worth_s = waiting.priority * 60.0 / queues.ageing
    return (waiting.since + target_s - worth_s, waiting.since, waiting.sequence, waiting.call)


def effective_priority(turn: Turn, ageing: float, now: float) -> float:
    """In points, at ``now`` (Unix seconds)."""
    return (now - turn[0]) * ageing / 60.0


def score(skills: Mapping[str, int], needs: Needs, groups: frozenset[str] = frozenset()) -> int | None:
    """How well an agent meets the needs: his summed levels, or None where one falls short."""
    if needs.groups and groups.isdisjoint(needs.groups):
        return None
    total = 0
    for skill, least in needs.skills:
        level = skills.get(skill, 0)
        if level < least:
            return None
        total += level
    return total


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ready agent who meets a call's needs. ``score`` sums his levels of what is needed. Times are
    Unix seconds: ``idle_since`` when he became free, ``offered_at`` when he was last offered a call.
    ``talked_s`` and ``talks`` are how long and how often he has talked since he logged in."""

    name: str
    score: int
    idle_since: float
    offered_at: float
    talked_s: float
    talks: int


class Strategy(Protocol):
    """Who of the candidates is asked first. ``rings_all``: up to RING_ALL of them are asked at the
    same time. A rank may depend on the candidate alone: it is taken when he becomes ready."""

    rings_all: bool

    def rank(self, candidate: Candidate) -> Rank: ...


RING_ALL = 20
"""How many phones ring at the same time at most."""


class BestSkill:
    """The best skilled, then the longest idle."""

    rings_all = False

    def rank(self, candidate: Candidate) -> Rank:
        return (-candidate.score, candidate.idle_since)


class LongestIdle:
    """Who has been free for the longest time."""

    rings_all = False

    def rank(self, candidate: Candidate) -> Rank:
        return (candidate.idle_since,)


class LeastTalk:
    """Who has talked least since he logged in, then the longest idle."""

    rings_all = False

    def rank(self, candidate: Candidate) -> Rank:
        return (candidate.talked_s, candidate.idle_since)


class RoundRobin:
    """One after the other: whose last offer is longest ago, whether he took it or not."""

    rings_all = False

    def rank(self, candidate: Candidate) -> Rank:
        return (candidate.offered_at, candidate.idle_since)


class RingAll(LongestIdle):
    """All at the same time; who picks up first has the call. For small teams."""

    rings_all = True


BUILT_IN: Mapping[str, type[Strategy]] = {
    "best-skill": BestSkill,
    "longest-idle": LongestIdle,
    "least-talk": LeastTalk,
    "round-robin": RoundRobin,
    "ring-all": RingAll,
}


@cache
def strategies() -> Mapping[str, Strategy]:
    """All strategies by name: the built-in ones, and those that installed packages add."""
    added = {point.name: point.load() for point in entry_points(group=ENTRY_POINTS)}
    return {name: make() for name, make in {**added, **BUILT_IN}.items()}
