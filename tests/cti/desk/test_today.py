from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls.call import Call, apply
from cti.calls.events import (
    AgentChanged,
    CalledBack,
    CallEvent,
    Connected,
    Diverted,
    Ended,
    Event,
    Left,
    Offered,
    Queued,
)
from cti.calls.words import CallId, OfferId, Party, Place
from cti.desk.today import QUARTER_S, Figures, Rules, Today
from cti.figures import Came
from tests.cti.desk.stories import C1, C2, any_event

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 11, 23, tzinfo=BERLIN).timestamp()
NINE = MIDNIGHT + 9 * 3600
RULES = Rules(zone=BERLIN, targets={"sales": 20.0}, short_s=5.0)


def day(*events: Event, today: Today | None = None) -> Today:
    today = Today(RULES, NINE) if today is None else today
    calls: dict[CallId, Call] = {}
    for event in events:
        if isinstance(event, CallEvent):
            call = calls[event.call] = apply(calls.get(event.call), event)
            today.apply(event, call)
    return today


def queued(at: float, call: CallId = C1, queue: str = "sales") -> Queued:
    return Queued(at=at, call=call, queue=queue)


def joined(at: float, call: CallId = C1, agent: str = "ann") -> list[Event]:
    offer = OfferId(f"o-{call}")
    return [Offered(at=at, call=call, offer=offer, agent=agent), Connected(at=at, call=call, offer=offer, agent=agent)]


def gone(at: float, call: CallId = C1, by: Party = Party.CALLER) -> Ended:
    return Ended(at=at, call=call, by=by)


def test_an_answered_call() -> None:
    today = day(queued(NINE), *joined(NINE + 20), gone(NINE + 80))
    assert today.queue("sales") == today.all == Figures(offered=1, answered=1, in_time=1, waited_s=20.0)
    assert (today.agent("ann").calls, today.agent("ann").talk_s) == (1, 60.0)


def test_both_service_levels() -> None:
    late, lost = CallId("late"), CallId("lost")
    today = day(
        queued(NINE), *joined(NINE + 1), queued(NINE, late), *joined(NINE + 21, late), queued(NINE, lost),
        gone(NINE + 30, lost), queued(NINE + 40, CallId("waits")),
    )  # fmt: skip
    assert today.all.service_level_answered == 0.5
    assert today.all.service_level_offered == pytest.approx(1 / 3)  # who waits is not counted yet
    assert today.all.row()["wait_mean_s"] == 11.0


@pytest.mark.parametrize(
    ("after_s", "offered", "abandoned", "short"), [(4.9, 0, 0, 1), (5.0, 1, 1, 0), (60.0, 1, 1, 0)]
)
def test_who_hangs_up_at_once_was_not_offered(after_s: float, offered: int, abandoned: int, short: int) -> None:
    figures = day(queued(NINE), gone(NINE + after_s)).all
    assert (figures.offered, figures.abandoned, figures.short) == (offered, abandoned, short)


@pytest.mark.parametrize(
    "leaves",
    [
        Diverted(at=NINE + 9, call=C1, flow="sorry", why="wait"),
        Left(at=NINE + 9, call=C1, place=Place.QUEUE, why="wait"),
        queued(NINE + 9, queue="help"),
        gone(NINE + 9, by=Party.SYSTEM),
    ],
)
def test_who_leaves_in_another_way_has_moved(leaves: CallEvent) -> None:
    figures = day(queued(NINE), leaves, gone(NINE + 10)).queue("sales")
    assert (figures.offered, figures.moved, figures.abandoned) == (1, 1, 0)


def test_a_call_counts_in_each_queue_that_it_came_to() -> None:
    today = day(queued(NINE), queued(NINE + 9, queue="help"), *joined(NINE + 10))
    assert [today.queue(name).offered for name in ("sales", "help")] == [1, 1]
    assert (today.queue("help").answered, today.all.offered) == (1, 2)


def test_a_callback_was_not_offered_and_its_talk_counts() -> None:
    back = CalledBack(at=NINE, call=C1, number="5550", queue="sales", wanted=C2, attempt=1, since=NINE - 900)
    today = day(back, *joined(NINE + 5), gone(NINE + 65))
    assert (today.all, today.agent("ann").talk_s) == (Figures(), 60.0)


def test_quarter_hours_go_by_when_calls_came() -> None:
    today = day(queued(NINE + QUARTER_S - 1), *joined(NINE + QUARTER_S + 1))
    quarters = today.quarters(lambda queue: True, NINE + 2 * QUARTER_S)
    assert len(quarters) == 9 * 4 + 3
    assert [(row["at"], row["answered"]) for row in quarters if row["offered"]] == [(NINE, 1)]
    assert not any(row["offered"] for row in today.quarters(lambda queue: queue == "help", NINE))


def test_what_is_recent_is_so_no_more_after_two_quarter_hours() -> None:
    today = day(queued(NINE), *joined(NINE + 5), queued(NINE + QUARTER_S, C2))
    assert (today.recent("sales").offered, today.next_turn) == (2, NINE + 2 * QUARTER_S)
    assert today.turn(NINE + 2 * QUARTER_S - 1).queues == frozenset()
    assert today.turn(NINE + 2 * QUARTER_S).queues == {"sales"}
    assert (today.recent("sales"), today.queue("sales").offered) == (Figures(offered=1), 2)
    assert today.turn(NINE + 3 * QUARTER_S).queues == {"sales"}
    assert today.turn(NINE + 4 * QUARTER_S).queues == frozenset()
    assert today.recent("sales") == Figures()


def test_midnight_begins_anew_and_who_waited_was_of_yesterday() -> None:
    next_day = MIDNIGHT + 86_400
    today = day(queued(next_day - 10), *joined(next_day - 5, C1), queued(next_day - 3, C2))
    day(queued(next_day - 10), *joined(next_day - 5), gone(next_day + 60), today=today)
    assert (today.start, today.all) == (next_day, Figures())
    assert (today.agent("ann").calls, today.agent("ann").talk_s) == (0, 60.0)


@pytest.mark.parametrize(("date", "hours"), [((2026, 10, 25), 25), ((2026, 3, 29), 23), ((2026, 6, 1), 24)])
def test_days_are_as_long_as_the_clock_says(date: tuple[int, int, int], hours: int) -> None:
    noon = datetime(*date, 12, tzinfo=BERLIN).timestamp()
    start, end = RULES.day(noon)
    assert (start, (end - start) / 3600) == (datetime(*date, tzinfo=BERLIN).timestamp(), hours)


def test_the_machines_own_midnight() -> None:
    start, end = Rules(zone=None).day(NINE)
    assert start <= NINE < end
    assert datetime.fromtimestamp(start, UTC).astimezone().hour == 0


def test_calls_of_an_earlier_run_are_added() -> None:
    today = day(queued(NINE), *joined(NINE + 5))
    today.came("sales", NINE - 60)
    today.waited("sales", NINE - 60, NINE - 50, Came.ABANDONED)
    today.talk_began("ann", NINE - 600)
    today.talked("ann", NINE - 600, NINE - 500)
    assert (today.all.offered, today.all.abandoned, today.all.answered) == (2, 1, 1)
    assert (today.agent("ann").calls, today.agent("ann").talk_s) == (2, 100.0)


@given(st.lists(any_event))
def test_nothing_is_counted_twice(events: list[Event]) -> None:
    events = sorted((e for e in events if not isinstance(e, AgentChanged)), key=lambda e: e.at)
    today = Today(Rules(), events[0].at if events else 0.0)
    day(*events, today=today)
    figures = today.all
    over = figures.answered + figures.abandoned + figures.moved
    assert 0 <= over <= figures.offered
    assert 0 <= figures.in_time <= figures.answered
    together = Figures()
    for queue in ("sales", "help"):
        together.add(today.queue(queue))
    assert together.row() == figures.row()
    assert sum(row["offered"] for row in today.quarters(lambda queue: True, today.end)) == figures.offered
