"""Finds the next call and its agent without looking at every call and every agent.

Agents who are ready stand in pools, one for each combination of needs and strategy; calls stand in
lanes, one for each queue and pool. Both are kept sorted, so a change touches the few lanes and
pools it concerns, whatever the number of calls and agents. A call moves from lane to lane as its
queue relaxes what it asks for.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cti.calls.words import CallId
from routing.agents import Agent, Status
from routing.callbacks import is_one
from routing.policy import RING_ALL, Candidate, Rank, Strategy, Turn, effective_priority, score, turn
from routing.queues import Needs, Queue, Queues, Waiting, merge, relaxed
from routing.timers import Timers


@dataclass(frozen=True, slots=True)
class Match:
    """This call is to be offered to this agent."""

    call: CallId
    agent: str


@dataclass(slots=True, eq=False)
class Pool:
    """The agents who meet some needs, each with his score, and those of them who are ready."""

    scores: Mapping[str, int]
    strategy: Strategy
    ready: list[tuple[Rank, str]] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Lane:
    """The calls of one queue that one pool can take, in order of their turns. ``needs`` are what they
    need; ``alone`` is the one agent whom they wait for, if it is one."""

    queue: Queue
    pool: Pool
    needs: Needs
    alone: str = ""
    turns: list[Turn] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """Where a call stands: its ``lane``, None while it isn't to be offered, and how many relaxations
    it has gone through."""

    waiting: Waiting
    turn: Turn
    lane: Lane | None = None
    step: int = 0
    apart: dict[str, float] = field(default_factory=dict)
    """Agents not to be asked before these times."""


class Router:
    """The calls that wait and the agents who are ready, and who goes with whom. Times are Unix
    seconds; ``on_time`` is wanted at ``next_time``."""

    def __init__(self, queues: Queues, agents: Mapping[str, Agent], strategies: Mapping[str, Strategy]) -> None:
        self._queues = queues
        self._agents = agents
        self._strategies = strategies
        self._pools: dict[tuple[Needs, str, str], Pool] = {}
        self._lanes: dict[tuple[str, Needs, str], Lane] = {}
        self._of_queue: dict[str, list[Lane]] = {name: [] for name in queues}
        self._serves: dict[str, list[Pool]] = {name: [] for name in agents}
        self._ready: dict[str, Status] = {}
        self._places: dict[CallId, Place] = {}
        self._moves: Timers[CallId] = Timers()
        self._callbacks_held = False
        self._open: set[Lane] = set()
        """Lanes with both a call and a ready agent: seldom more than a few."""
        self._queues_of: dict[str, list[str]] = {name: [] for name in agents}
        for queue in queues.values():
            needs = merge(queue.skills, groups=queue.groups)
            for step in range(len(queue.relax) + 1):  # now, rather than at the first call
                least = relaxed(needs, queue.relax[:step])
                self._lane(queue, least, "")
            for name in self.pool(least, queue).scores:
                self._queues_of[name].append(queue.name)

    # Calls

    def wait(self, waiting: Waiting, now: float) -> None:
        """A call waits. One that waits already keeps its place."""
        place = self._places.get(waiting.call)
        if place is None or place.waiting != waiting:
            apart = place.apart if place is not None else {}
            self.forget(waiting.call)
            place = self._places[waiting.call] = Place(waiting, turn(waiting, self._queues), apart=apart)
        if place.lane is None:
            self._move(place, now)

    def hold_callbacks(self, held: bool, now: float) -> None:
        """From now on no customer is called back; or each is when it is his turn, once he waits again."""
        self._callbacks_held = held
        for place in self._places.values():
            if place.lane is not None:
                self._move(place, now)

    def leave(self, call: CallId) -> None:
        """A call is not to be offered now; it may come back to the same place by ``wait``."""
        place = self._places.get(call)
        if place is not None:
            self._take_out(place)
            self._moves.set(call, None)

    def forget(self, call: CallId) -> None:
        """The call will not come back."""
        self.leave(call)
        self._places.pop(call, None)

    def keep_apart(self, call: CallId, name: str, until: float, now: float) -> None:
        """Don't match these two before ``until``."""
        if place := self._places.get(call):
            place.apart[name] = until
            if place.lane is not None:
                self._move(place, now)

    # Agents

    def ready(self, name: str, status: Status) -> None:
        """An agent can take a call."""
        self.busy(name)
        self._ready[name] = status
        for pool in self._serves[name]:
            insort(pool.ready, self._rank(pool, name, status))
            self._look(pool.lanes)

    def busy(self, name: str) -> None:
        """An agent can take no call."""
        status = self._ready.pop(name, None)
        if status is None:
            return
        for pool in self._serves[name]:
            _remove(pool.ready, self._rank(pool, name, status))
            self._look(pool.lanes)

    # Who goes with whom

    def next(self, now: float) -> Match | None:
        """The first call in turn that a ready agent can take, and the agent. Changes nothing."""
        best = min(filter(None, (self._first(lane, now) for lane in self._open)), default=None)
        return None if best is None else Match(best[0][-1], best[1])

    def along(self, match: Match, now: float) -> list[str]:
        """Who else is asked for the call at the same time: nobody, but where all phones ring."""
        place = self._places[match.call]
        if place.lane is None or not place.lane.pool.strategy.rings_all:
            return []
        names = [name for _, name in place.lane.pool.ready if place.apart.get(name, now) <= now]
        return [name for name in names if name != match.agent][: RING_ALL - 1]

    def next_time(self) -> float | None:
        """When a call moves on, or two that are kept apart may first meet again."""
        return self._moves.next()

    def on_time(self, now: float) -> None:
        """Moves the calls whose time has come."""
        for call in self._moves.due(now):
            self._move(self._places[call], now)

    def free(self, queue: Queue) -> str | None:
        """The ready agent whom the queue would ask first for a call that came now: who meets all of what it
        wants, else by each of its relaxations in turn. None if nobody is ready."""
        needs = merge(queue.skills, groups=queue.groups)
        steps = (relaxed(needs, queue.relax[:step]) for step in range(len(queue.relax) + 1))
        return next((pool.ready[0][1] for least in steps if (pool := self.pool(least, queue)).ready), None)

    # What can be seen

    def place(self, call: CallId) -> Place | None:
        """Where the call stands, if it waits."""
        return self._places.get(call)

    def effective_priority(self, place: Place, now: float) -> float:
        """What the call's turn depends on, in points."""
        return effective_priority(place.turn, self._queues.ageing, now)

    def ahead(self, waiting: Waiting) -> int:
        """How many calls of its queue have their turn before this one, which need not wait yet."""
        own = turn(waiting, self._queues)
        return sum(bisect_left(lane.turns, own) for lane in self._of_queue[waiting.queue])

    def waiting(self, queue: str) -> int:
        """How many calls of the queue wait, without those that are being offered."""
        return sum(len(lane.turns) for lane in self._of_queue[queue])

    def lanes(self, queue: str) -> Collection[Lane]:
        """The lanes of a queue."""
        return self._of_queue[queue]

    def first(self, queue: str, count: int) -> list[Turn]:
        """The turns of the first calls of a queue."""
        return sorted(turn for lane in self._of_queue[queue] for turn in lane.turns[:count])[:count]

    def queues_of(self, agent: str) -> Sequence[str]:
        """The queues that the agent may serve, if only after all their relaxations."""
        return self._queues_of[agent]

    def pool(self, needs: Needs, queue: Queue) -> Pool:
        """The agents who meet the needs, as the queue chooses among them."""
        return self._pool(needs, queue.strategy, "")

    # Inside

    def _move(self, place: Place, now: float) -> None:
        """Puts the call where it belongs now, and notes when it will have to move next."""
        waiting, queue = place.waiting, self._queues[place.waiting.queue]
        place.apart = {name: until for name, until in place.apart.items() if until > now}
        place.step = sum(waiting.since + step.after_s <= now for step in queue.relax)
        held = waiting.not_before > now or (self._callbacks_held and is_one(waiting))
        alone = waiting.agent or (waiting.prefer if waiting.prefer_until > now else "")
        lane = None if held else self._lane(queue, relaxed(waiting.needs, queue.relax[: place.step]), alone)
        if lane is not place.lane:
            self._take_out(place)
            if lane is not None:
                insort(lane.turns, place.turn)
                place.lane = lane
        if lane is not None:
            self._look((lane,))
        times = [waiting.not_before, waiting.prefer_until, *(waiting.since + step.after_s for step in queue.relax)]
        self._moves.set(waiting.call, min((at for at in [*times, *place.apart.values()] if at > now), default=None))

    def _take_out(self, place: Place) -> None:
        lane, place.lane = place.lane, None
        if lane is not None:
            _remove(lane.turns, place.turn)
            self._look((lane,))

    def _first(self, lane: Lane, now: float) -> tuple[Turn, str] | None:
        for found in lane.turns:
            apart = self._places[found[-1]].apart
            for _, name in lane.pool.ready:
                if apart.get(name, now) <= now:
                    return found, name
        return None

    def _lane(self, queue: Queue, needs: Needs, alone: str) -> Lane:
        key = queue.name, needs, alone
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(queue, self._pool(needs, queue.strategy, alone), needs, alone)
            lane.pool.lanes.append(lane)
            self._of_queue[queue.name].append(lane)
        return lane

    def _pool(self, needs: Needs, strategy: str, alone: str) -> Pool:
        """Who is waited for by name may take the call whatever his skills."""
        key = (Needs(), "", alone) if alone else (needs, strategy, "")
        pool = self._pools.get(key)
        if pool is None:
            known = {alone: 0} if alone in self._agents else {}
            scores = known if alone else _scores(self._agents.values(), needs)
            pool = self._pools[key] = Pool(scores, self._strategies[strategy])
            for name in pool.scores:
                self._serves[name].append(pool)
                if name in self._ready:
                    insort(pool.ready, self._rank(pool, name, self._ready[name]))
        return pool

    def _rank(self, pool: Pool, name: str, status: Status) -> tuple[Rank, str]:
        candidate = Candidate(
            name, pool.scores[name], status.idle_since, status.offered_at, status.talked_s, status.talks
        )
        return pool.strategy.rank(candidate), name

    def _look(self, lanes: Iterable[Lane]) -> None:
        for lane in lanes:
            if lane.turns and lane.pool.ready:
                self._open.add(lane)
            else:
                self._open.discard(lane)


def _scores(agents: Iterable[Agent], needs: Needs) -> dict[str, int]:
    found = ((agent.name, score(agent.skills, needs, agent.groups)) for agent in agents)
    return {name: value for name, value in found if value is not None}


def _remove(places: list[Any], place: Any) -> None:
    del places[bisect_left(places, place)]
