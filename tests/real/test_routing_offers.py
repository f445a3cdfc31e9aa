"""What comes of an offer: not answered, refused, nobody there; and the time after a talk."""

from __future__ import annotations

from typing import Any

import pytest

from cti.calls import events as ev
from cti.calls.words import AgentState, Refusal
from demo.phones import OnRing
from tests.real.shift import Caller, Plan, Shift

pytestmark = pytest.mark.asyncio(loop_scope="module")

READY, NOT_READY, OFFLINE = AgentState.READY, AgentState.NOT_READY, AgentState.OFFLINE
RESERVED, RINGING, TALKING = AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING
WRAP_UP = AgentState.WRAP_UP

PLAN = Plan(
    agents="""
    ann: {skills: {bills: 9}, phones: [PJSIP/ann, PJSIP/ann-home]}
    ben: {skills: {bills: 5}}
    far: {skills: {bills: 9}}
    """,
    queues="""
    queues:
      bills: {skills: {bills: 1}, ring: 1s, wrap_up: 0s, record: false}
      short: {skills: {bills: 1}, wrap_up: 2s, record: false}
      long: {skills: {bills: 1}, wrap_up: 10m, record: false}
    """,
    ways={"bills": "{queue: bills}", "short": "{queue: short}", "long": "{queue: long}"},
    flows={},
)


async def now(shift: Shift, agent: str) -> Any:
    """What the API says of an agent."""
    agents = (await (await shift.line.desk("sue")).get("/api/agents")).json()
    return next(a for a in agents if a["name"] == agent)


@pytest.mark.parametrize(
    ("on_ring", "reason"), [(OnRing.WAIT, Refusal.NO_ANSWER), (OnRing.REFUSE, Refusal.REFUSED)], ids=["missed", "busy"]
)
async def test_who_does_not_take_a_call_is_not_ready_and_the_next_is_asked_at_once(
    shift: Shift, on_ring: OnRing, reason: Refusal
) -> None:
    await shift.come("ann", on_ring=on_ring)
    await shift.come("ben")
    caller = await shift.caller("bills")
    refused = await shift.watch.wait(ev.Refused)
    assert (refused.agent, refused.reason) == ("ann", reason)
    assert await shift.talks_to(caller) == "ben"
    second = shift.after(refused)[0]
    assert isinstance(second, ev.Offered)
    assert second.agent == "ben"
    agent = await now(shift, "ann")
    assert (agent["state"], agent["reason"]) == (NOT_READY, reason)
    await shift.bye(caller)
    record = await shift.line.record(caller.call)
    rings = [(s["agent"], s["detail"]) for s in record["segments"] if s["kind"] == "ring"]
    assert rings == [("ann", reason), ("ben", "")]


async def test_a_phone_that_is_not_there(shift: Shift) -> None:
    await shift.come("ben")
    await shift.ask("far", READY)
    caller = await shift.caller("bills")
    assert await shift.talks_to(caller) == "ben"
    refused = await shift.watch.wait(ev.Refused)
    assert (refused.agent, refused.reason) == ("far", Refusal.UNREACHABLE)
    assert (await now(shift, "far"))["reason"] == Refusal.UNREACHABLE


async def test_the_same_agent_is_not_rung_again_for_the_call_at_once(shift: Shift) -> None:
    """Ann is ready again: she gets the next call and not the one that she refused, which goes to ben."""
    await shift.come("ann", on_ring=OnRing.REFUSE)
    first = await shift.caller("bills")
    await shift.watch.wait(ev.AgentChanged, lambda e: e.state is NOT_READY)
    await shift.come("ann")
    why = await shift.why(first)
    assert why["agents"]["didn't take this call a moment ago"] == 1
    second = await shift.caller("bills")
    offered = await shift.offered(second)
    assert (offered.agent, offered.passed) == ("ann", {first.call: "kept from ann, who didn't take it before"})
    await shift.connected(second)
    await shift.bye(second)
    await shift.come("ben")
    again = await shift.offered(first, 2)
    assert (again.agent, again.passed) == ("ben", {"ann": "didn't take this call before"})


async def test_a_caller_who_hangs_up_while_it_rings_is_nobodys_fault(shift: Shift) -> None:
    await shift.come("ann", on_ring=OnRing.WAIT)
    caller = await shift.caller("bills")
    await shift.watch.wait(ev.Ringing)
    await shift.bye(caller)
    assert (await shift.watch.wait(ev.Refused)).reason is Refusal.WITHDRAWN
    assert (await now(shift, "ann"))["state"] == READY


async def test_what_is_asked_for_during_a_talk_comes_after_it(shift: Shift) -> None:
    await shift.come("ann")
    caller = await shift.caller("bills")
    await shift.connected(caller)
    await shift.ask("ann", NOT_READY, "lunch")
    assert (await now(shift, "ann"))["after_call"] == NOT_READY
    await shift.bye(caller)
    changed = await shift.watch.wait(ev.AgentChanged, lambda e: e.state is NOT_READY)
    assert changed.reason == "lunch"
    assert shift.watch.states("ann") == [READY, RESERVED, RINGING, TALKING, NOT_READY]


async def test_an_agent_is_rung_where_he_sits(shift: Shift) -> None:
    home = await shift.phone("ann-home")
    await shift.phone("ann")
    await shift.ask("ann", READY, phone="PJSIP/ann-home")
    caller = await shift.caller("bills")
    await home.called()
    assert await shift.talks_to(caller) == "ann"
    await shift.bye(caller)
    await shift.ask("ann", READY, phone="PJSIP/ann")


async def after_a_talk(shift: Shift, way: str) -> Caller:
    """Ann is in wrap-up, and the next caller waits."""
    await shift.come("ann")
    caller = await shift.caller(way)
    await shift.connected(caller)
    waits = await shift.caller("bills")
    await caller.phone.hang_up()
    await shift.watch.wait(ev.AgentChanged, lambda e: e.state is WRAP_UP)
    return waits


async def wrapped_up_s(shift: Shift) -> float:
    """How long the wrap-up was, as soon as ann is ready."""
    ready = await shift.watch.wait(ev.AgentChanged, lambda e: e.state is READY, count=2)
    began = await shift.watch.wait(ev.AgentChanged, lambda e: e.state is WRAP_UP)
    assert shift.watch.states("ann")[:6] == [READY, RESERVED, RINGING, TALKING, WRAP_UP, READY]
    return ready.at - began.at


async def test_wrap_up_ends_by_itself(shift: Shift) -> None:
    waits = await after_a_talk(shift, "short")
    assert (await shift.why(waits))["agents"] == {"logged out": 2, "in wrap-up": 1}
    assert await wrapped_up_s(shift) >= 2
    assert await shift.talks_to(waits) == "ann"


async def test_wrap_up_is_ended_early(shift: Shift) -> None:
    waits = await after_a_talk(shift, "long")
    await shift.ask("ann", READY)
    assert await shift.talks_to(waits) == "ann"


async def test_wrap_up_is_extended(shift: Shift) -> None:
    waits = await after_a_talk(shift, "short")
    desk = await shift.line.desk("sue")
    answer = await desk.post("/api/agents/ann/wrap-up", json={"seconds": 1})
    answer.raise_for_status()
    assert await wrapped_up_s(shift) >= 3
    assert await shift.talks_to(waits) == "ann"
    assert (await desk.post("/api/agents/ann/wrap-up", json={"seconds": 1})).status_code == 409
