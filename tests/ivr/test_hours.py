"""Open or closed, to the minute, over time zones, midnights and the change of clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from ivr.hours import Hours, is_open

SHOP = {"zone": "Europe/Berlin", "open": {"mon-fri": "08:00-12:00, 13:00-20:00", "sat": "09:00-14:00"}}
NIGHT = {"zone": "Europe/Berlin", "open": {"sat,sun": "22:00-06:00"}, "closed_on": ["2026-12-26"]}
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
    ],
)
def test_wrong_hours(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Hours.model_validate(SHOP | change)
