"""What reports count: whole numbers by quarter-hour, so that the sums of any parts are those of the whole.

Waits are kept as a histogram, which adds up too. Its steps grow by a quarter each: a percentile is told
as the middle of its step, and so at most 12 % beside the wait meant, or half a second below one second.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from enum import StrEnum
from itertools import accumulate
from math import ceil, sqrt
from typing import NamedTuple

QUARTER_S = 900
STEP = 1.25
EDGES = tuple(STEP**n for n in range(39))
"""Where steps begin after the first, in seconds; the last is for all waits beyond an hour and twenty minutes."""
WAITS = tuple(f"w{n:02}" for n in range(len(EDGES) + 1))
COUNTS = (
    *("offered", "answered", "in_time", "within_limit", "abandoned", "short", "moved"),
    *("talks", "transfers", "out", "reached", "callbacks", "contacts", "repeated"),
    *("pushed", "surveyed", "scores", "score_sum", "satisfied"),
    *("calls", "visits", "contained", "gave_up", "rings", "missed", "refused"),
)
TIMES = (
    *("waited_ms", "talk_ms", "hold_ms", "wrap_up_ms"),
    *("signed_in_ms", "available_ms", "busy_ms", "rostered_ms", "adhered_ms"),
)
NAMES = (*COUNTS, *TIMES, *WAITS)
"""All that is kept; ``_ms`` are milliseconds."""
GRADES = ("graded", "fatal")
"""Counted as they are asked for: grades come and change long after their talks, and are few."""

Sums = Counter[str]
"""What was counted, by name."""


class Subject(StrEnum):
    """Of what sums are kept."""

    QUEUE = "queue"
    AGENT = "agent"
    NODE = "node"
    NUMBER = "number"


class Place(NamedTuple):
    """Where something counts: the quarter-hour that begins ``at`` (Unix seconds), and of what."""

    at: int
    subject: Subject
    name: str


def place(when: float, subject: Subject, name: str) -> Place:
    """Where what happened at ``when`` counts."""
    return Place(quarter(when), subject, name)


def quarter(when: float) -> int:
    """The beginning of the quarter-hour that a moment is in. Every zone's clock agrees on it."""
    return int(when // QUARTER_S) * QUARTER_S


def ms(seconds: float) -> int:
    """Whole milliseconds, none for what ends before it begins."""
    return max(0, round(seconds * 1000))


def step(wait_s: float) -> str:
    """The step of the histogram for a wait."""
    return WAITS[bisect_right(EDGES, wait_s)]


def percentile(sums: Sums, percent: int) -> float | None:
    """The wait, in seconds, that so many percent of those answered did not exceed."""
    counts = [sums[name] for name in WAITS]
    rank = ceil(sum(counts) * percent / 100)
    if not rank:
        return None
    at = next(at for at, reached in enumerate(accumulate(counts)) if reached >= rank)
    if at == 0:
        return 0.5
    return EDGES[at - 1] * (sqrt(STEP) if at < len(EDGES) else 1.0)
