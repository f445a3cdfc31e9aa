"""The intervals of a report, by a site's clock. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from math import ceil, floor

from recordings.reports.sums import QUARTER_S


class Interval(StrEnum):
    """How long each row of a report is."""

    QUARTER = "quarter"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


Span = tuple[int, int]
"""From, and until (not included): Unix seconds, both beginnings of quarter-hours."""


def whole(start: float, end: float) -> Span:
    """The quarter-hours that a time touches."""
    return floor(start / QUARTER_S) * QUARTER_S, ceil(end / QUARTER_S) * QUARTER_S


def spans(start: int, end: int, interval: Interval | None, zone: tzinfo | None, most: int) -> list[Span]:
    """The intervals between two moments, by the clock in ``zone`` (None for this machine's), the first and
    the last cut; all in one for None. Raises ValueError for more than ``most``."""
    if interval is None:
        return [(start, end)] if end > start else []
    found: list[Span] = []
    while start < end:
        if len(found) == most:
            raise ValueError(f"there would be more than {most} intervals: ask for longer ones, or a shorter time")
        until = min(end, after(start, interval, zone))
        found.append((start, until))
        start = until
    return found


def after(at: int, interval: Interval, zone: tzinfo | None) -> int:
    """When the interval ends that a moment is in."""
    if interval is Interval.QUARTER:
        return (at // QUARTER_S + 1) * QUARTER_S
    local = datetime.fromtimestamp(at, zone)
    if interval is Interval.HOUR:  # an hour of the clock, whichever of the two where it comes twice
        past = local.minute * 60 + local.second
        return at - past + 3600
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if zone is None:
        day = day.replace(tzinfo=None)  # the machine's zone is looked up anew on each day
    if interval is Interval.DAY:
        day += timedelta(days=1)
    elif interval is Interval.WEEK:
        day += timedelta(days=7 - day.weekday())
    else:
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return int(day.timestamp())


def begun(at: float, interval: Interval, zone: tzinfo | None) -> int:
    """When the day, week or month began that a moment is in."""
    day = datetime.fromtimestamp(floor(at), zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if zone is None:
        day = day.replace(tzinfo=None)
    if interval is Interval.WEEK:
        day -= timedelta(days=day.weekday())
    elif interval is Interval.MONTH:
        day = day.replace(day=1)
    return int(day.timestamp())
