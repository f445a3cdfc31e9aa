"""Supervisors take calls and pull them to other queues, over both stores."""

from __future__ import annotations

from collections.abc import Mapping

import fakeredis
import pytest

from routing.agents import NotAllowed
from routing.memory_store import MemoryStore
from routing.store import RedisStore, Store
from tests.routing.line import Line
from tests.routing.test_handler import Scenario

TAKEN = ["offered c1 sue", "-> offer c1 PJSIP/sue 20s"]
WAITS: Scenario = [("c1 queued orders", ["-> music c1 jazz"])]
TAKES: Scenario = [*WAITS, ("c1 taken sue", TAKEN)]
ASKED = ["offered c1 alice", "alice reserved c1", "-> offer c1 PJSIP/alice 15s"]
TALKS: Scenario = [
    ("alice ready", ["alice ready"]),
    ("c1 queued orders", ["-> music c1 jazz", *ASKED]),
    ("c1 accepted", ["-> connect c1"]),
    ("c1 connected", ["alice talking c1"]),
]
SCENARIOS: Mapping[str, Scenario] = {
    "a waiting call": [
        *TAKES,
        ("c1 ringing", []),
        ("c1 accepted", ["-> connect c1"]),
        ("c1 connected", []),
        ("c1 connected", []),
        ("alice ready", ["alice ready"]),
        ("c1 left talk", []),
        ("c1 ended", []),
    ],
    "nobody else is asked meanwhile, and the call has its turn if he does not pick up": [
        *TAKES,
        ("alice ready", ["alice ready"]),
        ("c1 refused no answer", ASKED),
    ],
    "his phone cannot be rung": [
        *TAKES,
        ("c1 failed Offer", ["-> withdraw c1", "refused c1 sue unreachable"]),
        ("alice ready", ["alice ready", *ASKED]),
    ],
    "nothing more is heard": [*TAKES, ("wait 23", ["-> withdraw c1", "refused c1 sue no answer"])],
    "the two legs are never joined": [
        *TAKES,
        ("c1 accepted", ["-> connect c1"]),
        ("wait 10", ["-> withdraw c1", "refused c1 sue withdrawn"]),
    ],
    "the caller hangs up": [*TAKES, ("c1 ended", ["-> withdraw c1"])],
    "an agent's phone rings for it": [
        ("alice ready", ["alice ready"]),
        ("c1 queued orders", ["-> music c1 jazz", *ASKED]),
        ("c1 taken sue", ["-> withdraw c1", "refused c1 alice withdrawn", "alice ready", *TAKEN]),
        ("c1 accepted first", ["-> withdraw c1"]),
        ("c1 accepted", ["-> connect c1"]),
    ],
    "a talk": [
        *TALKS,
        ("c1 taken sue", ["transfer asked c1 orders"]),
        ("c1 left talk", ["alice wrap-up"]),
        ("c1 queued orders", ["-> music c1 jazz", *TAKEN]),
        ("c1 accepted", ["-> connect c1"]),
        ("c1 connected", []),
    ],
    "a talk that cannot be taken goes on": [
        *TALKS,
        ("c1 taken sue", ["transfer asked c1 orders"]),
        ("c1 failed Hold", []),
        ("c1 taken sue", ["transfer asked c1 orders"]),
    ],
    "a waiting call is pulled": [
        *WAITS,
        ("wait 5", []),
        ("c1 pulled vip", ["left c1 pulled by sue", "queued c1 vip since 1000", "-> music c1 default"]),
    ],
    "one that is being taken is not": [*TAKES, ("c1 pulled vip", [])],
    "a talk is pulled": [*TALKS, ("c1 pulled vip", ["transfer asked c1 vip"])],
    "a call in the menu, and one with an agent about to be joined": [
        ("c2 menu", []),
        ("c2 taken sue", []),
        *TALKS[:3],
        ("c1 taken sue", []),
        ("c1 pulled vip", []),
    ],
}


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Store:
    return MemoryStore() if request.param == "memory" else RedisStore(fakeredis.FakeAsyncRedis())


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
async def test_scenario(scenario: Scenario, store: Store) -> None:
    line = Line(store)
    await line.start()
    for step, expected in scenario:
        try:
            said = await line.do(step)
        except NotAllowed:
            said = []
        assert said == expected, step


async def test_after_a_restart_the_call_waits_and_a_late_phone_is_let_go() -> None:
    store = MemoryStore()
    line = Line(store)
    await line.start()
    for step, _ in TAKES:
        await line.do(step)
    again = Line(store)
    again.calls, again.offers = line.calls, line.offers
    await again.start()
    assert await again.do("c1 adopted queue") == ["-> withdraw c1", "refused c1 sue withdrawn", "-> music c1 jazz"]
    assert await again.do("c1 accepted") == ["-> withdraw c1"]
