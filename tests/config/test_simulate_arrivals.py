"""The arrivals file: what it says, what is wrong with it, and the chance behind it."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from statistics import fmean, pstdev

import pytest
from pydantic import ValidationError

from config import settings
from config.simulation import arrivals
from config.simulation.arrivals import QUARTER_S, ArrivalsFile, Want
from config.simulation.spread import Spread
from cti.site.files import SiteError
from tests.config.simulated import MONDAY, exponential, want

GOOD = """
date: 2026-11-23
wants:
  outage: {calls: 60, dials: "5550100", keys: {main: "1"}}
"""


def load(site: Path, text: str) -> ArrivalsFile:
    (site / "monday.yaml").write_text(text, encoding="utf-8")
    return arrivals.load(site / "monday.yaml", settings.load(site))


def problems(site: Path, text: str) -> list[str]:
    with pytest.raises(SiteError) as caught:
        load(site, text)
    return [str(problem) for problem in caught.value.problems]


def test_the_example_loads_with_the_sites_roster(site: Path) -> None:
    plan = arrivals.load(site / "arrivals.yaml", settings.load(site))
    assert plan.roster is not None
    assert set(plan.roster.shifts) == {"early", "late"}
    assert sum(sum(plan.expected(each)) for each in plan.wants.values()) == pytest.approx(249)


def test_a_roster_of_its_own_goes_before_the_sites(site: Path) -> None:
    roster = 'roster: {shifts: {only: {hours: {mon: "08:00-16:00"}, agents: [bob]}}}\n'
    plan = load(site, GOOD + roster)
    assert plan.roster is not None
    assert set(plan.roster.shifts) == {"only"}


def test_without_any_roster_there_is_none(site: Path) -> None:
    (site / "roster.yaml").unlink()
    assert load(site, GOOD).roster is None


def test_everything_that_the_site_does_not_have_is_told_at_once(site: Path) -> None:
    text = """
date: 2026-11-23
queues: {nowhere: {talk: {mean: 10s}}}
shapes: {flat: [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}
wants:
  a: {calls: 60, shape: round, dials: "1", keys: {nonode: "1"}}
  b: {calls: [1, 2], shape: flat, begin: "23:45", dials: "1"}
  c: {calls: 5, begin: "08:00", dials: "1"}
roster: {shifts: {only: {hours: {mon: "08:00-16:00"}, agents: [nobody]}}}
"""
    assert problems(site, text) == [
        "monday.yaml:3: queues.nowhere: there is no queue called 'nowhere'",
        "monday.yaml:6: wants.a.shape: there is no shape called 'round'",
        "monday.yaml:6: wants.a.keys.nonode: no flow has a node called 'nonode'",
        "monday.yaml:7: wants.b.shape: has no meaning beside calls of each quarter-hour",
        "monday.yaml:7: wants.b.calls: goes beyond midnight",
        "monday.yaml:8: wants.c.begin: has no meaning beside calls of the whole day",
        "monday.yaml:9: roster.shifts.only.agents.0: no agent is called 'nobody'",
    ]


def test_a_number_that_the_site_does_not_have(site: Path) -> None:
    text = (site / "site.yaml").read_text(encoding="utf-8").replace('"*": main', '"100": main')
    (site / "site.yaml").write_text(text, encoding="utf-8")
    assert problems(site, GOOD) == ["monday.yaml:4: wants.outage.dials: no number '5550100' is in site.yaml"]


def test_a_bad_roster_of_the_site_is_told_of_its_own_file(site: Path) -> None:
    (site / "roster.yaml").write_text('shifts: {a: {hours: {mon: "08:00-16:00"}, agents: [nobody]}}', encoding="utf-8")
    assert problems(site, GOOD) == ["roster.yaml:1: shifts.a.agents.0: no agent is called 'nobody'"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("date: soon", "must be a day such as 2026-11-23"),
        ("date: 2026-11-23T10:00:00Z", "must be a day such as 2026-11-23"),
        ("zone: Mars/Base", "no time zone is called 'Mars/Base'"),
        ("talk: {mean: 20}", "must be a duration"),
        ("seeds: 1", "is not known here"),
        ("talk: {mean: 3m, cv: 1.0}", "belongs to lognormal"),
        ("talk: {mean: 3m, shape: lognormal}", "belongs to lognormal"),
        ("talk: {mean: 3m, shape: square}", "must be 'exponential', 'lognormal' or 'fixed'"),
        ("shapes: {a: [1, 2]}", "must be 24 numbers"),
        ("shapes: {a: [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}", "needs a weight above 0"),
    ],
)
def test_what_cannot_be_read_says_why(site: Path, wrong: str, why: str) -> None:
    key = wrong.partition(":")[0]
    lines = [line for line in GOOD.strip().splitlines() if not line.startswith(f"{key}:")]
    (told,) = problems(site, "\n".join([wrong, *lines]))
    assert told.startswith(f"monday.yaml:1: {key}")
    assert why in told


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"keys": "1x"}, "must be keys of a telephone"),
        ({"keys": {"main": "?"}}, "must be keys of a telephone"),
        ({"calls": [-1]}, "greater than or equal to 0"),
        ({"begin": "08:10"}, "beginning of a quarter-hour"),
        ({"begin": "24:00"}, "beginning of a quarter-hour"),
        ({"answers": {"verify": "maybe"}}, "right"),
    ],
)
def test_what_a_want_cannot_be(given: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Want.model_validate({"calls": 1, "dials": "1", **given})


def test_nobody_calls(site: Path) -> None:
    assert problems(site, GOOD.replace("60", "0")) == ["monday.yaml:3: wants: nobody calls"]


def test_calls_of_a_day_are_shared_out_by_the_hours_of_a_shape() -> None:
    shape = tuple(float(hour == 8) + 3.0 * (hour == 9) for hour in range(24))
    plan = ArrivalsFile(date=MONDAY, shapes={"s": shape}, wants={"a": Want(calls=80.0, shape="s", dials="1")})
    expected = plan.expected(plan.wants["a"])
    assert expected[32:40] == [5.0] * 4 + [15.0] * 4
    assert sum(expected) == 80.0
    assert plan.quarters == range(32, 40)


def test_calls_of_quarter_hours_begin_where_they_say() -> None:
    plan = ArrivalsFile(date=MONDAY, zone="Asia/Shanghai", wants={"a": want((10.0, 20.0), begin=32)})
    assert plan.expected(plan.wants["a"])[31:35] == [0.0, 10.0, 20.0, 0.0]
    assert plan.quarters == range(32, 34)
    came = arrivals.arrivals(plan, 1)
    eight = plan.midnight + 8 * 3600
    assert all(eight <= arrival.at < eight + 2 * QUARTER_S for arrival in came)


def test_as_many_come_as_are_expected_and_by_chance() -> None:
    plan = ArrivalsFile(date=MONDAY, wants={"a": want((50.0,) * 96)})
    counts: Counter[int] = Counter()
    for seed in range(5):
        counts.update(int((a.at - plan.midnight) // QUARTER_S) + 96 * seed for a in arrivals.arrivals(plan, seed))
    assert abs(fmean(counts.values()) - 50) < 3 * math.sqrt(50 / 480)
    assert 6.3 < pstdev(counts.values()) < 7.9  # a Poisson count varies by its root


def test_more_of_one_want_leaves_the_others_as_they_were() -> None:
    some, more = (
        ArrivalsFile(date=MONDAY, wants={"a": want((20.0,) * 4), "b": want((count,) * 4)}) for count in (5.0, 50.0)
    )
    of_a = [[a for a in arrivals.arrivals(plan, 1) if a.want == "a"] for plan in (some, more)]
    assert of_a[0] == of_a[1]
    assert arrivals.arrivals(some, 1) != arrivals.arrivals(some, 2)


@pytest.mark.parametrize("cv", [0.3, 1.0, 2.0])
def test_a_lognormal_time_has_its_mean_and_its_spread(cv: float) -> None:
    spread = Spread.model_validate({"mean": "100s", "shape": "lognormal", "cv": cv})
    draws = [spread.at((i + 0.5) / 200_000) for i in range(200_000)]
    assert fmean(draws) == pytest.approx(100, rel=0.01)
    assert pstdev(draws) / fmean(draws) == pytest.approx(cv, rel=0.03)
    assert spread.at(0.0) == 0.0


def test_exponential_and_fixed_times() -> None:
    spread = exponential(100.0)
    assert fmean(spread.at((i + 0.5) / 100_000) for i in range(100_000)) == pytest.approx(100, rel=0.001)
    assert spread.at(0.5) == pytest.approx(100 * math.log(2))
    assert Spread.model_validate({"mean": "30s", "shape": "fixed"}).at(0.9) == 30.0
