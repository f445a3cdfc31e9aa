"""The figures of reports by themselves: worked examples, percentiles, intervals, and that parts add up."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from math import ceil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.reports.figures import FIGURES, By, Figure, of
from recordings.reports.intervals import Interval, begun, spans, whole
from recordings.reports.sums import GRADES, NAMES, Sums, percentile, step

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "figures.md"


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_the_worked_example(figure: Figure) -> None:
    assert figure.value(Sums(figure.sums)) == pytest.approx(figure.result, abs=1e-3)
    assert figure.sums.keys() <= {*NAMES, *GRADES}
    assert f"| `{figure.name}` |" in PAGE.read_text(encoding="utf-8")


def test_nothing_is_divided_by_nothing() -> None:
    for by in By:
        names = [figure.name for figure in of(by)]
        assert len(names) == len(set(names))
        for figure in of(by):
            assert figure.value(Sums()) in (None, 0)


@given(st.lists(st.floats(0, 4800), min_size=1, max_size=60), st.sampled_from([50, 90, 95]))
def test_a_percentile_is_as_near_as_is_said(waits: list[float], percent: int) -> None:
    sums = Sums(map(step, waits))
    meant = sorted(waits)[ceil(len(waits) * percent / 100) - 1]
    found = percentile(sums, percent)
    assert found is not None
    assert abs(found - meant) <= max(0.5, 0.12 * meant)


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Asia/Shanghai"])


@given(st.integers(1_700_000_000, 1_900_000_000), st.integers(1, 100 * 86_400), st.sampled_from(Interval), ZONES)
def test_intervals_have_no_gap_and_no_overlap(start: int, length: int, interval: Interval, zone: str) -> None:
    if interval in (Interval.QUARTER, Interval.HOUR):
        length = min(length, 5 * 86_400)
    first, last = whole(start, start + length)
    found = spans(first, last, interval, ZoneInfo(zone), 1000)
    assert (found[0][0], found[-1][1]) == (first, last)
    assert all(one[1] == then[0] and one[0] < one[1] for one, then in pairwise(found))


def test_days_have_23_and_25_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = int(datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp())
    day, then = spans(start, start + 40 * 3600, Interval.DAY, berlin, 9)
    assert (day[1] - day[0], then[1] - then[0]) == (25 * 3600, 15 * 3600)
    assert len(spans(start, start + 25 * 3600, Interval.HOUR, berlin, 99)) == 25
    assert begun(start + 3 * 3600, Interval.MONTH, berlin) == datetime(2026, 10, 1, tzinfo=berlin).timestamp()
    with pytest.raises(ValueError, match="more than 3 intervals"):
        spans(start, start + 86_400, Interval.HOUR, berlin, 3)
