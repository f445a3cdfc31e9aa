"""What came of the calls to each queue since midnight, by quarter-hour, and what each agent did.

A pure fold over events, to which calls of an earlier run can be added. A call counts in the
quarter-hour in which it came to the queue, and once in each queue that it came to. Callbacks are calls
of our own, and do not count as offered. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta, tzinfo
from math import floor
from typing import Any

from cti.calls.call import Call
from cti.calls.events import CallEvent, Ended, Left, Queued
from cti.calls.words import CallId, Party, Place
from cti.figures import Came, service_level_answered, service_level_offered, share

QUARTER_S = 900


@dataclass(slots=True)
class Figures:
    """What came of some calls to a queue. ``short`` are those abandoned so soon that they count neither
    as offered nor as abandoned; ``in_time`` were answered within the queue's target; ``waited_s`` is
    the wait of those answered. The rest of those offered still wait."""

    offered: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    short: int = 0
    moved: int = 0
    waited_s: float = 0.0

    def add(self, other: Figures) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    @property
    def service_level_answered(self) -> float | None:
        """Answered in time, of those answered."""
        return service_level_answered(self.in_time, self.answered)

    @property
    def service_level_offered(self) -> float | None:
        """Answered in time, of those offered that do not wait any more."""
        return service_level_offered(self.in_time, self.answered, self.abandoned, self.moved)

    @property
    def wait_mean_s(self) -> float | None:
        """The mean wait of those answered."""
        return share(self.waited_s, self.answered)

    def row(self) -> dict[str, Any]:
        """As JSON values; null where there is nothing to divide by."""
        return {
            "offered": self.offered,
            "answered": self.answered,
            "in_time": self.in_time,
            "abandoned": self.abandoned,
            "abandoned_short": self.short,
            "moved": self.moved,
            "service_level_answered": _rounded(self.service_level_answered),
            "service_level_offered": _rounded(self.service_level_offered),
            "wait_mean_s": _rounded(self.wait_mean_s),
        }


@dataclass(slots=True)
class Work:
    """An agent's day: talks that began in it, and the seconds of those that are over."""

    calls: int = 0
    talk_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """How days and calls are counted: whose midnight (None: this machine's), the seconds in which each
    queue is to answer, and those in which who hangs up is not counted."""

    zone: tzinfo | None = UTC
    targets: Mapping[str, float] = field(default_factory=dict)
    short_s: float = 0.0

    def target_s(self, queue: str) -> float:
        return self.targets.get(queue, 20.0)

    def day(self, at: float) -> tuple[float, float]:
        """The midnights before and after a moment."""
        midnight = datetime.fromtimestamp(floor(at), self.zone).replace(
            hour=0, minute=0, second=0, microsecond=0, fold=0
        )
        if self.zone is None:
            midnight = midnight.replace(tzinfo=None)  # the machine's zone is looked up anew on each day
        return midnight.timestamp(), (midnight + timedelta(days=1)).timestamp()


@dataclass(frozen=True, slots=True)
class Touched:
    """Whose figures are other than before."""

    queues: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()


NOTHING = Touched()


class Today:
    """The day's figures. ``now`` is a moment of the first day; a later event begins the next."""

    def __init__(self, rules: Rules = Rules(), now: float = 0.0) -> None:
        self.rules = rules
        self.start, self.end = rules.day(now)
        self._quarter = self._quarter_of(now)
        self.all = Figures()
        self._queues: dict[str, Figures] = {}
        self._quarters: dict[tuple[str, int], Figures] = {}
        self._agents: dict[str, Work] = {}
        self._waiting: dict[CallId, tuple[str, float]] = {}
        self._talking: dict[CallId, tuple[str, float]] = {}

    # The fold

    def apply(self, event: CallEvent, call: Call) -> Touched:
        """Takes in an event and its call with the event applied."""
        turned = self.turn(event.at)
        queues, agents = self._follow_wait(event, call), self._follow_talk(event, call)
        if not (queues or agents or turned is not NOTHING):
            return NOTHING
        return Touched(turned.queues | queues, turned.agents | agents)

    def turn(self, now: float) -> Touched:
        """Begins a new quarter-hour, or a new day, if it is time. Who waits at midnight was offered the day
        before, and who talks then has the rest of the talk counted."""
        if now < self.next_turn:
            return NOTHING
        if now < self.end:
            left, self._quarter = self._quarter, self._quarter_of(now)
            # What was recent is so no more, or no more alone.
            return Touched(frozenset(queue for queue, at in self._quarters if at >= left - 1))
        touched = Touched(frozenset(self._queues), frozenset(self._agents))
        self.start, self.end = self.rules.day(now)
        self._quarter = self._quarter_of(now)
        self.all = Figures()
        self._queues, self._quarters, self._agents = {}, {}, {}
        return touched

    @property
    def next_turn(self) -> float:
        """When ``turn`` has something to do, even if nothing happens before."""
        return min(self.end, self.start + (self._quarter + 1) * QUARTER_S)

    def _quarter_of(self, at: float) -> int:
        return int((at - self.start) // QUARTER_S)

    def _follow_wait(self, event: CallEvent, call: Call) -> frozenset[str]:
        there = self._waiting.get(call.id)
        if there is None and not isinstance(event, Queued):
            return frozenset()
        waits = call.place is Place.QUEUE and call.parking is None and not isinstance(event, Left)
        here = call.queue if waits else None
        if there is not None and there[0] == here:
            return frozenset()
        touched = []
        if there is not None:
            del self._waiting[call.id]
            self.waited(*there, event.at, _came(event, call))
            touched.append(there[0])
        if here is not None and isinstance(event, Queued):
            self._waiting[call.id] = here, event.at
            self.came(here, event.at)
            touched.append(here)
        return frozenset(touched)

    def _follow_talk(self, event: CallEvent, call: Call) -> frozenset[str]:
        there = self._talking.get(call.id)
        offer = call.offer
        here = offer.agent if call.place is Place.TALK and offer is not None and offer.connected else None
        if here == (there[0] if there is not None else None):
            return frozenset()
        touched = []
        if there is not None:
            del self._talking[call.id]
            self.talked(*there, event.at)
            touched.append(there[0])
        if here is not None:
            self._talking[call.id] = here, event.at
            self.talk_began(here, event.at)
            touched.append(here)
        return frozenset(touched)

    # What calls come to; those of an earlier run are told by these alone

    def came(self, queue: str, at: float) -> None:
        """A call came to a queue."""
        self._count(queue, at, Figures(offered=1))

    def waited(self, queue: str, since: float, until: float, came: Came) -> None:
        """A call that came at ``since`` has left the queue."""
        wait_s = max(0.0, until - since)
        match came:
            case Came.ANSWERED:
                in_time = int(wait_s <= self.rules.target_s(queue))
                self._count(queue, since, Figures(answered=1, in_time=in_time, waited_s=wait_s))
            case Came.ABANDONED if wait_s < self.rules.short_s:
                self._count(queue, since, Figures(offered=-1, short=1))
            case Came.ABANDONED:
                self._count(queue, since, Figures(abandoned=1))
            case Came.MOVED:
                self._count(queue, since, Figures(moved=1))

    def talked(self, agent: str, since: float, until: float) -> None:
        """A talk is over; what of it was before midnight is not counted."""
        self._work(agent).talk_s += max(0.0, min(until, self.end) - max(since, self.start))

    def talk_began(self, agent: str, at: float) -> None:
        """A talk began."""
        if self.start <= at < self.end:
            self._work(agent).calls += 1

    def _count(self, queue: str, at: float, more: Figures) -> None:
        if not self.start <= at < self.end:
            return
        quarter = queue, self._quarter_of(at)
        for figures in (
            self.all,
            self._queues.setdefault(queue, Figures()),
            self._quarters.setdefault(quarter, Figures()),
        ):
            figures.add(more)

    def _work(self, agent: str) -> Work:
        return self._agents.setdefault(agent, Work())

    # What is asked

    def queue(self, name: str) -> Figures:
        return self._queues.get(name) or Figures()

    def recent(self, name: str) -> Figures:
        """Of the calls that came in this quarter-hour or in the one before it."""
        sum = Figures()
        for quarter in (self._quarter - 1, self._quarter):
            if figures := self._quarters.get((name, quarter)):
                sum.add(figures)
        return sum

    def agent(self, name: str) -> Work:
        return self._agents.get(name) or Work()

    @property
    def touched(self) -> Touched:
        """Whoever has figures."""
        return Touched(frozenset(self._queues), frozenset(self._agents))

    def quarters(self, queues: Callable[[str], bool], now: float) -> list[dict[str, Any]]:
        """The figures of these queues together, of each quarter-hour until now, with its start as ``at``."""
        last = self._quarter_of(min(now, self.end - 1))
        sums = [Figures() for _ in range(last + 1)]
        for (queue, quarter), figures in self._quarters.items():
            if quarter <= last and queues(queue):
                sums[quarter].add(figures)
        return [{"at": self.start + number * QUARTER_S, **figures.row()} for number, figures in enumerate(sums)]


def _came(event: CallEvent, call: Call) -> Came:
    if call.place is Place.TALK:
        return Came.ANSWERED
    # A missed end is taken for the caller's, as in the records.
    if isinstance(event, Ended) and (event.by is Party.CALLER or event.estimated):
        return Came.ABANDONED
    return Came.MOVED


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
