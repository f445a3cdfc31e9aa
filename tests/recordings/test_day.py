"""An agent's day: times by state, calls, and the shares made of them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls.events import AgentChanged
from cti.calls.words import AgentState
from recordings.day import Day, day, day_of, midnight
from recordings.record import fold
from recordings.store import JournalRow, Store
from tests.recordings.scenarios import events

STATES = {"ready": AgentState.READY, "talk": AgentState.TALKING, "wrap": AgentState.WRAP_UP, "off": AgentState.OFFLINE}


def changes(text: str) -> list[AgentChanged]:
    """``0 ready, 10 talk, 20 lunch``: what is no state is a reason for not being ready."""
    found = []
    for one in text.split(", "):
        at, state = one.split()
        reason = "" if state in STATES else state
        state_ = STATES.get(state, AgentState.NOT_READY)
        found.append(AgentChanged(at=float(at), agent="bob", state=state_, reason=reason))
    return found


def of(text: str, start: float = 0.0, end: float = 100.0) -> Day:
    return day("bob", start, end, changes(text), (), {})


def test_times_by_state_and_reason() -> None:
    found = of("0 ready, 10 talk, 40 wrap, 50 ready, 60 lunch, 90 ready")
    assert [(s.state.value, s.reason, s.seconds, s.times) for s in found.states] == [
        ("ready", "", 30.0, 3),
        ("talking", "", 30.0, 1),
        ("not ready", "lunch", 30.0, 1),
        ("wrap-up", "", 10.0, 1),
    ]
    assert (found.wrap_up_s, found.occupancy) == (10.0, 40 / 70)


def test_what_began_before_midnight_counts_from_it() -> None:
    found = of("-50 lunch, 20 ready", end=30.0)
    assert [(s.start, s.end) for s in found.stretches] == [(0.0, 20.0), (20.0, 30.0)]


def test_what_a_restart_tells_again_is_one_stretch() -> None:
    (one,) = of("0 ready, 10 ready, 20 ready").stretches
    assert (one.start, one.end) == (0.0, 100.0)


def test_nothing_is_known_of_a_day_without_states() -> None:
    found = day("bob", 0.0, 100.0, [], (), {})
    assert (found.stretches, found.answered, found.aht_s, found.occupancy, found.within_target) == ((), 0, *[None] * 3)


@given(st.lists(st.tuples(st.floats(-50, 100), st.sampled_from(["ready", "talk", "wrap", "off", "lunch"]))))
def test_the_stretches_follow_each_other_until_now(steps: list[tuple[float, str]]) -> None:
    told = [changes(f"{at!r} {state}")[0] for at, state in sorted(steps)]
    found = day("bob", 0.0, 100.0, told, (), {})
    for one, after in zip(found.stretches, found.stretches[1:], strict=False):
        assert one.start <= one.end == after.start
        assert (one.state, one.reason) != (after.state, after.reason)
    whole = 100.0 - max(0.0, told[0].at) if told else 0.0
    assert sum(s.seconds for s in found.states) == pytest.approx(whole)


IN_TIME = """0 Arrived
1 Queued queue=sales
2 Offered offer=o1 agent=bob
3 Refused offer=o1 agent=bob reason=no_answer
4 Offered offer=o2 agent=bob
6 Accepted offer=o2
6 Connected offer=o2 agent=bob
16 Held
20 Resumed
26 Ended by=caller"""
LATE = """30 Arrived
31 Queued queue=sales
60 Offered offer=o3 agent=bob
61 Refused offer=o3 agent=bob reason=refused
62 Offered offer=o4 agent=cat
63 Connected offer=o4 agent=cat
64 Left place=talk
64 Queued queue=sales
74 Offered offer=o5 agent=bob
75 Connected offer=o5 agent=bob
85 Ended by=caller"""
DIRECT = """90 Arrived
91 Queued queue=other
92 Offered offer=o6 agent=bob
93 Refused offer=o6 agent=bob reason=withdrawn
94 Ended by=caller"""


def test_calls_and_their_shares() -> None:
    parts = [part for text in (IN_TIME, LATE, DIRECT) for part in fold(events(text))[1]]
    found = day("bob", 0.0, 100.0, changes("0 ready, 26 wrap, 36 ready"), parts, {"sales": 10.0})
    assert (found.answered, found.missed, found.refused) == (2, 1, 1)
    assert (found.talk_s, found.hold_s, found.wrap_up_s, found.aht_s) == (30.0, 4.0, 10.0, 20.0)
    assert found.within_target == 0.5  # the second waited 11 s for him


async def test_it_is_read_from_the_database(store: Store) -> None:
    told = [
        *changes("-90 ready, -50 lunch, 5 ready, 30 wrap"),
        AgentChanged(at=7.0, agent="cat", state=AgentState.OFFLINE),
    ]
    calls = [*events(IN_TIME, "c1"), *events(LATE.replace("bob", "dan"), "c2")]
    await store.write([JournalRow("run", n, e) for n, e in enumerate([*told, *calls], 1)])
    found = await day_of(store, "bob", 0.0, 100.0, {"sales": 10.0})
    assert [(s.state.value, s.end - s.start) for s in found.stretches] == [
        ("not ready", 5.0),
        ("ready", 25.0),
        ("wrap-up", 70.0),
    ]
    assert (found.answered, found.missed, found.within_target) == (1, 1, 1.0)
    assert (await day_of(store, "cat", 0.0, 100.0, {})).answered == 1
    assert (await day_of(store, "eve", 0.0, 100.0, {})).states == ()


@pytest.mark.parametrize(
    ("now", "start"),
    [("2026-03-29T12:00+02:00", "2026-03-29T00:00+01:00"), ("2026-11-22T00:30+01:00", "2026-11-22T00:00+01:00")],
)
def test_midnight_is_by_the_clock_on_the_wall(now: str, start: str) -> None:
    """On the first of these days the clocks go forward at two."""
    at = datetime.fromisoformat(now).timestamp()
    assert midnight(at, ZoneInfo("Europe/Berlin")) == datetime.fromisoformat(start).timestamp()
