"""Which of a queue's rules gives a call away."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from cti.site.hours import is_open
from routing.queues import Overflow, Queue, Rule


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a call has before it. ``since`` is when its wait began (Unix seconds), ``ahead`` how many
    wait before it, ``estimate_s`` how long it will likely wait (None: unknown), ``agents`` how many
    of the queue's are logged in. They are worked out when asked for: most queues have no such rule."""

    since: float
    ahead: Callable[[], int]
    estimate_s: Callable[[], float | None]
    agents: Callable[[], int]


def overflow(queue: Queue, rules: Collection[Rule], outlook: Outlook, now: float) -> Overflow | None:
    """The first rule in the queue's order, of these kinds, that is true of the call. ``now`` is Unix seconds."""
    return next((o for o in queue.overflow if o.rule in rules and _true(o, queue, outlook, now)), None)


def _true(overflow: Overflow, queue: Queue, outlook: Outlook, now: float) -> bool:
    match overflow.rule:
        case Rule.WAIT:
            return outlook.since + overflow.limit <= now
        case Rule.LENGTH:
            return outlook.ahead() >= overflow.limit
        case Rule.ESTIMATE:
            estimate_s = outlook.estimate_s()
            return estimate_s is not None and estimate_s >= overflow.limit
        case Rule.NOBODY:
            return outlook.agents() == 0
        case Rule.CLOSED:
            return queue.hours is not None and not is_open(queue.hours, now)


def why(overflow: Overflow) -> str:
    """The rule in words, for the record."""
    match overflow.rule:
        case Rule.WAIT:
            return f"waited {overflow.limit:g} s"
        case Rule.LENGTH:
            return f"{overflow.limit:g} calls before it"
        case Rule.ESTIMATE:
            return f"an estimated wait of {overflow.limit:g} s"
        case Rule.NOBODY:
            return "nobody logged in"
        case Rule.CLOSED:
            return "closed"
