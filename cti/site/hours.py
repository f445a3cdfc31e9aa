"""When a place is open: the week's hours, holidays, special days, and the question "open now?".

    zone: Europe/Berlin
    open: {mon-fri: "08:00-18:00", sat: "09:00-12:00"}
    holidays: DE-BY                              # a country (ISO 3166), or one of its regions
    special: {2026-12-24: "08:00-12:00", 2026-12-27: closed}

A special day goes before ``closed_on``, that before a holiday, and that before the week.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator

from cti.site.files import SiteModel

if TYPE_CHECKING:
    from holidays import HolidayBase

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60

Span = tuple[int, int]
"""Minutes after midnight: from, and until (not included). Beyond 1440 it goes into the next day."""

Week = tuple[tuple[Span, ...], ...]
"""The spans of each day, Monday first."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}; write one such as Europe/Berlin") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]
"""A pydantic field type: the name of a time zone."""


def _days(text: str) -> list[int]:
    """The days of ``mon``, ``mon-fri`` or ``mon,wed``; a range may go over the week's end."""
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().lower().partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"{part.strip()!r} is no day; write mon, mon-fri or sat,sun")
        start = DAYS.index(first)
        days += [(start + i) % 7 for i in range((DAYS.index(last) - start) % 7 + 1 if dash else 1)]
    return days


def _minutes(hour: str, minute: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > DAY:
        raise ValueError(f"{hour}:{minute} is no time of day; the last one is 24:00")
    return total


def _span(text: str) -> Span:
    found = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*", text, re.ASCII)
    if found is None:
        raise ValueError(f"{text!r} are no hours; write 08:00-20:00")
    start, end = _minutes(found[1], found[2]), _minutes(found[3], found[4])
    if start in (end, DAY):
        raise ValueError(f"{text!r} is never open")
    return (start, end) if start < end else (start, end + DAY)


def _week(given: Any) -> Week:
    if not isinstance(given, Mapping) or not given:
        raise ValueError('write the days and their hours, such as mon-fri: "08:00-20:00"')
    week: dict[int, tuple[Span, ...]] = {}
    for days, hours in given.items():
        if not isinstance(hours, str):
            raise ValueError(f'the hours of {days} must be text, such as "08:00-12:00, 13:00-17:00"')
        spans = tuple(_span(part) for part in hours.split(","))
        for day in _days(str(days)):
            if day in week:
                raise ValueError(f"{DAYS[day]} is given twice")
            week[day] = spans
    return tuple(week.get(day, ()) for day in range(7))


WeekHours = Annotated[Week, BeforeValidator(_week)]
"""A pydantic field type: days with their hours, such as ``{mon-fri: "08:00-18:00"}``."""


def _special(given: Any) -> Any:
    if not isinstance(given, Mapping):
        raise ValueError('write each day and its hours, such as 2026-12-24: "08:00-12:00", or closed')
    return {day: _day(hours) for day, hours in given.items()}


def _day(hours: Any) -> tuple[Span, ...]:
    if hours == "closed":
        return ()
    if not isinstance(hours, str):
        raise ValueError('the hours of a special day are text, such as "08:00-12:00", or closed')
    return tuple(_span(part) for part in hours.split(","))


@cache
def _calendar(place: str) -> HolidayBase:
    """The holidays of ``DE`` or ``DE-BY``. Raises NotImplementedError for a place not known."""
    from holidays import country_holidays  # noqa: PLC0415 slow to load, and few sites want it

    country, _, region = place.partition("-")
    return country_holidays(country, region or None)


def _place(place: str) -> str:
    found = re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", place, re.ASCII)
    try:
        if found is None:
            raise NotImplementedError
        _calendar(place)
    except NotImplementedError:
        raise ValueError(f"no holidays are known of {place!r}; write a country such as DE, or DE-BY") from None
    return place


class Hours(SiteModel):
    """Opening hours in the local time of ``zone``. A span such as 22:00-06:00 belongs to the day
    on which it begins, the whole of it; so what is said of that day goes for its morning after.

    On the holidays of ``holidays`` it is closed. Where a country works on a day of the weekend
    instead (China), Monday's hours hold on that day if it has none of its own.
    """

    zone: Zone
    open: WeekHours
    closed_on: frozenset[date] = frozenset()
    holidays: Annotated[str, AfterValidator(_place)] | None = None
    special: Annotated[Mapping[date, tuple[Span, ...]], BeforeValidator(_special)] = {}


def is_open(hours: Hours, now: float) -> bool:
    """Whether it is open at ``now`` (Unix seconds). When the clocks go back, the hour that comes
    twice is open both times or none."""
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(hours.zone))
    minute = local.hour * 60 + local.minute
    return _covers(hours, local.date(), minute) or _covers(hours, local.date() - timedelta(days=1), minute + DAY)


def spans(hours: Hours, day: date) -> tuple[Span, ...]:
    """When it is open on a day, in minutes after its midnight by the clock on the wall."""
    if (special := hours.special.get(day)) is not None:
        return special
    if day in hours.closed_on:
        return ()
    own = hours.open[day.weekday()]
    if hours.holidays is not None:
        calendar = _calendar(hours.holidays)
        if day in calendar:
            return ()
        if not own and calendar.is_weekend(day) and calendar.is_working_day(day):
            return hours.open[0]
    return own


def _covers(hours: Hours, day: date, minute: int) -> bool:
    return any(start <= minute < end for start, end in spans(hours, day))
