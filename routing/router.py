"""Finds the next call and its agent without looking at every call and every agent.

Waiting calls are grouped by what they need; each group keeps its calls and its ready agents
sorted. A change touches the few groups it concerns, whatever the number of calls and agents.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cti.calls.events import CallId
from routing.agents import Agent
from routing.policy import Rank, Turn, rank, score, turn
from routing.queues import Needs, Waiting


@dataclass(frozen=True, slots=True)
class Match:
    """This call is to be offered to this agent."""

    call: CallId
    agent: str


@dataclass(slots=True, eq=False)
class _Group:
    """Calls with the same needs, and the agents who meet them; or the calls for one agent alone."""

    scores: Mapping[str, int]
    calls: list[Turn] = field(default_factory=list)
    ready: list[Rank] = field(default_factory=list)


class Router:
    """The calls that wait and the agents who are ready, and who goes with whom."""

    def __init__(self, agents: Iterable[Agent]) -> None:
        self._agents = {agent.name: agent for agent in agents}
        self._groups: dict[tuple[Needs, str], _Group] = {}
        self._serves: dict[str, list[_Group]] = {name: [] for name in self._agents}
        self._waiting: dict[CallId, Waiting] = {}
        self._ready: dict[str, float] = {}
        self._open: set[_Group] = set()
        """Groups with both a waiting call and a ready agent: seldom more than a few."""
        self._apart: dict[CallId, dict[str, float]] = {}

    def wait(self, waiting: Waiting) -> None:
        """A call waits. One that waits already keeps its place."""
        if waiting.call in self._waiting:
            return
        self._waiting[waiting.call] = waiting
        group = self._group(waiting.needs, waiting.agent)
        insort(group.calls, turn(waiting))
        self._sort_open(group)

    def leave(self, call: CallId) -> None:
        """A call waits no more (it may come back to the same place by ``wait``)."""
        waiting = self._waiting.pop(call, None)
        if waiting is not None:
            group = self._group(waiting.needs, waiting.agent)
            _remove(group.calls, turn(waiting))
            self._sort_open(group)

    def ready(self, name: str, idle_since: float) -> None:
        """An agent can take a call."""
        self.busy(name)
        self._ready[name] = idle_since
        for group in self._serves[name]:
            insort(group.ready, rank(group.scores[name], idle_since, name))
            self._sort_open(group)

    def busy(self, name: str) -> None:
        """An agent can take no call."""
        idle_since = self._ready.pop(name, None)
        if idle_since is None:
            return
        for group in self._serves[name]:
            _remove(group.ready, rank(group.scores[name], idle_since, name))
            self._sort_open(group)

    def keep_apart(self, call: CallId, name: str, until: float) -> None:
        """Don't match these two before ``until`` (Unix seconds)."""
        self._apart.setdefault(call, {})[name] = until

    def forget(self, call: CallId) -> None:
        """The call will not come back."""
        self.leave(call)
        self._apart.pop(call, None)

    def next(self, now: float) -> Match | None:
        """The first call in turn that a ready agent can take, and the agent. Changes nothing."""
        best: tuple[Turn, str] | None = None
        for group in self._open:
            if best is None or group.calls[0] < best[0]:
                found = self._first(group, now)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found
        return None if best is None else Match(best[0][-1], best[1])

    def next_time(self) -> float | None:
        """When two that are kept apart may first meet again."""
        return min((until for pairs in self._apart.values() for until in pairs.values()), default=None)

    def on_time(self, now: float) -> None:
        """Forgets who was kept apart until now."""
        for call, pairs in list(self._apart.items()):
            left = {name: until for name, until in pairs.items() if until > now}
            if left:
                self._apart[call] = left
            else:
                del self._apart[call]

    def able(self, needs: Needs) -> int:
        """How many ready agents meet the needs."""
        return len(self._group(needs, "").ready)

    def _first(self, group: _Group, now: float) -> tuple[Turn, str] | None:
        for place in group.calls:
            apart = self._apart.get(place[-1])
            if apart is None:
                return place, group.ready[0][-1]
            for *_, name in group.ready:
                if apart.get(name, now) <= now:
                    return place, name
        return None

    def _group(self, needs: Needs, alone: str) -> _Group:
        """The group of calls with these needs, or of those for the agent ``alone``, who was asked for
        by name and may take them whatever his skills."""
        key = (Needs(), alone) if alone else (needs, "")
        group = self._groups.get(key)
        if group is None:
            if alone:
                group = _Group({alone: 0} if alone in self._agents else {})
            else:
                scores = {name: score(agent.skills, needs) for name, agent in self._agents.items()}
                group = _Group({name: found for name, found in scores.items() if found is not None})
            self._groups[key] = group
            for name, found in group.scores.items():
                self._serves[name].append(group)
                if name in self._ready:
                    insort(group.ready, rank(found, self._ready[name], name))
        return group

    def _sort_open(self, group: _Group) -> None:
        if group.calls and group.ready:
            self._open.add(group)
        else:
            self._open.discard(group)


def _remove(places: list[Any], place: Any) -> None:
    del places[bisect_left(places, place)]
