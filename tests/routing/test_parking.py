"""Parked callers, as scenarios: each step, and all that it brings about."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from routing.agents import NotAllowed
from routing.memory_store import MemoryStore
from routing.parking import UnknownParked
from tests.routing.line import Line
from tests.routing.test_handler import Scenario

BOB_RINGS = ["offered c1 bob", "bob reserved c1", "-> offer c1 PJSIP/bob 15s"]
PARKED: Scenario = [
    ("alice ready", ["alice ready"]),
    ("c1 queued orders", ["-> music c1 jazz", "offered c1 alice", "alice reserved c1", "-> offer c1 PJSIP/alice 15s"]),
    ("c1 accepted", ["-> connect c1"]),
    ("c1 connected", ["alice talking c1"]),
    ("wait 30", []),
    ("c1 left talk", ["alice wrap-up"]),
    ("c1 parked alice 120", ["-> music c1 jazz"]),
    ("bob ready", ["bob ready"]),
]
TALKS = [("c1 accepted", ["-> connect c1"]), ("c1 connected", ["bob talking c1"]), ("wait 9999", ["alice ready"])]
BACK = ["left c1 parked for too long", "queued c1 orders since 1120", "-> music c1 jazz"]

STORIES: Mapping[str, Scenario] = {
    "another takes him, the first is in wrap-up": [*PARKED, ("bob unparks c1", BOB_RINGS), *TALKS],
    "not answered, he stays parked, and comes back": [
        *PARKED,
        ("bob unparks c1", BOB_RINGS),
        ("c1 refused", ["bob not ready (refused)"]),
        ("wait 60", ["alice ready"]),
        (
            "wait 60",
            [*BACK, "offered c1 alice", "alice reserved c1", "-> offer c1 PJSIP/alice 15s"],
        ),
    ],
    "the time is over while a phone rings for him": [
        *PARKED,
        ("wait 115", ["alice ready"]),
        ("bob unparks c1", BOB_RINGS),
        ("wait 8", []),
        (
            "c1 refused",
            ["bob not ready (refused)"],
        ),
        ("wait 0", [BACK[0], "queued c1 orders since 1123", BACK[2], "offered c1 alice", "alice reserved c1",
                    "-> offer c1 PJSIP/alice 15s"]),
    ],
    "who parked is not ready: anyone has him": [
        *PARKED,
        ("alice break", ["alice not ready (break)"]),
        ("wait 120", [*BACK, *BOB_RINGS]),
    ],
    "he is gone": [*PARKED, ("c1 ended", []), ("wait 9999", ["alice ready"])],
    "who parked takes him again, out of the wrap-up": [
        *PARKED,
        ("alice unparks c1", ["alice ready", "offered c1 alice", "alice reserved c1", "-> offer c1 PJSIP/alice 15s"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
async def test_a_parked_caller(name: str) -> None:
    line = Line(MemoryStore())
    await line.start()
    for step, expected in STORIES[name]:
        assert await line.do(step) == expected, step


async def test_who_cannot_be_taken() -> None:
    line = Line(MemoryStore())
    await line.start()
    for step, _ in PARKED:
        await line.do(step)
    for step, error in (("carl unparks c1", UnknownParked), ("bob unparks c9", UnknownParked)):
        with pytest.raises(error):
            await line.do(step)
    await line.do("bob unparks c1")
    with pytest.raises(NotAllowed, match="somebody takes"):
        await line.do("alice unparks c1")
    await line.do("c1 accepted")
    await line.do("c1 connected")
    with pytest.raises(UnknownParked):
        await line.do("alice unparks c1")


@pytest.mark.parametrize("keeps", [True, False])
async def test_the_next_engine_has_him(keeps: bool) -> None:
    """With the store's word of it, or without: by the journal alone."""
    store = MemoryStore()
    before = Line(store)
    await before.start()
    for step, _ in PARKED:
        await before.do(step)
    after = Line(store if keeps else MemoryStore())
    after.now, after.calls, after.offers = before.now + 50, before.calls, before.offers
    await after.start()
    for step in () if keeps else ("alice ready", "bob ready"):
        await after.do(step)
    assert await after.do("c1 adopted queue") == ["-> music c1 jazz"]
    await after.settle(["c1"])
    (waiting,) = after.part.floor.room.calls.values()
    assert (waiting.parked, waiting.prefer, waiting.not_before) == (True, "alice", 1150.0)
    said = await after.wait(70)
    assert "left c1 parked for too long" in said
    assert "offered c1 alice" in said
