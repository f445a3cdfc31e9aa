"""Thresholds: when a queue's figure is beyond its limit for long enough, supervisors are alerted.

A pure state machine for each rule. An alert is raised when the figure was beyond the limit for all of
``for_s``, and cleared when it was within for as long: one that wavers neither raises nor clears.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

_TICK_S = 0.001
"""A figure that rises is looked at so much after it meets its limit: then it is beyond."""


class Figure(StrEnum):
    """What a rule may watch. Waits are seconds, service levels shares from 0 to 1, others calls."""

    WAITING = "waiting"
    LONGEST_WAIT = "longest wait"
    ABANDONED = "abandoned"
    SERVICE_LEVEL_ANSWERED = "service level of answered"
    SERVICE_LEVEL_OFFERED = "service level of offered"
    WAIT_MEAN = "mean wait"


class Own(StrEnum):
    """What is watched without a rule of the site's, and is no queue's."""

    ROOM = "room for recordings"
    """For how many seconds there is room on the disk."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure as it is now; None where there is none, which is beyond no limit. ``rises``: by one each
    second, without anything happening. ``again_s``: to be looked at after so many seconds anyway."""

    value: float | None
    rises: bool = False
    again_s: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """``above``: beyond is more than the limit; else less."""

    queue: str
    figure: Figure | Own
    above: bool
    limit: float
    for_s: float = 30.0

    def beyond(self, reading: Reading) -> bool:
        if reading.value is None:
            return False
        return reading.value > self.limit if self.above else reading.value < self.limit


@dataclass(frozen=True, slots=True)
class Alert:
    """Raised by a rule, because the figure is beyond its limit ``since`` then; ``value`` is what it was
    as it was raised. ``cleared`` is when it was cleared, ``seen_by`` the supervisor who said that he looks
    after it. Times are Unix seconds."""

    id: str
    rule: Rule
    since: float
    value: float
    cleared: float | None = None
    seen_by: str = ""

    def row(self) -> dict[str, Any]:
        rule = self.rule
        return {
            "id": self.id,
            "queue": rule.queue,
            "figure": rule.figure,
            "above" if rule.above else "below": rule.limit,
            "value": self.value,
            "since": self.since,
            "cleared": self.cleared,
            "seen_by": self.seen_by,
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands: the alert that is raised, and since when the figure says otherwise."""

    raised: Alert | None = None
    turning: float | None = None


def step(rule: Rule, standing: Standing, reading: Reading, now: float) -> tuple[Standing, Alert | None]:
    """How the rule stands now, and the alert where it was raised or cleared by this."""
    raised, turning = standing.raised, standing.turning
    if rule.beyond(reading) is (raised is not None):
        return Standing(raised), None
    since = now if turning is None else turning
    if now < since + rule.for_s:
        return Standing(raised, since), None
    if raised is not None:
        return Standing(), replace(raised, cleared=now)
    alert = Alert(f"{rule.queue}/{rule.figure}/{since:.3f}", rule, since, reading.value or 0.0)
    return Standing(alert), alert


def wake(rule: Rule, standing: Standing, reading: Reading, now: float) -> float | None:
    """When the rule must be looked at even if nothing happens before."""
    if standing.turning is not None:
        return standing.turning + rule.for_s
    if reading.rises and reading.value is not None and rule.above and not rule.beyond(reading):
        return now + rule.limit - reading.value + _TICK_S
    return None if reading.again_s is None else now + reading.again_s


Read = Callable[[str, Figure | Own, float], Reading]
"""The figure of a queue at a time; of none for what is no queue's."""


class Alerts:
    """All rules of a site. ``read`` gives the figures."""

    def __init__(self, rules: Sequence[Rule] = (), read: Read = lambda queue, figure, now: Reading(None)) -> None:
        self._rules = tuple(rules)
        self._read = read
        self._of_queue: defaultdict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(self._rules):
            self._of_queue[rule.queue].append(number)
        self._standing = [Standing() for _ in self._rules]
        self._wake = {number: 0.0 for number, rule in enumerate(self._rules) if isinstance(rule.figure, Own)}

    def happened(self, queues: Collection[str], now: float) -> list[Alert]:
        """Something happened in these queues: the alerts that were raised or cleared by it."""
        return self._look((number for queue in queues for number in self._of_queue.get(queue, ())), now)

    def on_time(self, now: float) -> list[Alert]:
        """The same for the rules whose time has come."""
        return self._look([number for number, at in self._wake.items() if at <= now], now)

    def next_time(self) -> float | None:
        return min(self._wake.values(), default=None)

    @property
    def raised(self) -> list[Alert]:
        """The alerts that are not cleared."""
        return [standing.raised for standing in self._standing if standing.raised is not None]

    def seen(self, id: str, by: str) -> Alert | None:
        """Somebody looks after an alert: the alert as it is now, None where it is not raised. The first counts."""
        for number, standing in enumerate(self._standing):
            if standing.raised is not None and standing.raised.id == id:
                raised = standing.raised if standing.raised.seen_by else replace(standing.raised, seen_by=by)
                self._standing[number] = replace(standing, raised=raised)
                return raised
        return None

    @property
    def rules(self) -> Sequence[tuple[Rule, bool]]:
        """Each rule, and whether its alert is raised."""
        return [(rule, at.raised is not None) for rule, at in zip(self._rules, self._standing, strict=True)]

    def _look(self, numbers: Iterable[int], now: float) -> list[Alert]:
        told = []
        for number in numbers:
            rule = self._rules[number]
            reading = self._read(rule.queue, rule.figure, now)
            self._standing[number], alert = step(rule, self._standing[number], reading, now)
            at = wake(rule, self._standing[number], reading, now)
            if at is None:
                self._wake.pop(number, None)
            else:
                self._wake[number] = at
            if alert is not None:
                told.append(alert)
        return told
