"""Forecast files: what they say, what goes before what, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.files.forecast import load, share
from cti.site.files import SiteError
from routing.queues import Queue, Target
from routing.shifts import Shift
from routing.staffing import Load

QUEUES = {"sales": Queue("sales", {}), "help": Queue("help", {}, target=Target(0.9, 10))}
HOURS = ", ".join("1" if 8 <= hour < 18 else "0" for hour in range(24))


def write(folder: Path, text: str) -> Path:
    path = folder / "monday.yaml"
    path.write_text(text)
    return path


def test_all_there_is_to_say(tmp_path: Path) -> None:
    text = f"""
queues:
  sales: {{total: 1000, shape: [{HOURS}], aht: 4m, patience: 90s, target: {{share: 85%, within: 30s}}}}
  help: {{calls: [{", ".join(["1.5"] * 96)}], aht: 200s}}
occupancy: 85%
shrinkage: 12.5%
least: {{"20:00-08:00": 2, "07:00-24:00": 1, "23:45-24:00": 5}}
shifts:
  early: {{hours: "08:00-20:00", break: 60m}}
  night: {{hours: "20:00-8:00"}}
  whole: {{hours: "00:00-24:00"}}
"""
    found = load(write(tmp_path, text), QUEUES, {})
    sales, help_ = found.loads["sales"], found.loads["help"]
    assert sales == Load((0.0,) * 32 + (25.0,) * 40 + (0.0,) * 24, 240, 90, Target(0.85, 30))
    assert help_ == Load((1.5,) * 96, 200, None, Target(0.9, 10))
    assert (found.most_busy, found.shrinkage) == (0.85, 0.125)
    assert found.least == (2,) * 32 + (1,) * 48 + (2,) * 15 + (5,)
    assert found.shifts == (Shift("early", 32, 48, 4), Shift("night", 80, 48), Shift("whole", 0, 96))


RECORDED = {"sales": Load((0.0,) * 48 + (10.0,) * 48, 180, 60, Target())}


def test_records_alone() -> None:
    found = load(None, QUEUES, RECORDED)
    assert found.loads == RECORDED
    assert (found.most_busy, found.shrinkage, found.shifts, set(found.least)) == (1, 0, (), {0})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("{}", RECORDED["sales"]),
        ("{total: 960}", Load((0.0,) * 48 + (20.0,) * 48, 180, 60)),
        (f"{{shape: [{', '.join(['1'] * 96)}]}}", Load((5.0,) * 96, 180, 60)),
        (f"{{calls: [{', '.join(['4'] * 24)}], aht: 10s, patience: 5s}}", Load((1.0,) * 96, 10, 5)),
        ("{target: {share: 95%, within: 5s}}", Load(RECORDED["sales"].calls, 180, 60, Target(0.95, 5))),
    ],
)
def test_what_the_file_says_goes_before_the_records(tmp_path: Path, said: str, expected: Load) -> None:
    found = load(write(tmp_path, f"queues: {{sales: {said}}}"), QUEUES, RECORDED)
    assert found.loads["sales"] == expected


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = f"""
queues:
  sale: {{total: 5, shape: [{HOURS}], aht: 4m}}
  sales: {{total: 100}}
  help:
    total: 1000000
    shape: [{HOURS}]
    aht: 4m
"""
    with pytest.raises(SiteError) as wrong:
        load(write(tmp_path, text), QUEUES, {})
    assert str(wrong.value).splitlines() == [
        "monday.yaml:3: queues.sale: is no queue of the site (did you mean sales?)",
        "monday.yaml:4: queues.sales: has no calls (give calls, or total and shape)",
        "monday.yaml:4: queues.sales: has no aht (the time a call takes an agent, such as aht: 4m)",
        "monday.yaml:5: queues.help: more than 20,000 calls in a quarter-hour cannot be reckoned with",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("queues: {sales: {calls: [1, 2]}}", "has 2 numbers; a day has 24 hours or 96 quarter-hours"),
        (f"queues: {{sales: {{total: 1, shape: [{', '.join(['0'] * 24)}]}}}}", "has nothing but zeros"),
        (f"queues: {{sales: {{calls: [{HOURS}], total: 3}}}}", "not both"),
        (f"queues: {{sales: {{calls: [.nan, {HOURS[3:]}]}}}}", "must be"),
        (f"queues: {{sales: {{calls: [-1, {HOURS[3:]}]}}}}", "greater than or equal to 0"),
        (f"queues: {{sales: {{calls: [true, {HOURS[3:]}]}}}}", "valid number"),
        (
            f"queues: {{sales: {{total: 900000, shape: [{HOURS}], aht: 4m}}}}",
            "more than 20,000 calls in a quarter-hour",
        ),
        ("queues: {sales: {aht: 5}}", "must be a duration"),
        ("queues: {sales: {target: {share: 0.8, within: 20s}}}", "must be a share from 1% to 99%, such as 80%"),
        ("occupancy: 0%", "greater than 0"),
        ("shrinkage: 0.2", "must be a percentage such as 80%"),
        ("shrinkage: 120%", "must be a percentage such as 80%"),
        ("least: {night: 2}", 'must be hours such as "08:00-20:00", in quotes'),
        ('least: {"20:10-08:00": 2}', "must begin and end on a quarter of an hour, until 24:00"),
        ('least: {"20:00-24:15": 2}', "must begin and end on a quarter of an hour, until 24:00"),
        ('least: {"20:00-08:00": -1}', "greater than or equal to 0"),
        ('shifts: {early: {hours: "08:00-20:00", break: 20m}}', "must be a number of quarter-hours"),
        ('shifts: {early: {hours: "08:00-09:00", break: 60m}}', "the break is as long as the shift"),
        ("shift: {}", "is not known here"),
    ],
)
def test_what_cannot_be(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SiteError, match=r"monday\.yaml:1: ") as wrong:
        load(write(tmp_path, text), QUEUES, {})
    assert problem in str(wrong.value)


def test_nothing_to_expect(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no calls to expect"):
        load(write(tmp_path, "occupancy: 80%"), QUEUES, {})
    with pytest.raises(ValueError, match="no answered call of sales: give its aht"):
        load(None, QUEUES, {"sales": Load((1.0,) * 96, 0.0)})


def test_shares() -> None:
    assert [share(text) for text in ("80%", " 12.5 %", "0%", "100%")] == [0.8, 0.125, 0, 1]
    for bad in ("80", "-1%", "101%", "8.123%", "٨٠%", 80):
        with pytest.raises(ValueError, match="percentage"):
            share(bad)
