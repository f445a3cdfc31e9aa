"""An agent's day: times by state, calls, and the shares made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls.events import AgentChanged
from cti.calls.words import AgentState
from recordings.desk.day import DAY_S, Days, DaysPart, NotRead, StateTime, day, midnight
from recordings.records.fold import fold
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


def of(text: str, now: float = 100.0) -> tuple[StateTime, ...]:
    days = Days(UTC)
    for change in changes(text):
        days.apply(change)
    return days.of("bob", now)


def test_times_by_state_and_reason() -> None:
    found = of("0 ready, 10 talk, 40 wrap, 50 ready, 60 lunch, 90 ready")
    assert [(s.state.value, s.reason, s.seconds, s.times) for s in found] == [
        ("ready", "", 30.0, 3),
        ("talking", "", 30.0, 1),
        ("not ready", "lunch", 30.0, 1),
        ("wrap-up", "", 10.0, 1),
    ]
    shares = day("bob", 0.0, 100.0, found, (), {})
    assert (shares.wrap_up_s, shares.occupancy) == (10.0, 40 / 70)


def test_a_new_day_begins_at_midnight_with_what_everybody_does() -> None:
    (lunch, ready) = of(f"{DAY_S - 90} ready, {DAY_S - 50} lunch, {DAY_S + 20} ready", DAY_S + 30)
    assert (lunch.seconds, ready.seconds) == (20.0, 10.0)
    (still,) = of(f"{DAY_S - 50} lunch", DAY_S + 30)
    assert (still.seconds, still.times) == (30.0, 1)


def test_what_a_restart_tells_again_is_one_time() -> None:
    (one,) = of("0 ready, 10 ready, 20 ready")
    assert (one.seconds, one.times) == (100.0, 1)


def test_nothing_is_known_of_a_day_without_states() -> None:
    found = day("bob", 0.0, 100.0, Days(UTC).of("bob", 100.0), (), {})
    assert (found.states, found.answered, found.aht_s, found.occupancy, found.within_target) == ((), 0, *[None] * 3)


@given(st.lists(st.tuples(st.floats(0, 5 * DAY_S), st.sampled_from(["ready", "talk", "wrap", "off", "lunch"]))))
def test_the_times_are_those_since_midnight_or_the_first_state(steps: list[tuple[float, str]]) -> None:
    steps = sorted(steps)
    days, now = Days(UTC), 5 * DAY_S + 60.0
    for at, state in steps:
        days.apply(changes(f"{at!r} {state}")[0])
        whole = at - max(at // DAY_S * DAY_S, steps[0][0])
        assert sum(s.seconds for s in days.of("bob", at)) == pytest.approx(whole, abs=1e-3)
    assert sum(s.seconds for s in days.of("bob", now)) == pytest.approx(60.0 if steps else 0.0, abs=1e-3)


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
    found = day("bob", 0.0, 100.0, of("0 ready, 26 wrap, 36 ready"), parts, {"sales": 10.0})
    assert (found.answered, found.missed, found.refused) == (2, 1, 1)
    assert (found.talk_s, found.hold_s, found.wrap_up_s, found.aht_s) == (30.0, 4.0, 10.0, 20.0)
    assert found.within_target == 0.5  # the second waited 11 s for him


async def test_a_restart_reads_it_from_the_journal(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens meanwhile comes after it."""
    monkeypatch.setattr("recordings.journal.PIECE", 3)
    midnight = 10 * DAY_S
    old = [replace(change, at=change.at + midnight - 20 * DAY_S) for change in changes("-90 off, -50 ready")]
    told = [replace(change, at=change.at + midnight) for change in changes("-90 ready, -50 lunch, 5 ready, 30 wrap")]
    other = AgentChanged(at=midnight + 7, agent="cat", state=AgentState.READY)
    calls = [replace(event, at=event.at + midnight) for event in events(IN_TIME)]
    await store.write([JournalRow("run", n, e) for n, e in enumerate([*old, *told, *calls, other], 1)])
    days, now = DaysPart(store, UTC), midnight + 100.0
    with pytest.raises(NotRead):
        await days.day("bob", now, {})
    live = replace(told[0], at=midnight + 90)
    await days.on_event(live, None, now)
    await store.write([JournalRow("this run", 1, live)])
    await days.read(midnight + 80)
    await days.on_event(replace(told[1], at=midnight + 95), None, now)
    found = await days.day("bob", now, {"sales": 10.0})
    assert {(s.state.value, s.seconds) for s in found.states} == {
        ("wrap-up", 60.0),
        ("ready", 30.0),
        ("not ready", 10.0),
    }
    assert (found.start, found.answered, found.missed, found.within_target) == (midnight, 1, 1, 1.0)
    (cat,) = (await days.day("cat", now, {})).states
    assert cat.seconds == 93.0
    assert (await days.day("eve", now, {})).states == ()


@pytest.mark.parametrize(
    ("now", "start"),
    [("2026-03-29T12:00+02:00", "2026-03-29T00:00+01:00"), ("2026-11-22T00:30+01:00", "2026-11-22T00:00+01:00")],
)
def test_midnight_is_by_the_clock_on_the_wall(now: str, start: str) -> None:
    """On the first of these days the clocks go forward at two."""
    at = datetime.fromisoformat(now).timestamp()
    assert midnight(at, ZoneInfo("Europe/Berlin")) == datetime.fromisoformat(start).timestamp()
