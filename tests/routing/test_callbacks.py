"""Callbacks, as scenarios: each step, and all that it brings about."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from cti.calls.events import CallbackWanted
from cti.calls.names import callback_id
from cti.calls.words import CallId
from routing.agents import NotAllowed
from routing.memory_store import MemoryStore
from routing.queues import Callbacks
from routing.recall import Remembered
from routing.wishes import UnknownCallback
from tests.routing.line import Line
from tests.routing.test_handler import Scenario
from tests.routing.test_rules import AGENTS, bills, queues

CALLBACKS = queues(bills(callbacks=Callbacks(tries=2, retry_s=300.0, ring_s=25.0)))
WANTED: Scenario = [
    ("c1 queued bills", ["-> music c1 default"]),
    ("wait 60", []),
    ("c1 menu", []),
    ("c1 wants bills 0301234 1000", []),
    ("c1 ended", []),
]
DAN_RINGS = ["called back b1 for c1", "offered b1 dan", "dan reserved b1", "-> offer b1 PJSIP/dan 15s"]
CALLED: Scenario = [*WANTED, ("dan ready", ["dan ready", *DAN_RINGS])]
DIALLED: Scenario = [
    *CALLED,
    ("b1 ringing", ["dan ringing b1"]),
    ("b1 accepted", ["-> call b1 0301234 25s"]),
]
DAN_FREED = ["-> withdraw b1", "refused b1 dan withdrawn", "dan ready"]
SECOND = ["called back b2 for c1", "offered b2 dan", "dan reserved b2", "-> offer b2 PJSIP/dan 15s"]

BACK: Mapping[str, Scenario] = {
    "the agent first, then the customer, and they talk": [
        *DIALLED,
        ("b1 picks", ["-> connect b1"]),
        ("b1 connected", ["callback of c1 reached after 1", "dan talking b1"]),
        ("b1 left talk", ["dan ready"]),
        ("b1 ended", []),
        ("wait 9999", []),
    ],
    "the place is kept: before who came later, behind who came before": [
        ("c0 queued bills since=990", ["-> music c0 default"]),
        *WANTED,
        ("c2 queued bills", ["-> music c2 default"]),
        ("dan ready", ["dan ready", "offered c0 dan", "dan reserved c0", "-> offer c0 PJSIP/dan 15s"]),
        ("eva ready", ["eva ready", *(word.replace("dan", "eva") for word in DAN_RINGS)]),
    ],
    "not reached: again after the pause, then given up": [
        *DIALLED,
        ("b1 ended", DAN_FREED),
        ("wait 299", []),
        ("wait 1", SECOND),
        ("b2 accepted", ["-> call b2 0301234 25s"]),
        (
            "b2 ended",
            [
                "-> withdraw b2",
                "refused b2 dan withdrawn",
                "dan ready",
                "callback of c1 given up after 2",
            ],
        ),
        ("wait 9999", []),
    ],
    "a server that is emptied begins no calls; one that is open again does": [
        *WANTED,
        ("server drained", []),
        ("dan ready", ["dan ready"]),
        ("wait 60", []),
        ("server opened", DAN_RINGS),
    ],
    "who is being called back is not let down by a server that is emptied": [
        *DIALLED,
        ("server drained", []),
        ("b1 picks", ["-> connect b1"]),
        ("b1 connected", ["callback of c1 reached after 1", "dan talking b1"]),
    ],
    "a callback that came to nothing waits while the server is emptied": [
        *CALLED,
        ("server drained", []),
        ("b1 refused no answer", ["dan not ready (no answer)"]),
        ("eva ready", ["eva ready"]),
        ("server opened", ["offered b1 eva", "eva reserved b1", "-> offer b1 PJSIP/eva 15s"]),
    ],
    "it can't be dialled": [
        *DIALLED,
        ("b1 failed CallOut", ["ended b1", *DAN_FREED]),
        ("wait 300", SECOND),
    ],
    "the agent doesn't answer: the customer's phone was not rung, the place is kept": [
        *CALLED,
        ("b1 refused no answer", ["dan not ready (no answer)"]),
        ("eva ready", ["eva ready", "offered b1 eva", "eva reserved b1", "-> offer b1 PJSIP/eva 15s"]),
        ("b1 accepted", ["-> call b1 0301234 25s"]),
        ("b1 picks", ["-> connect b1"]),
        ("b1 connected", ["callback of c1 reached after 1", "eva talking b1"]),
    ],
    "the agent hangs up while the customer's phone rings": [
        *DIALLED,
        ("b1 refused refused", ["dan not ready (refused)", "-> hangup b1"]),
        ("b1 ended", []),
        ("dan ready", ["dan ready"]),
        ("wait 300", SECOND),
    ],
    "nobody tells whether the customer's phone rings": [
        *DIALLED,
        ("wait 28", ["-> withdraw b1", "refused b1 dan withdrawn", "dan ready", "-> hangup b1"]),
        ("b1 ended", []),
    ],
    "the customer picks up, the agent is gone: he waits as any caller": [
        *DIALLED,
        ("b1 picks", ["-> connect b1"]),
        ("b1 refused refused", ["dan not ready (refused)"]),
        ("eva ready", ["eva ready", "offered b1 eva", "eva reserved b1", "-> offer b1 PJSIP/eva 15s"]),
        ("b1 accepted", ["-> connect b1"]),
        ("b1 connected", ["callback of c1 reached after 1", "eva talking b1"]),
    ],
    "the customer picks up and hangs up again: he was reached": [
        *DIALLED,
        ("b1 picks", ["-> connect b1"]),
        ("b1 ended", [*DAN_FREED, "callback of c1 reached after 1"]),
        ("wait 9999", []),
    ],
    "erased while it waits": [
        *WANTED,
        ("c2 wants bills 0305555 1050", []),
        ("0301234 erased", ["callback of c1 given up after 0"]),
        ("0301234 erased", []),
        ("dan ready", ["dan ready", *(word.replace("c1", "c2") for word in DAN_RINGS)]),
    ],
    "erased while the agent's phone rings": [
        *CALLED,
        (
            "0301234 erased",
            [
                "-> withdraw b1",
                "refused b1 dan withdrawn",
                "dan ready",
                "-> hangup b1",
                "callback of c1 given up after 0",
            ],
        ),
        ("b1 ended", []),
        ("wait 9999", []),
    ],
    "erased while his phone rings": [
        *DIALLED,
        ("0301234 erased", [*DAN_FREED, "-> hangup b1", "callback of c1 given up after 1"]),
        ("b1 ended", []),
        ("wait 9999", []),
    ],
    "one callback for each customer and queue": [
        *WANTED,
        ("c2 wants bills 0301234 1050", []),
        ("dan ready", ["dan ready", *DAN_RINGS]),
        ("eva ready", ["eva ready"]),
    ],
}


@pytest.mark.parametrize("name", BACK)
async def test_a_callback(name: str) -> None:
    line = Line(MemoryStore(), AGENTS, CALLBACKS)
    await line.start()
    for step, expected in BACK[name]:
        assert await line.do(step) == expected, step


@pytest.mark.parametrize("steps", [WANTED, CALLED, DIALLED], ids=["waiting", "offered", "dialled"])
async def test_a_callback_survives_a_restart(steps: Scenario) -> None:
    store = MemoryStore()
    before = Line(store, AGENTS, CALLBACKS)
    await before.start()
    for step, _ in steps:
        await before.do(step)
    after = Line(store, AGENTS, CALLBACKS)
    after.now, after.calls, after.names = before.now + 5, before.calls, before.names
    await after.start()
    if steps is not WANTED:
        await after.do("b1 ended")
    await after.settle([])
    said = await after.wait(300) if steps is not WANTED else await after.do("eva ready")
    assert [words for words in said if words.startswith(("called", "-> offer"))] == [
        f"called back b{1 if steps is WANTED else 2} for c1",
        f"-> offer b{1 if steps is WANTED else 2} PJSIP/{'eva' if steps is WANTED else 'dan'} 15s",
    ]
    (waiting,) = await store.waiting()
    assert (waiting.since, waiting.tries) == (1000.0, 1 if steps is DIALLED else 0)


@pytest.mark.parametrize("attempts", [0, 1])
async def test_a_callback_that_the_live_state_lost_comes_back_from_the_journal(attempts: int) -> None:
    wish = CallbackWanted(at=990.0, call=CallId("c1"), number="0301234", queue="bills", since=980.0)

    async def remember(agents: Collection[str]) -> Remembered:
        return Remembered({}, [(wish, attempts)])

    line = Line(MemoryStore(), AGENTS, CALLBACKS)
    await line.part.start(line.now, remember)
    await line.settle([])
    said = await line.do("dan ready")
    assert [words for words in said if words.startswith("called")] == ["called back b1 for c1"]
    assert line.names == {callback_id(CallId("c1"), attempts + 1): "b1"}
    await line.do("b1 accepted")
    await line.do("b1 ended")
    assert await line.wait(299) == []
    assert any(words.startswith("called") for words in await line.wait(1)) == (attempts == 0)


EVA_RINGS = [word.replace("dan", "eva") for word in DAN_RINGS]


async def test_an_agent_takes_a_callback_out_of_turn() -> None:
    """Before a call that came earlier, and before its own time; not reached, it has its old place again."""
    line = Line(MemoryStore(), AGENTS, CALLBACKS)
    await line.start()
    for step, expected in (
        ("c0 queued bills since=990", ["-> music c0 default"]),
        *WANTED,
        ("eva break", ["eva not ready (break)"]),
        ("eva takes c1", ["eva ready", *EVA_RINGS]),
        ("b1 accepted", ["-> call b1 0301234 25s"]),
        ("b1 ended", ["-> withdraw b1", "refused b1 eva withdrawn", "eva not ready (break)"]),
        ("eva takes c1", ["eva ready", *(word.replace("b1", "b2") for word in EVA_RINGS)]),
        ("b2 refused", ["eva not ready (break)"]),
        ("dan ready", ["dan ready", "offered c0 dan", "dan reserved c0", "-> offer c0 PJSIP/dan 15s"]),
    ):
        assert await line.do(step) == expected, step
    (waiting,) = [w for w in line.part.floor.room.calls.values() if w.wanted]
    assert (waiting.since, waiting.agent) == (1000.0, "")


async def test_a_server_that_is_emptied_dials_for_nobody() -> None:
    line = Line(MemoryStore(), AGENTS, CALLBACKS)
    await line.start()
    for step, _ in (*WANTED, ("server drained", [])):
        await line.do(step)
    for step in ("eva dials 0301234 d1", "eva takes c1"):
        with pytest.raises(NotAllowed, match="being emptied"):
            await line.do(step)


async def test_which_callbacks_cannot_be_taken() -> None:
    line = Line(MemoryStore(), AGENTS, CALLBACKS)
    await line.start()
    for step, _ in WANTED:
        await line.do(step)
    for step, error in (
        ("eva takes c9", UnknownCallback),
        ("ben takes c1", UnknownCallback),
        ("eva takes c1", NotAllowed),
    ):
        with pytest.raises(error):
            await line.do(step)
    await line.do("dan ready")
    with pytest.raises(NotAllowed, match="being called"):
        await line.do("dan takes c1")
