"""Simulated days: callers and agents do as they are said to, on the parts that real calls run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from config.files.roster import Roster
from config.simulation.arrivals import QUARTER_S, Answers, Arrival, ArrivalsFile
from config.simulation.people import BACK_S, PICK_UP_S, MadeUp
from config.simulation.run import Hotline, simulate
from config.simulation.spread import spread
from config.simulation.tally import Came, Day
from cti.calls.words import AgentState
from recordings.words import Outcome
from routing.dispositions import Disposition
from routing.queues import Exit, Overflow, Queue, Queues, Relaxation, Rule
from tests.config.simulated import DIALLED, exponential, flows, plan, straight, team, want

FLOW = """
start: hello
nodes:
  hello: {say: Welcome to the hotline., next: main}
  main:
    menu: Please choose.
    keys: {"1": orders, "2": customer, "3": messages, "4": open, "5": pin}
    otherwise: bye
  orders: {queue: orders, after: survey}
  survey: {survey: [{question: satisfied, say: Please rate us.}], next: bye}
  customer: {lookup: "https://crm.example/{caller}", save: {level: customer.level}, next: vip, otherwise: orders}
  vip: {branch: [{when: "level == 'gold'", to: gold}], otherwise: orders}
  gold: {queue: gold}
  messages: {voicemail: messages, say: Speak after the tone., longest: 1m, next: bye, otherwise: bye}
  open: {hours: {zone: UTC, open: {mon-sun: "00:00-24:00"}}, switch: office, open: orders, closed: messages}
  pin:
    verify: pin
    account: dialled
    digits: "4"
    say: Your PIN please.
    no_match: {say: Wrong.}
    next: gold
    locked: bye
    otherwise: bye
  bye: {hangup: true}
"""
QUEUES = {"orders": Queue("orders", {"orders": 1}), "gold": Queue("gold", {"orders": 1}, priority=100)}
EVENING = 80
"""The quarter-hour at 20:00."""


@pytest.fixture(scope="module")
def hotline() -> Hotline:
    return Hotline(flows(FLOW, QUEUES), {"*": "main"}, Queues(QUEUES), team(3, {"orders": 5}))


def small(calls: float = 30.0, **more: object) -> ArrivalsFile:
    """Two quarter-hours of callers who press 1."""
    return plan({"a": want((calls, calls), keys={"main": "1"})}, talk=exponential(60.0), **more)


def came(day: Day) -> Mapping[str, int]:
    return Counter(wait.queue for wait in day.waits)


def pressing(keys: object, answers: Mapping[str, object] | None = None) -> ArrivalsFile:
    return plan(
        {"a": want((10.0,), keys=keys, answers=Answers.model_validate(answers or {}))},
        talk=spread(10.0, "fixed"),
    )


def test_callers_press_their_keys_wait_talk_and_go(hotline: Hotline) -> None:
    day = simulate(hotline, small())
    assert set(day.outcomes) == {Outcome.ANSWERED}
    assert all(wait.came is Came.ANSWERED and wait.queue == "orders" for wait in day.waits)
    assert fmean(wait.talk_s for wait in day.waits) == pytest.approx(60, rel=0.4)
    assert {wait.agent for wait in day.waits} == {"a000", "a001", "a002"}


def test_keys_in_order_are_pressed_one_group_a_prompt(hotline: Hotline) -> None:
    assert set(came(simulate(hotline, pressing("1")))) == {"orders"}
    assert set(came(simulate(hotline, pressing("5 1234", {"verify": "right"})))) == {"gold"}


def test_who_presses_nothing_goes_where_the_flow_sends_the_silent(hotline: Hotline) -> None:
    assert set(simulate(hotline, pressing("")).outcomes) == {Outcome.ENDED_IN_MENU}


@pytest.mark.parametrize(
    ("keys", "answers", "queue"),
    [
        ("2", {"lookup": {"level": "gold"}}, "gold"),
        ("2", {"lookup": {"level": "none"}}, "orders"),
        ("2", {"lookup": {}}, "orders"),
        ("2", {}, "orders"),
        ("2", {"lookup": "hangs"}, "orders"),
        ("4", {"switch": "open"}, "orders"),
        ("4", {"switch": "closed"}, None),
        ("4", {}, "orders"),
        ("5 1234", {"verify": "right"}, "gold"),
        ("5 1234", {"verify": "locked"}, None),
        ("5 1234", {"verify": "fails"}, None),
        ("3", {}, None),
    ],
)
def test_questions_are_answered_as_the_want_says(
    hotline: Hotline, keys: str, answers: Mapping[str, object], queue: str | None
) -> None:
    day = simulate(hotline, pressing(keys, answers))
    assert set(came(day)) == ({queue} if queue else set())
    assert sum(day.outcomes.values()) > 0


def test_callers_have_numbers_of_their_own_unless_one_is_given() -> None:
    given = plan({"a": want((1.0,)), "b": want((1.0,), number="5550100")})
    made = [MadeUp(given, Arrival(0.0, name, n), 1).number for name in "ab" for n in (1, 2)]
    assert made == ["555000001", "555000002", "5550100", "5550100"]


def test_two_wants_are_not_answered_alike(hotline: Hotline) -> None:
    wants = {
        level: want((10.0,), keys="2", answers=Answers.model_validate({"lookup": {"level": level}}))
        for level in ("gold", "none")
    }
    assert set(came(simulate(hotline, plan(wants, talk=spread(1.0, "fixed"))))) == {"gold", "orders"}


def test_who_waits_too_long_gives_up(hotline: Hotline) -> None:
    day = simulate(replace(hotline, agents={}), small(patience=spread(42.0, "fixed")))
    assert {round(wait.seconds, 6) for wait in day.waits} == {42.0}
    assert {wait.came for wait in day.waits} == {Came.ABANDONED}


def test_who_never_gives_up_still_waits_at_the_end(hotline: Hotline) -> None:
    day = simulate(replace(hotline, agents={}), small())
    assert {wait.came for wait in day.waits} == {Came.WAITING}
    assert set(day.outcomes) == {Outcome.LIVE}


def test_the_phone_is_answered_after_its_time_and_wrap_up_takes_its_own(hotline: Hotline) -> None:
    timed = small(3.0, answer=spread(4.0, "fixed"), wrap_up=spread(45.0, "fixed"), patience=None)
    day = simulate(hotline, timed)
    assert min(wait.seconds for wait in day.waits) == pytest.approx(4.0)
    wrapped = [s.end - s.start for own in day.agents.values() for s in own if s.state is AgentState.WRAP_UP]
    assert wrapped == [pytest.approx(45.0)] * len(day.waits)


def test_a_required_disposition_is_given_within_wrap_up() -> None:
    asked = {"a": Queue("a", {}, wrap_up_s=5.0, dispositions="sales", disposition_required=True)}
    hotline = straight(asked, team(1))
    hotline = replace(hotline, queues=replace(hotline.queues, dispositions={"sales": (Disposition("Sold"),)}))
    day = simulate(hotline, plan({"a": want((5.0,), dials="a")}, talk=spread(1.0, "fixed")))
    assert set(day.outcomes) == {Outcome.ANSWERED}


def test_without_a_wrap_up_of_the_files_it_is_the_queues(hotline: Hotline) -> None:
    queues = {name: replace(queue, wrap_up_s=33.0) for name, queue in QUEUES.items()}
    day = simulate(replace(hotline, queues=Queues(queues)), small(3.0, wrap_up=None))
    wrapped = {round(s.end - s.start, 6) for own in day.agents.values() for s in own if s.state is AgentState.WRAP_UP}
    assert wrapped == {33.0}


def test_times_of_a_want_go_before_those_of_its_queue() -> None:
    text = {"talk": {"mean": "7s", "shape": "fixed"}}
    found = ArrivalsFile.model_validate(
        {
            "date": small().date,
            "queues": {"orders": {"talk": {"mean": "5s", "shape": "fixed"}}},
            "wants": {"a": {"calls": 1, "dials": DIALLED}, "b": {"calls": 1, "dials": DIALLED, **text}},
        }
    )
    assert [found.talk_of(found.wants[name], "orders").mean for name in "ab"] == [5.0, 7.0]
    assert found.talk_of(found.wants["a"], "other").mean == 180.0
    assert found.wrap_up_of(found.wants["a"], "orders") is None


def test_who_does_not_pick_up_is_back_after_a_while() -> None:
    queues = {"q": Queue("q", {}, ring_s=10.0)}
    slow = plan({"a": want((2.0, 2.0), dials="q")}, answer=spread(11.0, "fixed"), patience=spread(300.0, "fixed"))
    day = simulate(straight(queues, team(1)), slow)
    away = [s for s in day.agents["a000"] if s.state is AgentState.NOT_READY]
    assert {round(s.end - s.start, 6) for s in away[:-1]} == {BACK_S}
    assert {wait.came for wait in day.waits} == {Came.ABANDONED}


# Rules of routing


def test_a_call_that_is_given_to_another_queue_counts_in_both() -> None:
    away = (Overflow(Rule.WAIT, 10.0, Exit.QUEUE, "b"),)
    queues = {"a": Queue("a", {"rare": 1}, overflow=away), "b": Queue("b", {})}
    day = simulate(straight(queues, team(5)), plan({"a": want((5.0,), dials="a")}, talk=spread(1.0, "fixed")))
    assert {(wait.queue, wait.came) for wait in day.waits} == {("a", Came.MOVED), ("b", Came.ANSWERED)}
    assert {round(wait.seconds, 6) for wait in day.waits if wait.queue == "a"} == {10.0}


def test_needs_relax_with_the_wait() -> None:
    relax = (Relaxation(30.0, drop=frozenset({"rare"})),)
    queues = {"a": Queue("a", {"rare": 1}, relax=relax)}
    day = simulate(straight(queues, team(5)), plan({"a": want((5.0,), dials="a")}, talk=spread(1.0, "fixed")))
    assert {round(wait.seconds, 6) for wait in day.waits} == {30.0}


def test_where_all_phones_ring_the_first_who_picks_up_has_the_call() -> None:
    queues = {"a": Queue("a", {}, strategy="ring-all", ring_s=60.0)}
    calls = plan({"a": want((20.0,) * 4, dials="a")}, talk=spread(1.0, "fixed"), answer=exponential(10.0))
    waits = {count: fmean(w.seconds for w in simulate(straight(queues, team(count)), calls).waits) for count in (1, 5)}
    assert waits[5] < waits[1] / 3


def test_who_wants_a_callback_is_called_back_after_the_agent() -> None:
    queues = {"a": Queue("a", {})}
    text = (
        "start: back\nnodes:\n  back: {callback: a, say: Press 1., next: bye, otherwise: bye}\n  bye: {hangup: true}\n"
    )
    hotline = Hotline(flows(text, queues), {"*": "main"}, Queues(queues), team(2))
    day = simulate(hotline, plan({"a": want((5.0,), keys="1")}, talk=spread(1.0, "fixed"), answer=spread(4.0, "fixed")))
    assert {(wait.came, round(wait.seconds, 6)) for wait in day.waits} == {(Came.ANSWERED, 4.0 + PICK_UP_S)}
    assert day.outcomes[Outcome.ANSWERED] == day.outcomes[Outcome.ENDED_IN_MENU] == len(day.waits)


WAITING = """
start: wait
nodes:
  wait:
    queue: a
    waiting: [{after: 10s, every: 20s, say: "You are number {position}. Press 1 to leave."}]
    keys: {"1": bye}
  bye: {hangup: true}
"""


def test_messages_while_waiting_are_heard_and_their_keys_pressed() -> None:
    queues = {"a": Queue("a", {})}
    hotline = Hotline(flows(WAITING, queues), {"*": "main"}, Queues(queues), {})
    stays = simulate(hotline, plan({"a": want((5.0,), keys={})}, patience=spread(100.0, "fixed")))
    assert {(wait.came, round(wait.seconds, 6)) for wait in stays.waits} == {(Came.ABANDONED, 100.0)}
    leaves = simulate(hotline, plan({"a": want((5.0,), keys={"wait": "1"})}, patience=spread(100.0, "fixed")))
    assert {wait.came for wait in leaves.waits} == {Came.MOVED}
    assert all(10.0 < wait.seconds < 16.0 for wait in leaves.waits)


def test_a_queue_gives_calls_to_a_flow() -> None:
    queues = {"a": Queue("a", {}, overflow=(Overflow(Rule.WAIT, 10.0, Exit.FLOW, "main"),)), "b": Queue("b", {})}
    made = flows("start: b\nnodes:\n  b: {queue: b}\n", queues)
    hotline = straight(queues, {})
    hotline = replace(hotline, flows={**hotline.flows, **made})
    day = simulate(hotline, plan({"a": want((5.0,), dials="a")}, patience=spread(30.0, "fixed")))
    assert {(wait.queue, wait.came) for wait in day.waits} == {("a", Came.MOVED), ("b", Came.ABANDONED)}


# Shifts


def shifts(**made: object) -> Roster:
    return Roster.model_validate({"shifts": made})


def test_only_those_on_duty_answer_and_the_last_talk_is_finished(hotline: Hotline) -> None:
    roster = shifts(early={"hours": {"mon": "20:00-20:15"}, "agents": ["a000"]})
    calls = plan({"a": want((10.0, 10.0), EVENING, keys="1")}, talk=exponential(120.0), roster=roster)
    day = simulate(hotline, calls.model_copy(update={"patience": exponential(60.0)}))
    assert set(day.agents) == {"a000"}
    last = day.agents["a000"][-1]
    assert last.state in (AgentState.TALKING, AgentState.WRAP_UP, AgentState.READY)
    assert last.end >= day.start + QUARTER_S
    answered = [wait.at + wait.seconds for wait in day.waits if wait.came is Came.ANSWERED]
    assert answered
    assert max(answered) <= day.start + QUARTER_S
    assert any(wait.came is Came.ABANDONED for wait in day.waits)


def test_breaks_and_overlapping_shifts(hotline: Hotline) -> None:
    roster = shifts(
        first={"hours": {"mon": "20:00-21:00"}, "breaks": {"mon": "20:15-20:30"}, "agents": ["a000"]},
        second={"hours": {"mon": "20:45-21:30"}, "agents": ["a000"]},
    )
    quiet = plan({"a": want((0.0, 0.0, 0.0, 0.0, 0.0, 1.0), EVENING, keys="1")}, roster=roster)
    begins = plan({"a": want((1.0,), EVENING, keys="")}, roster=roster).wants["a"]
    day = simulate(hotline, quiet.model_copy(update={"wants": {**quiet.wants, "b": begins}}))
    states = [(s.state, round((s.start - day.start) / 60), round((s.end - day.start) / 60)) for s in day.agents["a000"]]
    assert (AgentState.NOT_READY, 15, 30) in states
    assert states[0] == (AgentState.READY, 0, 15)
    assert states[-1][2] == 90


def test_a_night_shift_is_at_work_when_the_day_begins(hotline: Hotline) -> None:
    roster = shifts(night={"hours": {"mon-sun": "22:00-06:00"}, "agents": ["a000"]})
    day = simulate(hotline, plan({"a": want((10.0,), keys="1")}, talk=spread(5.0, "fixed"), roster=roster))
    assert {wait.came for wait in day.waits} == {Came.ANSWERED}
    assert day.agents["a000"][0].start == day.start


# The same seed, the same day


def test_the_same_seed_gives_the_same_day_to_the_last_digit(hotline: Hotline) -> None:
    busy = small(60.0, patience=exponential(30.0), answer=exponential(4.0))
    assert simulate(hotline, busy, 7) == simulate(hotline, busy, 7)
    assert simulate(hotline, busy, 7) != simulate(hotline, busy, 8)
    assert simulate(hotline, busy) == simulate(hotline, busy, busy.seed)


@pytest.mark.long
def test_the_day_does_not_depend_on_how_python_hashes() -> None:
    program = (
        "import json; from tests.config.test_simulate import *; "
        "h = Hotline(flows(FLOW, QUEUES), {'*': 'main'}, Queues(QUEUES), team(3, {'orders': 5})); "
        "print(repr(simulate(h, small(60.0, patience=exponential(30.0)))))"
    )
    root = Path(__file__).parents[2]
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_progress_is_told_as_the_day_goes_by(hotline: Hotline) -> None:
    told: list[float] = []
    simulate(hotline, small(5.0), progress=told.append)
    assert told == [0.0, 0.5]
