"""An agent's day in order."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cti.calls.words import AgentState, CallId
from recordings.desk.day import DAY_S, Days
from recordings.desk.timeline import Stretch, Talk, talks_of
from recordings.records.record import Segment
from recordings.words import SegmentKind
from tests.recordings.test_day import changes


def line(text: str, now: float = 100.0) -> tuple[Stretch, ...]:
    days = Days(UTC)
    for change in changes(text):
        days.apply(change)
    return days.line("bob", now)


def test_what_was_done_in_order() -> None:
    found = line("0 ready, 10 talk, 40 lunch, 40 ready")
    assert [(one.state.value, one.reason, one.since, one.until) for one in found] == [
        ("ready", "", 0.0, 10.0),
        ("talking", "", 10.0, 40.0),
        ("ready", "", 40.0, 100.0),
    ]
    assert Days(UTC).line("bob", 100.0) == ()


def test_a_day_begins_at_midnight_with_what_was_done_then() -> None:
    [lunch, ready] = line(f"{DAY_S - 90} ready, {DAY_S - 50} lunch, {DAY_S + 20} ready", DAY_S + 30)
    assert (lunch.reason, lunch.since, lunch.until) == ("lunch", DAY_S, DAY_S + 20)
    assert (ready.state, ready.until) == (AgentState.READY, DAY_S + 30)


@given(st.lists(st.tuples(st.floats(0, 3 * DAY_S), st.sampled_from(["ready", "talk", "wrap", "off", "lunch"]))))
def test_the_line_is_as_long_as_the_sums_and_has_no_gap(steps: list[tuple[float, str]]) -> None:
    days = Days(UTC)
    for change in changes(", ".join(f"{at!r} {what}" for at, what in sorted(steps))) if steps else ():
        days.apply(change)
    now = 3 * DAY_S
    found = days.line("bob", now)
    assert all(one.until == after.since for one, after in pairwise(found))
    sums = {(one.state, one.reason): one.seconds for one in days.of("bob", now) if one.seconds > 0}
    lengths: dict[tuple[AgentState, str], float] = {}
    for one in found:
        lengths[one.state, one.reason] = lengths.get((one.state, one.reason), 0.0) + one.until - one.since
    assert lengths.keys() == sums.keys()
    assert all(abs(lengths[doing] - sums[doing]) < 1e-3 for doing in sums)


def test_only_his_own_talks_that_are_over() -> None:
    def part(kind: SegmentKind, agent: str, since: float, until: float | None) -> Segment:
        call = CallId("c")
        return Segment(call=call, number=1, kind=kind, started_at=since, ended_at=until, agent=agent, queue="orders")

    parts = [
        part(SegmentKind.TALK, "bob", 50, 60),
        part(SegmentKind.RING, "bob", 1, 2),
        part(SegmentKind.TALK, "ann", 3, 4),
        part(SegmentKind.TALK, "bob", 5, 30),
        part(SegmentKind.TALK, "bob", 70, None),
    ]
    assert talks_of("bob", parts, 10.0) == (Talk(CallId("c"), "orders", 10.0, 30), Talk(CallId("c"), "orders", 50, 60))
