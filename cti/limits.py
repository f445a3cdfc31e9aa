"""So many times within so long: the limits of log-ins, of calls to numbers, and of callers."""

from __future__ import annotations

from collections import OrderedDict, deque

KEYS_KEPT = 10_000


class RateLimit:
    """Lets ``times`` of a key pass in ``window_s`` seconds. Pure: ``now`` is given, in seconds."""

    def __init__(self, times: int, window_s: float) -> None:
        self._times = times
        self._window_s = window_s
        self._counted: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Seconds until there may be one more of the key, 0.0 for at once."""
        counted = self._counted.get(key)
        while counted and counted[0] <= now - self._window_s:
            counted.popleft()
        return counted[0] + self._window_s - now if counted and len(counted) >= self._times else 0.0

    def count(self, key: str, now: float) -> None:
        """There is one more. The keys longest unused are forgotten above KEYS_KEPT."""
        self._counted.setdefault(key, deque(maxlen=self._times)).append(now)
        self._counted.move_to_end(key)
        if len(self._counted) > KEYS_KEPT:
            self._counted.popitem(last=False)

    def forget(self, key: str) -> None:
        """The key's last one does not count."""
        counted = self._counted.get(key)
        if counted:
            counted.pop()
        if not counted:
            self._counted.pop(key, None)
