"""The calls that wait in a queue, in order."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import TypeAlias

from cti.calls.words import CallId

Order: TypeAlias = tuple[int, float, CallId]
"""Waiting calls sort by this: priority first, then who came first."""


@dataclass(slots=True)
class Line:
    """The calls that wait in one queue, in order, and since when each of them does; both sorted, so
    that a change costs little however many wait."""

    order: list[Order] = field(default_factory=list)
    since: list[float] = field(default_factory=list)

    def add(self, order: Order) -> None:
        insort(self.order, order)
        insort(self.since, order[1])

    def remove(self, order: Order) -> None:
        del self.order[bisect_left(self.order, order)]
        del self.since[bisect_left(self.since, order[1])]
