"""What an arrivals file means for the queues, by the way of its callers through the flows."""

from __future__ import annotations

import pytest

from config.simulation.loads import ANY_DAY, loads, straight
from config.simulation.run import Hotline, simulate
from config.simulation.spread import spread
from config.simulation.tally import Came
from routing.agents import Agent
from routing.queues import Exit, Overflow, Queue, Queues, Rule, Target
from routing.staffing import QUARTERS, Load
from tests.config.simulated import exponential, flows, plan, team, want

QUEUES = {
    "orders": Queue("orders", {"orders": 1}, wrap_up_s=30.0, target=Target(0.9, 10)),
    "help": Queue("help", {"help": 1}, wrap_up_s=10.0),
    "empty": Queue("empty", {}),
}
FLOW = """
start: main
nodes:
  main: {menu: Please choose., keys: {"1": office, "2": help}, otherwise: bye}
  office: {hours: {zone: UTC, open: {mon-fri: "08:00-08:30"}}, open: orders, closed: bye}
  orders: {queue: orders}
  help: {queue: help}
  bye: {hangup: true}
"""


def hotline(queues: dict[str, Queue] = QUEUES) -> Hotline:
    both = {"both": Agent("both", "PJSIP/both", {"orders": 5, "help": 5})}
    return Hotline(flows(FLOW, queues), {"*": "main"}, Queues(queues), both)


def test_each_want_goes_where_its_keys_lead_it_while_that_is_open() -> None:
    given = plan(
        {
            "order": want((4.0, 6.0, 8.0), begin=32, keys="1"),
            "urgent order": want((2.0,), begin=33, keys="1", patience={"mean": "30s"}, talk={"mean": "4m"}),
            "help": want((1.5,), begin=90, keys="2"),
            "lost": want((50.0,), begin=32),
        },
        wrap_up=None,
        talk=exponential(120.0),
        patience=exponential(60.0),
        answer=spread(5.0, "fixed"),
    )
    found, kept = loads(hotline(), given)
    calls = {quarter: count for quarter, count in enumerate(found["orders"].calls) if count}
    assert calls == {32: 4.0, 33: 8.0}, "at 08:30 the office is closed"
    assert found["orders"].aht_s == pytest.approx(5 + (10 * 120 + 2 * 240) / 12 + 30)
    assert found["orders"].patience_s == pytest.approx(12 / (10 / 60 + 2 / 30))
    assert found["orders"].target == Target(0.9, 10)
    assert found["help"] == Load((0.0,) * 90 + (1.5,) + (0.0,) * 5, 135, 60, Target())
    assert set(found) == {"orders", "help"}
    assert set(kept.wants) == {"order", "urgent order", "help"}


def test_who_would_wait_for_ever_has_no_patience_to_lose() -> None:
    found, _ = loads(hotline(), plan({"help": want((1.0,), keys="2")}))
    assert found["help"].patience_s is None


def test_a_call_that_is_given_away_counts_where_it_ends() -> None:
    nobody = Queue("help", {"unknown": 1}, overflow=(Overflow(Rule.NOBODY, 0.0, Exit.QUEUE, "orders"),))
    found, _ = loads(hotline({**QUEUES, "help": nobody}), plan({"help": want((2.0,), begin=32, keys="2")}))
    assert {name: sum(load.calls) for name, load in found.items()} == {"orders": 2.0}


def test_nobody_comes_to_a_queue() -> None:
    assert loads(hotline(), plan({"lost": want((5.0,))}))[0] == {}


def test_the_callers_of_a_forecast_come_to_the_queues_themselves() -> None:
    expected = {
        "orders": Load((20.0,) * 4 + (0.0,) * (QUARTERS - 4), 60, None, Target()),
        "help": Load((10.0,) * 4 + (0.0,) * (QUARTERS - 4), 30, 5, Target()),
    }
    made, coming = straight(hotline(), expected)
    assert coming.date == ANY_DAY
    found = loads(made, coming)[0]
    assert {name: (load.calls, load.patience_s) for name, load in found.items()} == {
        name: (load.calls, load.patience_s) for name, load in expected.items()
    }
    assert {name: load.aht_s for name, load in found.items()} == pytest.approx({"orders": 60, "help": 30})
    enough = Hotline(made.flows, made.numbers, made.queues, team(30, {"orders": 5, "help": 5}))
    day = simulate(enough, coming, 1)
    assert {wait.queue for wait in day.waits} == {"orders", "help"}
    assert {wait.came for wait in day.waits} == {Came.ANSWERED}
