"""Agents call numbers, as scenarios: each step, and all that it brings about."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from routing.agents import NotAllowed
from routing.memory_store import MemoryStore
from routing.queues import Queues
from tests.routing.line import AGENTS, QUEUES, Line
from tests.routing.test_handler import Scenario

RINGS = ["alice calls 0301 by d1", "offered d1 alice", "alice reserved d1", "-> offer d1 PJSIP/alice 15s"]
CALLS: Scenario = [
    ("alice break", ["alice not ready (break)"]),
    ("alice dials 0301 d1", ["alice ready", *RINGS]),
    ("d1 ringing", ["alice ringing d1"]),
    ("d1 accepted", ["-> call d1 0301 30s own"]),
]
FREED = ["-> withdraw d1", "refused d1 alice withdrawn", "alice not ready (break)"]

OWN: Mapping[str, Scenario] = {
    "his phone first, then the number; a wrap-up; then as he was": [
        *CALLS,
        ("d1 picks", ["-> connect d1"]),
        ("d1 connected", ["alice talking d1"]),
        ("d1 left talk", ["alice wrap-up"]),
        ("d1 ended", []),
        ("wait 10", ["alice not ready (break)"]),
        ("wait 9999", []),
    ],
    "before whatever waits": [
        ("c1 queued orders urgent", ["-> music c1 jazz"]),
        ("wait 600", []),
        *CALLS[:2],
    ],
    "nobody is reached, and it is over": [*CALLS, ("d1 ended", FREED), ("wait 9999", [])],
    "it can't be dialled": [*CALLS, ("d1 failed CallOut", ["ended d1", *FREED]), ("wait 9999", [])],
    "he gives up while it rings there": [
        *CALLS,
        ("d1 refused", ["alice not ready (break)", "-> hangup d1"]),
        ("d1 ended", []),
        ("wait 9999", []),
    ],
    "his own phone does not answer: nobody is called": [
        *CALLS[:3],
        ("wait 18", ["-> withdraw d1", "refused d1 alice no answer", "alice not ready (break)", "-> hangup d1"]),
        ("d1 ended", []),
        ("wait 9999", []),
    ],
}


@pytest.mark.parametrize("name", OWN)
async def test_an_agent_calls_a_number(name: str) -> None:
    line = Line(MemoryStore())
    await line.start()
    for step, expected in OWN[name]:
        assert await line.do(step) == expected, step


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([], "log in first"),
        (["alice ready", "c1 queued orders"], "you are on a call"),
        (["alice ready", "alice dials 0301 d1"], "you are on a call"),
    ],
)
async def test_who_cannot_call_now(steps: list[str], why: str) -> None:
    line = Line(MemoryStore())
    await line.start()
    for step in steps:
        await line.do(step)
    with pytest.raises(NotAllowed, match=why):
        await line.do("alice dials 0302 d2")
    assert "d2" not in line.part.floor.room.calls


@pytest.mark.parametrize("count", range(1, len(CALLS) + 1))
async def test_after_a_restart_nobody_is_called_again(count: int) -> None:
    store = MemoryStore()
    before = Line(store, AGENTS, Queues(QUEUES.by_name))
    await before.start()
    for step, _ in CALLS[:count]:
        await before.do(step)
    after = Line(store, AGENTS, QUEUES)
    after.now, after.calls = before.now + 5, before.calls
    await after.start()
    if count > 1:
        await after.do("d1 ended")
    await after.settle([])
    said = await after.wait(9999)
    assert not [words for words in said if words.startswith(("->", "alice calls"))]
    assert await store.waiting() == []
    assert after.part.floor.crew.statuses["alice"].state.value == "not ready"
