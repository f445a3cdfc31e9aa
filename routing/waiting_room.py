"""The calls that wait: how they come to their place, what they have before them, when they are given away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from cti.calls.events import CallbackWanted, Queued
from cti.calls.names import DIRECT_QUEUE
from cti.calls.standing import Standing
from cti.calls.words import CallId
from routing import callbacks, own_calls
from routing.overflow import Outlook, overflow
from routing.pace import Pace
from routing.queues import Needs, Overflow, Queue, Queues, Rule, Waiting, merge
from routing.router import Router
from routing.timers import Timers

DIRECT = Queue(DIRECT_QUEUE, {})
FIRST = 1_000_000
"""The priority of a caller whose talk is to go on: above all that sites give."""

EstimateError = Callable[[str, float], None]
"""Told the queue, and how many seconds longer a caller waited than he was told."""


class WaitingRoom:
    """Calls in a queue, offered to an agent or not. Times are Unix seconds.

    ``changed`` are the calls to be written to the store. ``present`` tells how many agents who may
    serve a queue are logged in; ``estimate_error`` hears how far out an estimate was.
    """

    def __init__(
        self, queues: Queues, router: Router, present: Callable[[str], int], estimate_error: EstimateError
    ) -> None:
        self._queues = queues
        self.router = router
        self._present = present
        self._estimate_error = estimate_error
        self.calls: dict[CallId, Waiting] = {}
        self.kept: dict[CallId, Waiting] = {}
        """Calls that waited when an earlier engine stopped, until they are found alive."""
        self.changed: set[CallId] = set()
        self.overflows: Timers[CallId] = Timers()
        """When a call will have waited for so long that its queue gives it away."""
        self.parkings: Timers[CallId] = Timers()
        """When a caller has been parked for long enough, whom nobody is just taking."""
        self._came: dict[CallId, Queued] = {}
        self._spent: dict[CallId, set[tuple[str, Overflow]]] = {}
        """Rules (by queue) that gave the call away: a flow may send it back, and a number not answer."""
        self._told: dict[CallId, tuple[float, float]] = {}
        self._paces: dict[str, Pace] = {}
        self._count: Counter[str] = Counter()
        self._cut: dict[tuple[str, str], tuple[float, int]] = {}
        self._cut_until: Timers[tuple[str, str]] = Timers()
        self._arrivals = 0

    def queue(self, name: str) -> Queue:
        """The queue of a waiting call."""
        return self._queues[name]

    # Coming and going

    def place(self, queue: Queue, event: Queued, caller: str, now: float, able: Callable[[str], bool]) -> Waiting:
        """The place of a call that was sent to the queue. ``able`` says who is worth waiting for."""
        self._arrivals += 1
        since, sequence = event.at if event.since is None else event.since, self._arrivals
        for late in self._cut_until.due(now):
            self._cut.pop(late, None)
        resumed = self._cut.pop((caller, queue.name), None)
        if resumed is not None and event.since is None:
            since, sequence = resumed
        prefer = event.prefer if event.park_s or (event.prefer_s > 0 and able(event.prefer)) else ""
        return Waiting(
            call=event.call,
            queue=queue.name,
            needs=merge(queue.skills, event.skills, groups=queue.groups),
            priority=self._priority(queue, event.priority, event.level),
            since=since,
            sequence=sequence,
            agent=event.agent,
            prefer=prefer,
            prefer_until=now + event.prefer_s if prefer else 0.0,
            level=event.level,
            not_before=now + event.park_s if event.park_s else 0.0,
        )

    def callback(self, queue: Queue, event: CallbackWanted) -> Waiting | None:
        """The place of a callback; None where the customer waits for one in this queue already."""
        for other in (*self.calls.values(), *self.kept.values()):
            if other.wanted is not None and (other.number, other.queue) == (event.number, queue.name):
                return None
        self._arrivals += 1
        needs = merge(queue.skills, event.skills, groups=queue.groups)
        return callbacks.wanted(event, queue, needs, self._priority(queue, event.priority, event.level), self._arrivals)

    def dialled(self, call: CallId, agent: str, number: str, now: float) -> Waiting:
        """The place of a call that an agent makes."""
        self._arrivals += 1
        return own_calls.dialled(call, agent, number, FIRST, self._arrivals, now)

    def own_priority(self, waiting: Waiting) -> int:
        """What the call's own priority was."""
        return waiting.priority - self._priority(self._queues[waiting.queue], 0, waiting.level)

    def enter(self, waiting: Waiting, came: Queued | None, now: float) -> None:
        """The call waits from now on; ``came`` is how it was sent here, None for a callback."""
        self.kept.pop(waiting.call, None)
        if waiting.call not in self.calls:
            self._count[waiting.queue] += 1
        self.calls[waiting.call] = waiting
        self.changed.add(waiting.call)
        if came is not None:
            self._came[waiting.call] = replace(came, prefer="", prefer_s=0.0, park_s=0.0) if came.park_s else came
        self.back(waiting, now)

    def back(self, waiting: Waiting, now: float) -> None:
        """An offer came to nothing: the call has its turn again."""
        if waiting.parked:  # even if his time is over: then he comes back first, and is matched after that
            self.router.wait(replace(waiting, not_before=max(waiting.not_before, now + 1.0)), now)
            self.parkings.set(waiting.call, waiting.not_before)
            return
        self.router.wait(waiting, now)
        self.overflows.set(waiting.call, self._overflow_time(waiting, now))

    def offered(self, call: CallId) -> None:
        """The call is offered to somebody: it isn't to be offered to another or given away."""
        self.router.leave(call)
        self.overflows.set(call, None)
        self.parkings.set(call, None)

    def change(self, waiting: Waiting) -> None:
        """Something of a waiting call is different, not its place."""
        self.calls[waiting.call] = waiting
        self.changed.add(waiting.call)

    def forget(self, call: CallId) -> Waiting | None:
        """The call waits no more. Returns its place."""
        waiting, kept = self.calls.pop(call, None), self.kept.pop(call, None)
        if waiting is None and kept is None:
            return None
        self.changed.add(call)
        self.router.forget(call)
        self.overflows.set(call, None)
        self.parkings.set(call, None)
        for known in (self._came, self._told):
            known.pop(call, None)
        if waiting is not None:
            self._count[waiting.queue] -= 1
            if not self._count[waiting.queue]:
                self._pace(waiting.queue).emptied()
        return waiting or kept

    def answered(self, waiting: Waiting, now: float) -> None:
        """An agent talks with the caller now."""
        self._pace(waiting.queue).answered(now, self._count[waiting.queue] - 1)
        if told := self._told.get(waiting.call):
            at, estimate_s = told
            self._estimate_error(waiting.queue, now - at - estimate_s)

    def handled(self, queue: str, seconds: float) -> None:
        """An agent was taken up for so long by a call of this queue."""
        self._pace(queue).handled(seconds)

    # A place kept for who was cut off

    def cut_off(self, waiting: Waiting, caller: str, now: float) -> None:
        """The caller is gone. If his queue is set so, he may have his place back for a while."""
        queue = self._queues.get(waiting.queue)
        if queue is not None and queue.resume_s and caller:
            key = caller, queue.name
            self._cut[key] = waiting.since, waiting.sequence
            self._cut_until.set(key, now + queue.resume_s)

    def keep_no_place(self, callers: Collection[str]) -> None:
        """None of these callers has his place back."""
        for key in [key for key in self._cut if key[0] in callers]:
            del self._cut[key]
            self._cut_until.set(key, None)

    # What a call has before it

    def standing(self, call: CallId, now: float, *, tell: bool = False) -> Standing | None:
        """Where the call stands; None if it doesn't wait. ``tell``: the caller hears the estimate,
        and how far it was out is measured in the end."""
        waiting = self.calls.get(call)
        if waiting is None:
            return None
        position = self.router.ahead(waiting) + 1
        estimate_s = self.estimate(waiting.queue, position)
        if tell and estimate_s is not None:
            self._told[call] = now, estimate_s
        return Standing(position, estimate_s)

    def overflow(self, waiting: Waiting, rules: Collection[Rule], now: float) -> Overflow | None:
        """The queue's rule, of these kinds, that gives the call away now."""
        queue = self._queues[waiting.queue]
        if waiting.wanted is not None or waiting.parked or not queue.overflow:
            return None
        queue = replace(queue, overflow=self._unspent(waiting))

        def ahead() -> int:
            return self.router.ahead(waiting)

        outlook = Outlook(
            since=waiting.since,
            ahead=ahead,
            estimate_s=lambda: self.newcomer_s(queue, waiting.needs, ahead()),
            agents=lambda: self._present(queue.name),
        )
        return overflow(queue, rules, outlook, now)

    def spent(self, waiting: Waiting, rule: Overflow) -> None:
        """The rule gives the call away; it never does so again."""
        self._spent.setdefault(waiting.call, set()).add((waiting.queue, rule))

    def ended(self, call: CallId) -> None:
        """There is nothing more to know of the call."""
        self._spent.pop(call, None)

    def came(self, call: CallId) -> Queued | None:
        """How the call was sent to its queue."""
        return self._came.get(call)

    def start(self, kept: Mapping[CallId, Waiting]) -> None:
        """Takes over calls that must be found alive before they count."""
        self.kept = dict(kept)
        self._arrivals = max((call.sequence for call in kept.values()), default=0)

    def _priority(self, queue: Queue, own: int, level: str) -> int:
        return queue.priority + own + self._queues.levels.get(level, 0)

    def _pace(self, queue: str) -> Pace:
        return self._paces.setdefault(queue, Pace())

    def newcomer_s(self, queue: Queue, needs: Needs, ahead: int) -> float | None:
        """Seconds until a call that comes now, behind so many, goes to an agent: none at all where one
        is ready for it; None where that is unknown."""
        if len(self.router.pool(needs, queue).ready) > ahead:
            return 0.0
        return self.estimate(queue.name, ahead + 1)

    def estimate(self, queue: str, position: int) -> float | None:
        """Seconds until the call at ``position`` of the queue goes to an agent; None where that is unknown."""
        return self._pace(queue).estimate(position, self._present(queue))

    def _overflow_time(self, waiting: Waiting, now: float) -> float | None:
        rules = (o for o in self._unspent(waiting) if o.rule is Rule.WAIT)
        return min((max(now, waiting.since + o.limit) for o in rules), default=None) if not waiting.wanted else None

    def _unspent(self, waiting: Waiting) -> tuple[Overflow, ...]:
        spent, rules = self._spent.get(waiting.call), self._queues[waiting.queue].overflow
        return tuple(o for o in rules if (waiting.queue, o) not in spent) if spent else rules
