"""How many calls of one caller are taken: one telephone cannot take all the lines, nor all the agents. Pure."""

from __future__ import annotations

from collections import Counter

from cti.calls.words import CallId
from cti.limits import RateLimit
from cti.outbound import NUMBER

MINUTE_S = 60.0


class Floods:
    """Lets a number have ``at_once`` calls at a time, and ``a_minute`` within 60 s. Callers who show no number
    can't be told apart, and are all let in."""

    def __init__(self, at_once: int, a_minute: int) -> None:
        self._at_once = at_once
        self._minute = RateLimit(a_minute, MINUTE_S)
        self._live: dict[CallId, str] = {}
        self._counts: Counter[str] = Counter()
        self.refused = 0
        """How many calls were not let in."""

    def admits(self, call: CallId, caller: str, now: float) -> bool:
        """Whether the call is let in. ``now`` is in seconds. One that is counts until ``over``."""
        if not NUMBER.fullmatch(caller) or call in self._live:
            return True
        if self._counts[caller] >= self._at_once or self._minute.wait(caller, now):
            self.refused += 1
            return False
        self._minute.count(caller, now)
        self._live[call] = caller
        self._counts[caller] += 1
        return True

    def over(self, call: CallId) -> None:
        """The call has ended."""
        caller = self._live.pop(call, None)
        if caller is not None:
            self._counts[caller] -= 1
            if not self._counts[caller]:
                del self._counts[caller]
