"""How long the room for recordings lasts at the rate of the last day, and whether there is still some. Pure."""

from __future__ import annotations

from collections import deque

DAY_S = 86_400.0
LEAST_S = 3600.0
"""The rate of less time is none."""
WARN_S = 48 * 3600.0
"""Supervisors are alerted when the room lasts no longer."""
STOP = 256 << 20
"""Bytes that are left to the database and what else must go on: with less, no talk is recorded any more."""
GO_ON = 2 * STOP


class Room:
    """The disk of the recordings folder, as it was ``seen``. Room that becomes free is not taken off the rate:
    what is deleted at night would hide what comes by day."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()
        self._taken = 0.0
        self.free: int | None = None
        self.full = False

    def seen(self, free: int, now: float) -> None:
        """So many bytes are free at ``now`` (Unix seconds)."""
        if self.free is not None:
            self._taken += max(0, self.free - free)
        self.free = free
        self._seen.append((now, self._taken))
        while self._seen[0][0] < now - DAY_S:
            self._seen.popleft()
        self.full = free < (GO_ON if self.full else STOP)

    @property
    def left_s(self) -> float | None:
        """For how many seconds there is room; None where that is not known, or without end."""
        if self.full:
            return 0.0
        if self.free is None:
            return None
        (began, before), (now, after) = self._seen[0], self._seen[-1]
        if now - began < LEAST_S or after <= before:
            return None
        return max(0.0, self.free - STOP) / (after - before) * (now - began)
