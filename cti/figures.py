"""The figures of a call centre that boards, agents' days and reports have in common: one formula each.

Each is None where there is nothing to divide by. Times are in one unit, whichever.
"""

from __future__ import annotations

from enum import StrEnum


class Came(StrEnum):
    """What came of a wait in a queue."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    """The caller hung up."""
    MOVED = "moved"
    """It left the queue in another way: overflow, a menu, another queue."""


def share(part: float, of: float) -> float | None:
    """A part of a whole, 0 to 1; or a mean, where the part is a sum."""
    return part / of if of else None


def service_level_answered(in_time: int, answered: int) -> float | None:
    """Answered within the queue's target, of those answered."""
    return share(in_time, answered)


def service_level_offered(in_time: int, answered: int, abandoned: int, moved: int) -> float | None:
    """Answered within the queue's target, of those offered that do not wait any more."""
    return share(in_time, answered + abandoned + moved)


def handling_time(talk: float, wrap_up: float, talks: int) -> float | None:
    """AHT: the mean of talk (with holds) and wrap-up for each talk."""
    return share(talk + wrap_up, talks)


def occupancy(busy: float, available: float) -> float | None:
    """How much of their time agents handle calls, of that in which they do or could be given one."""
    return share(busy, available)
