"""Whose turn it is, and who is asked. These few rules are the whole policy.

Calls: higher priority first (the queue's plus the call's), then the longest wait, then the
order of arrival. Agents: of those ready with every needed skill at its least level, the best
skilled (the highest sum of levels over the needed skills), then the longest idle.
"""

from __future__ import annotations

from collections.abc import Mapping

from cti.calls.events import CallId
from routing.queues import Needs, Waiting

Turn = tuple[int, float, int, CallId]
"""Sorts calls: the smallest is next. The id is last, so that no two are equal."""
Rank = tuple[int, float, str]
"""Sorts agents for one group of needs: the smallest is asked first."""


def turn(waiting: Waiting) -> Turn:
    """A waiting call's place among all."""
    return (-waiting.priority, waiting.since, waiting.sequence, waiting.call)


def score(skills: Mapping[str, int], needs: Needs) -> int | None:
    """How well the skills meet the needs: their summed levels, or None where one falls short."""
    total = 0
    for skill, least in needs.skills:
        level = skills.get(skill, 0)
        if level < least:
            return None
        total += level
    return total


def rank(score: int, idle_since: float, name: str) -> Rank:
    """A ready agent's place among those who can take a call."""
    return (-score, idle_since, name)
