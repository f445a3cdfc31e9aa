"""What callers choose is counted by day, forgotten after a week, and kept over restarts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls.call import Call
from cti.calls.events import Chosen
from cti.calls.words import CallId
from ivr.usage import DAY_S, DAYS, MAX_COUNTS, SAVE_S, Counts, Usage

CALL = Call(id=CallId("a"), flow="main")


async def choose(usage: Usage, value: str, day: int = 100, node: str = "menu") -> None:
    at = day * float(DAY_S) + 5
    assert not await usage.on_event(Chosen(at=at, call=CALL.id, node=node, value=value), CALL, at)


async def test_keys_are_counted_and_kept(tmp_path: Path) -> None:
    usage = Usage(tmp_path / "usage.json")
    assert usage.next_time() is None
    for key in "112#":
        await choose(usage, key)
    await choose(usage, "3", node="other")
    assert await usage.of("main", "menu") == {"1": 2, "2": 1, "#": 1}
    assert await usage.of("other", "menu") == {}
    assert usage.next_time() == 100 * DAY_S + 5 + SAVE_S
    await usage.on_time(100 * DAY_S + 5 + SAVE_S - 1)
    assert not (tmp_path / "usage.json").exists()
    await usage.on_time(100 * DAY_S + 5 + SAVE_S)
    assert usage._saving is not None
    assert usage.next_time() is None
    await usage._saving
    assert await Usage(tmp_path / "usage.json").of("main", "menu") == {"1": 2, "2": 1, "#": 1}


async def test_what_a_caller_entered_is_not_counted(tmp_path: Path) -> None:
    usage = Usage(tmp_path / "usage.json")
    for value in ("4711", "", "x", "①", "12"):
        await choose(usage, value)
    assert usage.next_time() is None
    await usage.save()
    assert json.loads((tmp_path / "usage.json").read_text()) == []


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("123")), max_size=60))
def test_only_the_last_days_count(choices: list[tuple[int, str]]) -> None:
    counts = Counts()
    for day, key in choices:
        counts.add(("main", "menu", key), day)
    last = max((day for day, _ in choices), default=0)
    assert counts.of("main", "menu").total() <= sum(day > last - DAYS for day, _ in choices)
    assert all(last - DAYS < day <= last for day in counts.days)


def test_counts_in_order_of_days_are_exact_and_bounded() -> None:
    counts = Counts()
    for day in range(10):
        counts.add(("main", "menu", "1"), day, day)
    assert counts.of("main", "menu") == {"1": sum(range(10 - DAYS, 10))}
    for n in range(2 * MAX_COUNTS):
        counts.add(("main", str(n), "1"), 9)
    assert len(counts.days[9]) == MAX_COUNTS


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[["x", 1, 2, 3, 4]]', "[[1]]", "null", "\xff", "[" * 100_000])
async def test_a_file_of_anything(tmp_path: Path, text: str) -> None:
    (tmp_path / "u.json").write_text(text, encoding="latin-1")
    assert await Usage(tmp_path / "u.json").of("main", "menu") == {}


async def test_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    usage = Usage(tmp_path / "gone" / "usage.json")
    await choose(usage, "1")
    await usage.save()
    assert await usage.of("main", "menu") == {"1": 1}
