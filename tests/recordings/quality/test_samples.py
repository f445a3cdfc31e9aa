"""Samples: fair, spread over the week, and the same when drawn again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls.words import CallId
from recordings.quality.samples import Rule, Talk, Week, day_of, draw

WEEK = Week(date(2026, 2, 9))
START, END = WEEK.span(UTC)
RULE = Rule("weekly", "service", 3, ("sue", "kim"))


def talk(number: int, agent: str, day: int, **other: object) -> Talk:
    at = START + day * 86_400 + 60.0 * number
    facts = {"queue": "sales", "length_s": 60.0} | other
    return Talk(call=CallId(f"c{number}"), agent=agent, at=at, **facts)  # type: ignore[arg-type]


TALKS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 6)), max_size=40).map(
    lambda given: [talk(number, agent, day) for number, (agent, day) in enumerate(given)]
)


@given(TALKS, st.randoms(use_true_random=False))
def test_each_agent_gives_as_many_from_as_many_days_as_can_be(talks: list[Talk], random: object) -> None:
    found = draw(RULE, WEEK, talks, UTC, {})
    assert len({drawn.talk.call for drawn in found}) == len(found)
    for agent in "abc":
        mine = [one for one in talks if one.agent == agent]
        drawn = [one.talk for one in found if one.talk.agent == agent]
        assert len(drawn) == min(len(mine), 3)
        days = {day_of(one.at, UTC) for one in mine}
        assert len({day_of(one.at, UTC) for one in drawn}) == min(len(days), len(drawn))
    load = Counter(drawn.grader for drawn in found)
    assert abs(load["sue"] - load["kim"]) <= 1

    shuffled = list(talks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert draw(RULE, WEEK, shuffled, UTC, {}) == found
    kept = {drawn.talk.call for drawn in found}
    assert draw(RULE, WEEK, [one for one in talks if one.call in kept], UTC, {}) == found


@given(TALKS)
def test_drawing_again_adds_nothing(talks: list[Talk]) -> None:
    found = draw(RULE, WEEK, talks, UTC, {})
    had = Counter(drawn.talk.agent for drawn in found)
    left = [one for one in talks if one not in [drawn.talk for drawn in found]]
    assert draw(RULE, WEEK, left, UTC, had) == []


def test_every_talk_has_the_same_chance() -> None:
    talks = [talk(number, "a", number % 7) for number in range(14)]
    drawn = Counter(
        one.talk.call
        for seed in range(2000)
        for one in draw(Rule("weekly", "service", 1, ("sue",), seed=seed), WEEK, talks, UTC, {})
    )
    assert all(100 < drawn[one.call] < 190 for one in talks)  # 143 each, within 4 standard deviations


def test_a_rule_says_which() -> None:
    rule = Rule("r", "f", 9, ("a", "sue"), frozenset({"sales"}), ("Sold", "Not > Dear"), 30.0, 90.0)
    talks = [
        talk(1, "a", 0, dispositions=("Sold > New",)),
        talk(2, "a", 0, dispositions=("Not > Dear",), queue="other"),
        talk(3, "a", 0, dispositions=("Not > Later",)),
        talk(4, "a", 0, dispositions=("Soldier",)),
        talk(5, "a", 0, dispositions=("Sold",), length_s=30.0),
        talk(6, "a", 0, dispositions=("Sold",), length_s=90.0),
        talk(7, "a", 0, dispositions=("Sold",)),
        talk(8, "a", 0),
    ]
    found = draw(rule, WEEK, talks, UTC, {})
    assert sorted(drawn.talk.call for drawn in found) == ["c1", "c7"]
    assert {drawn.grader for drawn in found} == {"sue"}  # nobody grades himself
    assert draw(Rule("r", "f", 9, ("a",)), WEEK, talks, UTC, {}) == []


def test_weeks() -> None:
    assert Week.parse("2026-W07") == WEEK
    assert (str(WEEK), str(Week(date(2025, 12, 29)))) == ("2026-W07", "2026-W01")
    assert Week.before(date(2026, 2, 16)) == Week.before(date(2026, 2, 22)) == WEEK
    # The clock goes forward on the Sunday.
    start, end = Week(date(2026, 3, 23)).span(ZoneInfo("Europe/Berlin"))
    assert end - start == timedelta(days=7).total_seconds() - 3600


@pytest.mark.parametrize("text", ["", "2026", "2026-W00", "2026-W54", "2026-W7", "2026-07", "２026-W07", "last"])
def test_what_is_no_week(text: str) -> None:
    with pytest.raises(ValueError, match="week"):
        Week.parse(text)
