"""How fast a queue moves, and from that how long a call at some place in it will wait."""

from __future__ import annotations

from dataclasses import dataclass

WEIGHT = 0.1
"""Of the newest of the measured times in their mean: about the last twenty count."""


@dataclass(slots=True)
class Mean:
    """An exponentially weighted mean of seconds."""

    value: float | None = None

    def add(self, seconds: float) -> None:
        self.value = seconds if self.value is None else self.value + WEIGHT * (seconds - self.value)


class Pace:
    """One queue's pace. Times are Unix seconds.

    The time between two calls that leave the queue for an agent is measured only while calls wait:
    that is what whoever stands in the queue sees it move by.
    """

    def __init__(self) -> None:
        self._between = Mean()
        self._handling = Mean()
        self._mark: float | None = None
        """When a call last went to an agent, if others have waited ever since."""

    def answered(self, now: float, still_waiting: int) -> None:
        """A call has gone to an agent; so many wait on."""
        if self._mark is not None and still_waiting:
            self._between.add(now - self._mark)
        self._mark = now if still_waiting else None

    def emptied(self) -> None:
        """Nobody waits any more."""
        self._mark = None

    def handled(self, seconds: float) -> None:
        """An agent was taken up by a call for so long, wrap-up included."""
        self._handling.add(seconds)

    def estimate(self, position: int, agents: int) -> float | None:
        """Seconds until the call at ``position`` (1 is next) goes to an agent, with so many agents
        logged in who may take it; None where nothing was measured yet, or nobody is there."""
        if not agents:
            return None
        if self._between.value is not None:
            return position * self._between.value
        if self._handling.value is not None:
            return position * self._handling.value / agents
        return None
