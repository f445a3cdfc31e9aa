"""Deadlines by key: the next one is found at once, however many there are."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator
from itertools import count
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Timers(Generic[K]):
    """At most one deadline a key. Times are Unix seconds."""

    def __init__(self) -> None:
        self._at: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._count = count()
        """Deadlines of the same moment come in the order in which they were set."""

    def set(self, key: K, at: float | None) -> None:
        """Sets the key's deadline, or takes it away with None."""
        if at is None:
            self._at.pop(key, None)
        elif self._at.get(key) != at:
            self._at[key] = at
            heapq.heappush(self._heap, (at, next(self._count), key))

    def next(self) -> float | None:
        """The first deadline."""
        heap, at = self._heap, self._at
        while heap and at.get(heap[0][2]) != heap[0][0]:
            heapq.heappop(heap)  # moved or taken away since
        return heap[0][0] if heap else None

    def due(self, now: float) -> Iterator[K]:
        """The keys whose time has come, first the earliest; each has no deadline any more."""
        while (first := self.next()) is not None and first <= now:
            key = heapq.heappop(self._heap)[2]
            del self._at[key]
            yield key
