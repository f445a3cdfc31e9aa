"""Open or closed, to the minute, over time zones, midnights and the change of clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cti.site.hours import Hours, is_open

SHOP = {"zone": "Europe/Berlin", "open": {"mon-fri": "08:00-12:00, 13:00-20:00", "sat": "09:00-14:00"}}
NIGHT = {"zone": "Europe/Berlin", "open": {"sat,sun": "22:00-06:00"}, "closed_on": ["2026-12-26"]}
DEUTSCH = SHOP | {"holidays": "DE-BY", "special": {"2026-12-24": "08:00-10:00", "2026-12-25": "22:00-02:00"}}
CHINA = {"zone": "Europe/Berlin", "open": {"mon-fri": "08:00-12:00", "sun": "10:00-11:00"}, "holidays": "CN"}
ALWAYS = {"zone": "UTC", "open": {"mon-sun": "00:00-24:00"}}


@pytest.mark.parametrize(
    ("hours", "when", "expected"),
    [
        (SHOP, "2026-11-23 07:59:59", False),  # a Monday
        (SHOP, "2026-11-23 08:00:00", True),
        (SHOP, "2026-11-23 12:30:00", False),
        (SHOP, "2026-11-23 19:59:59", True),
        (SHOP, "2026-11-23 20:00:00", False),
        (SHOP, "2026-11-28 09:00:00", True),  # a Saturday
        (SHOP, "2026-11-29 10:00:00", False),  # a Sunday
        (SHOP | {"closed_on": ["2026-11-23"]}, "2026-11-23 10:00:00", False),
        (NIGHT, "2026-12-19 23:00:00", True),  # a Saturday
        (NIGHT, "2026-12-20 05:59:00", True),
        (NIGHT, "2026-12-21 05:59:00", True),  # Monday morning is Sunday's night
        (NIGHT, "2026-12-22 05:59:00", False),
        (NIGHT, "2026-12-26 23:00:00", False),
        (NIGHT, "2026-12-27 03:00:00", False),
        (NIGHT, "2026-12-27 23:00:00", True),
        (SHOP, "2026-03-30 08:00:00", True),  # the Monday after the clocks went forward
        (ALWAYS, "2026-12-31 23:59:59", True),
        (DEUTSCH, "2026-06-04 10:00:00", False),  # Corpus Christi, kept in Bavaria
        (DEUTSCH | {"holidays": "DE-BE"}, "2026-06-04 10:00:00", True),
        (DEUTSCH, "2026-12-24 09:00:00", True),
        (DEUTSCH, "2026-12-24 10:00:00", False),
        (DEUTSCH, "2026-12-25 23:00:00", True),  # a special day goes before a holiday
        (DEUTSCH, "2026-12-26 01:59:00", True),  # and lasts into the next
        (DEUTSCH | {"special": {"2026-11-23": "closed"}}, "2026-11-23 09:00:00", False),
        (DEUTSCH | {"closed_on": ["2026-12-24"]}, "2026-12-24 09:00:00", True),
        (CHINA, "2026-10-01 09:00:00", False),  # National Day
        (CHINA, "2026-02-14 09:00:00", True),  # a Saturday that is worked
        (CHINA, "2026-02-21 09:00:00", False),
        (CHINA, "2026-09-20 09:00:00", False),  # a Sunday that is worked, but with hours of its own
        (CHINA, "2026-09-20 10:30:00", True),
        ({"zone": "UTC", "open": {"sun-mon": "00:00-24:00"}}, "2026-11-24 12:00:00", False),
        ({"zone": "UTC", "open": {"sun-mon": "00:00-24:00"}}, "2026-11-23 12:00:00", True),
    ],
)
def test_open_at(hours: dict[str, Any], when: str, expected: bool) -> None:
    local = datetime.fromisoformat(when).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    assert is_open(Hours.model_validate(hours), local.timestamp()) is expected


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"zone": "Mars/Olympus"}, "no time zone"),
        ({"zone": "../../etc/passwd"}, "no time zone"),
        ({"zone": "Europe"}, "no time zone"),
        ({"open": {}}, "write the days"),
        ({"open": {"mo": "08:00-20:00"}}, "is no day"),
        ({"open": {"mon": "8-20"}}, "08:00-20:00"),
        ({"open": {"mon": "08:00-24:01"}}, "is no time of day"),
        ({"open": {"mon": "08:60-09:00"}}, "is no time of day"),
        ({"open": {"mon": "08:00-08:00"}}, "is never open"),
        ({"open": {"mon": 8}}, "must be text"),
        ({"open": {"mon-fri": "08:00-20:00", "fri": "08:00-14:00"}}, "fri is given twice"),
        ({"closed_on": ["Christmas"]}, "date"),
        ({"holidays": "XX"}, "no holidays are known"),
        ({"holidays": "DE-ZZ"}, "no holidays are known"),
        ({"holidays": "Germany"}, "no holidays are known"),
        ({"special": ["2026-12-24"]}, "write each day"),
        ({"special": {"2026-12-24": 8}}, "are text"),
        ({"special": {"2026-12-24": "shut"}}, "are no hours"),
        ({"special": {"2026-13-24": "closed"}}, "date"),
    ],
)
def test_wrong_hours(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Hours.model_validate(SHOP | change)


DAY_MINUTES = 24 * 60
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Africa/Casablanca",
     "Pacific/Apia", "America/St_Johns"]
)  # fmt: skip


@given(
    zone=ZONES,
    first=st.integers(1, DAY_MINUTES - 2),
    length=st.integers(1, DAY_MINUTES - 1),
    now=st.floats(0, 4e9) | st.integers(0, 24 * 14).map(lambda h: 1_774_000_000.0 + h * 1800),
)
def test_it_is_open_or_closed_by_the_clock_on_the_wall_and_never_both(
    zone: str, first: int, length: int, now: float
) -> None:
    def clock(minute: int) -> str:
        return f"{minute // 60:02}:{minute % 60:02}"

    last = (first + length) % DAY_MINUTES
    if last == first:
        return
    span, rest = f"{clock(first)}-{clock(last)}", f"{clock(last)}-{clock(first)}"
    day = Hours.model_validate({"zone": zone, "open": {"mon-sun": span}})
    night = Hours.model_validate({"zone": zone, "open": {"mon-sun": rest}})
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    expected = first <= minute < last if first < last else not last <= minute < first
    assert is_open(day, now) is expected
    assert is_open(night, now) is not expected
    assert is_open(Hours.model_validate(ALWAYS | {"zone": zone}), now)


@pytest.mark.parametrize("hour", [0, 1])
def test_the_hour_that_comes_twice_and_the_hour_that_never_comes(hour: int) -> None:
    shop = Hours.model_validate({"zone": "Europe/Berlin", "open": {"sun": "02:00-02:30"}})
    back = datetime.fromisoformat("2026-10-25T00:15:00+00:00").timestamp() + hour * 3600
    assert is_open(shop, back)
    forward = datetime.fromisoformat("2026-03-29T00:00:00+00:00").timestamp()
    assert not any(is_open(shop, forward + minute * 60) for minute in range(180))
