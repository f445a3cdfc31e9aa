"""Who works when: shifts over midnight, breaks, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from config.files.roster import Duty, Roster, duties
from cti.site.files import parse
from routing.agents import Agent

MONDAY = date(2026, 11, 23)
ZONE = "Asia/Shanghai"
TEAM = {
    "alice": Agent("alice", "PJSIP/alice", {}, frozenset({"day"})),
    "bob": Agent("bob", "PJSIP/bob", {}, frozenset({"day"})),
    "carol": Agent("carol", "PJSIP/carol", {}),
}


def roster(**shifts: object) -> Roster:
    return Roster.model_validate({"shifts": shifts})


def clock(at: float) -> str:
    """The time in Shanghai, eight hours before UTC the whole year."""
    return f"{datetime.fromtimestamp(at + 8 * 3600, UTC):%d %H:%M}"


def shown(found: list[Duty]) -> list[tuple[str, str, str]]:
    return [(duty.agent, clock(duty.start), clock(duty.end)) for duty in found]


def test_only_the_shifts_of_the_day() -> None:
    found = roster(
        early={"hours": {"mon-fri": "06:00-14:00"}, "agents": ["alice", "bob"]},
        weekend={"hours": {"sat,sun": "06:00-14:00"}, "agents": ["carol"]},
    )
    assert shown(duties(found, MONDAY, ZONE, TEAM)) == [
        ("alice", "23 06:00", "23 14:00"),
        ("bob", "23 06:00", "23 14:00"),
    ]


def test_a_night_shift_is_there_in_the_morning_after_and_in_the_evening() -> None:
    found = roster(night={"hours": {"mon-sun": "22:00-06:00"}, "agents": ["bob"]})
    assert shown(duties(found, MONDAY, ZONE, TEAM)) == [
        ("bob", "22 22:00", "23 06:00"),
        ("bob", "23 22:00", "24 06:00"),
    ]


def test_a_shift_that_ended_at_midnight_is_not_of_the_day() -> None:
    found = roster(late={"hours": {"sun": "16:00-24:00"}, "agents": ["bob"]})
    assert duties(found, MONDAY, ZONE, TEAM) == []


def test_breaks_are_in_order_and_after_midnight_where_they_are_earlier_than_the_shift() -> None:
    found = roster(
        night={
            "hours": {"mon": "22:00-06:00"},
            "breaks": {"mon": "02:00-02:30, 23:00-23:15"},
            "agents": ["bob"],
        }
    )
    (duty,) = duties(found, MONDAY, ZONE, TEAM)
    assert [(clock(a), clock(b)) for a, b in duty.breaks] == [("23 23:00", "23 23:15"), ("24 02:00", "24 02:30")]


def test_each_span_of_a_split_shift_has_its_own_breaks() -> None:
    found = roster(
        split={
            "hours": {"mon": "08:00-12:00, 16:00-20:00"},
            "breaks": {"mon": "10:00-10:15, 18:00-18:15"},
            "agents": ["bob"],
        }
    )
    assert [[clock(a) for a, _ in duty.breaks] for duty in duties(found, MONDAY, ZONE, TEAM)] == [
        ["23 10:00"],
        ["23 18:00"],
    ]


def test_a_shift_goes_by_the_clock_on_the_wall() -> None:
    """On the night when the clocks go back, the shift is an hour longer."""
    found = roster(night={"hours": {"sat": "22:00-06:00"}, "agents": ["bob"]})
    (duty,) = duties(found, date(2026, 10, 24), "Europe/Berlin", TEAM)
    assert duty.end - duty.start == 9 * 3600


@pytest.mark.parametrize(
    ("shift", "why"),
    [
        ({"hours": {"mon": "06:00-14:00"}, "agents": []}, "nobody works it"),
        ({"hours": {"mon": "6-14"}, "agents": ["bob"]}, "are no hours"),
        (
            {"hours": {"mon": "06:00-14:00"}, "breaks": {"mon": "14:00-14:15"}, "agents": ["bob"]},
            "a break on mon lies outside",
        ),
        (
            {"hours": {"mon": "06:00-14:00"}, "breaks": {"tue": "10:00-10:15"}, "agents": ["bob"]},
            "a break on tue lies outside",
        ),
    ],
)
def test_what_cannot_be_is_refused(shift: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        roster(early=shift)


def test_agents_that_nobody_is_are_named_with_their_line() -> None:
    text = 'shifts:\n  early:\n    hours: {mon: "06:00-14:00"}\n    agents:\n      - alice\n      - nobody\n'
    document = parse(text, "roster.yaml")
    found = Roster.model_validate(document.data)
    (problem,) = found.problems(document, TEAM)
    assert str(problem) == "roster.yaml:6: shifts.early.agents.1: no agent is called 'nobody'"


def test_groups_work_as_one_and_nobody_twice() -> None:
    found = roster(day={"hours": {"mon": "06:00-14:00"}, "agents": ["bob"], "groups": ["day"]})
    assert [duty.agent for duty in duties(found, MONDAY, ZONE, TEAM)] == ["bob", "alice"]


def test_groups_that_nobody_is_in_are_named() -> None:
    document = parse('shifts:\n  day:\n    hours: {mon: "06:00-14:00"}\n    groups: [day, night]\n', "roster.yaml")
    (problem,) = Roster.model_validate(document.data).problems(document, TEAM)
    assert str(problem) == "roster.yaml:4: shifts.day.groups.1: no agent is in a group called 'night'"
