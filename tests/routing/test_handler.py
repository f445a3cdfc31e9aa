"""What routing does, as scenarios: each step, and all that it brings about."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cti.calls.words import AgentState
from routing.agents import NotAllowed, UnknownAgent
from routing.memory_store import MemoryStore
from tests.routing.line import Line

Scenario = list[tuple[str, list[str]]]

OFFERED = ["offered c1 alice", "alice reserved c1", "-> offer c1 PJSIP/alice 15s"]
OFFERED_TO_BOB = ["offered c1 bob", "bob reserved c1", "-> offer c1 PJSIP/bob 15s"]
ASKED: Scenario = [("alice ready", ["alice ready"]), ("c1 queued orders", ["-> music c1 jazz", *OFFERED])]
RINGING: Scenario = [*ASKED, ("c1 ringing", ["alice ringing c1"])]
TALKING: Scenario = [*RINGING, ("c1 accepted", ["-> connect c1"]), ("c1 connected", ["alice talking c1"])]
WITHDRAWN = ["-> withdraw c1", "refused c1 alice withdrawn"]

SCENARIOS: Mapping[str, Scenario] = {
    "a talk that the phone lost goes on there, before all others; what was wished for comes after it": [
        *TALKING,
        ("c2 queued orders urgent", ["-> music c2 jazz"]),
        ("alice break", []),
        ("c1 fetched orders", []),
        ("c1 left talk", []),
        ("c1 queued orders prefer=alice for=30 since=1000", ["alice ready", "-> music c1 jazz", *OFFERED]),
        ("c1 connected", ["alice talking c1"]),
        ("c1 left talk", ["alice wrap-up"]),
        ("c1 ended", []),
        ("wait 10", ["alice not ready (break)"]),
    ],
    "a caller who does not wait for his talk to go on": [
        *TALKING,
        ("c1 fetched orders", []),
        ("c1 left talk", []),
        ("c1 ended", ["alice wrap-up"]),
    ],
    "a call waits for an agent, talks, and the agent wraps up": [
        ("c1 queued orders", ["-> music c1 jazz"]),
        ("alice ready", ["alice ready", *OFFERED]),
        ("c1 ringing", ["alice ringing c1"]),
        ("c1 accepted", ["-> connect c1"]),
        ("c1 connected", ["alice talking c1"]),
        ("c1 left talk", ["alice wrap-up"]),
        ("c1 ended", []),
        ("wait 9", []),
        ("wait 1", ["alice ready"]),
    ],
    "everything is told twice": [
        ("c1 queued orders", ["-> music c1 jazz"]),
        ("c1 queued orders", []),
        ("alice ready", ["alice ready", *OFFERED]),
        ("alice ready", []),
        ("c1 queued orders", []),
        ("c1 ringing", ["alice ringing c1"]),
        ("c1 ringing", []),
        ("c1 accepted", ["-> connect c1"]),
        ("c1 accepted", []),
        ("c1 ringing", []),
        ("c1 connected", ["alice talking c1"]),
        ("c1 connected", []),
        ("c1 accepted", []),
        ("c1 ringing", []),
        ("c1 refused", []),
        ("c1 failed Connect", []),
        ("c1 left talk", ["alice wrap-up"]),
        ("c1 left talk", []),
        ("c1 ended", []),
        ("c1 ended", []),
        ("c1 connected", ["-> withdraw c1"]),
    ],
    "ringing and accepted are never told": [*ASKED, ("c1 connected", ["alice talking c1"])],
    "no queue of that name": [("c1 queued nowhere", ["-> hangup c1"])],
    "an unrecorded queue with no wrap-up": [
        ("alice ready", ["alice ready"]),
        (
            "c1 queued vip",
            [
                "-> music c1 default",
                "offered c1 alice unrecorded",
                "alice reserved c1",
                "-> offer c1 PJSIP/alice 15s",
            ],
        ),
        ("c1 connected", ["alice talking c1"]),
        ("c1 ended", ["alice ready"]),
    ],
    "skills of the call are wanted beside the queue's": [
        ("alice ready", ["alice ready"]),
        ("carl ready", ["carl ready"]),
        ("c1 queued orders english", ["-> music c1 jazz"]),
        ("bob ready", ["bob ready", *OFFERED_TO_BOB]),
    ],
    "priority first, then the longest wait": [
        ("c1 queued orders", ["-> music c1 jazz"]),
        ("wait 1", []),
        ("c2 queued orders", ["-> music c2 jazz"]),
        ("c3 queued vip", ["-> music c3 default"]),
        ("c4 queued orders urgent", ["-> music c4 jazz"]),
        ("alice ready", ["alice ready", "offered c4 alice", "alice reserved c4", "-> offer c4 PJSIP/alice 15s"]),
        (
            "c4 ended",
            [
                "-> withdraw c4",
                "refused c4 alice withdrawn",
                "alice ready",
                "offered c3 alice unrecorded",
                "alice reserved c3",
                "-> offer c3 PJSIP/alice 15s",
            ],
        ),
        ("c3 ended", ["-> withdraw c3", "refused c3 alice withdrawn", "alice ready", *OFFERED]),
    ],
    "the phone isn't answered: the next agent, and not ready": [
        *RINGING,
        ("bob ready", ["bob ready"]),
        ("c1 refused no answer", ["alice not ready (no answer)", *OFFERED_TO_BOB]),
        ("c1 accepted first", ["-> withdraw c1"]),
        ("c1 refused first", []),
    ],
    "the same agent isn't asked for the same call at once": [
        *ASKED,
        ("c1 refused", ["alice not ready (refused)"]),
        ("alice ready", ["alice ready"]),
        ("wait 9", []),
        ("wait 1", OFFERED),
    ],
    "a refused call keeps its place before later ones": [
        ("alice ready", ["alice ready"]),
        ("c1 queued orders", ["-> music c1 jazz", *OFFERED]),
        ("wait 1", []),
        ("c2 queued orders", ["-> music c2 jazz"]),
        ("c1 refused unreachable", ["alice not ready (unreachable)"]),
        ("bob ready", ["bob ready", *OFFERED_TO_BOB]),
    ],
    "nothing is heard of an offer": [
        *ASKED,
        ("wait 17", []),
        ("wait 1", ["-> withdraw c1", "refused c1 alice no answer", "alice not ready (no answer)"]),
        ("c1 refused no answer", []),
    ],
    "the legs are never joined": [
        *RINGING,
        ("c1 accepted", ["-> connect c1"]),
        ("wait 9", []),
        ("wait 1", [*WITHDRAWN, "alice ready"]),
        ("wait 10", OFFERED),
    ],
    "a command fails": [
        *ASKED,
        ("c1 failed Withdraw", []),
        ("c1 failed Offer", [*WITHDRAWN, "alice ready"]),
        ("bob ready", ["bob ready", *OFFERED_TO_BOB]),
        ("c1 accepted", ["-> connect c1"]),
        ("c1 failed Connect", ["-> withdraw c1", "refused c1 bob withdrawn", "bob ready"]),
    ],
    "the caller hangs up while the phone rings": [*RINGING, ("c1 ended", [*WITHDRAWN, "alice ready"])],
    "the fallback takes the call while the phone rings": [*RINGING, ("c1 fallback", [*WITHDRAWN, "alice ready"])],
    "the call goes back to the menu while offered": [*ASKED, ("c1 menu", [*WITHDRAWN, "alice ready"])],
    "the queue gives the call up": [*ASKED, ("c1 left queue", [*WITHDRAWN, "alice ready"])],
    "the caller hangs up while waiting": [
        ("c1 queued orders", ["-> music c1 jazz"]),
        ("c1 ended", []),
        ("alice ready", ["alice ready"]),
    ],
    "the caller hangs up while talking": [*TALKING, ("c1 ended", ["alice wrap-up"])],
    "the agent hands the caller on": [*TALKING, ("c1 transferred", ["alice wrap-up"])],
    "the agent picks up after the caller has gone": [
        *RINGING,
        ("c1 ended", [*WITHDRAWN, "alice ready"]),
        ("c1 accepted", ["-> withdraw c1"]),
    ],
    "another queue": [
        ("c1 queued orders", ["-> music c1 jazz"]),
        ("c1 queued vip", ["-> music c1 default"]),
        ("alice ready", ["alice ready", "offered c1 alice unrecorded", *OFFERED[1:]]),
    ],
    "a break asked for while talking comes after the wrap-up": [
        *TALKING,
        ("alice break", []),
        ("c1 ended", ["alice wrap-up"]),
        ("wait 10", ["alice not ready (break)"]),
    ],
    "a break asked for and taken back": [
        *TALKING,
        ("alice break", []),
        ("alice ready", []),
        ("c1 ended", ["alice wrap-up"]),
        ("wait 10", ["alice ready"]),
    ],
    "going offline while the phone rings": [
        *RINGING,
        ("alice offline", []),
        ("c1 refused no answer", ["alice offline"]),
    ],
    "wrap-up ended early": [
        *TALKING,
        ("c1 ended", ["alice wrap-up"]),
        ("alice ready", ["alice ready"]),
        ("wait 20", []),
    ],
    "offline in wrap-up": [
        *TALKING,
        ("c1 ended", ["alice wrap-up"]),
        ("alice offline", ["alice offline"]),
        ("wait 20", []),
    ],
    "found talking while the phone rings for another call": [
        ("alice ready", ["alice ready"]),
        ("c1 queued vip", ["-> music c1 default", "offered c1 alice unrecorded", *OFFERED[1:]]),
        ("c1 connected", ["alice talking c1"]),
        ("c1 menu", ["alice ready"]),
        (
            "c2 queued vip",
            ["-> music c2 default", "offered c2 alice unrecorded", "alice reserved c2", "-> offer c2 PJSIP/alice 15s"],
        ),
        ("c1 adopted talk", ["-> withdraw c2", "refused c2 alice withdrawn", "alice ready", "alice talking c1"]),
        ("bob ready", ["bob ready", "offered c2 bob unrecorded", "bob reserved c2", "-> offer c2 PJSIP/bob 15s"]),
    ],
    "adopted calls that are known are closed and offered anew": [
        *RINGING,
        ("c1 adopted queue", [*WITHDRAWN, "alice ready", "-> music c1 jazz", *OFFERED]),
        ("c1 adopted talk", ["alice talking c1"]),
        ("c1 adopted talk", []),
    ],
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_scenario(name: str) -> None:
    line = Line(MemoryStore())
    assert await line.start() == ["alice offline", "bob offline", "carl offline"]
    for number, (step, expected) in enumerate(SCENARIOS[name]):
        assert await line.do(step) == expected, f"step {number}: {step}"


async def test_what_may_not_be_asked_for() -> None:
    line = Line(MemoryStore())
    await line.start()
    for state in (AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP):
        with pytest.raises(NotAllowed, match="follows from a call"):
            await line.ask("alice", state)
    with pytest.raises(UnknownAgent, match="mallory"):
        await line.ask("mallory", AgentState.READY)
    assert await line.ask("alice", AgentState.NOT_READY, "lunch") == ["alice not ready (lunch)"]
    assert await line.ask("alice", AgentState.NOT_READY, "meeting") == ["alice not ready (meeting)"]


async def test_a_withdrawn_offer_leaves_the_idle_time() -> None:
    line = Line(MemoryStore())
    await line.start()
    await line.do("alice ready")
    idle_since = line.part.floor.crew.statuses["alice"].idle_since
    await line.wait(5)
    await line.do("c1 queued orders")
    await line.do("c1 ended")
    assert line.part.floor.crew.statuses["alice"].idle_since == idle_since


async def test_the_store_learns_how_long_a_restart_waits_for_an_offer() -> None:
    store = MemoryStore()
    line = Line(store)
    await line.start()
    await line.do("alice ready")
    await line.do("c1 queued orders")
    again = Line(store)
    again.now = line.now + 5
    await again.start()
    known = again.part.floor.crew.statuses
    assert known["alice"].state is AgentState.RESERVED
    assert await store.agents(["alice"]) == {"alice": known["alice"]}
