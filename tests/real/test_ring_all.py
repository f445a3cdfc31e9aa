"""All phones of a small team ring for one call, on the real Asterisk."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.calls import events as ev
from cti.calls.words import AgentState, Refusal
from demo.phones import OnRing
from tests.real.hotline import Hotline

QUEUES = """
queues:
  orders: {skills: {faults: 3}, strategy: ring-all, ring: 5s, wrap_up: 0s}
  support: {skills: {service: 6}}
"""


@pytest.fixture
def site(site: Path) -> Path:
    (site / "queues.yaml").write_text(QUEUES)
    return site


async def test_the_first_who_picks_up_has_the_call(line: Hotline) -> None:
    alice = await line.person("alice", on_ring=OnRing.WAIT)
    bob = await line.person("bob", on_ring=OnRing.WAIT)
    for name in ("alice", "bob"):
        await line.state(name)
    call = await (await line.caller()).dial("100")
    await call.answered()
    await call.press("1")
    for_alice, for_bob = await alice.called(), await bob.called()
    await line.watch.wait(ev.Ringing, count=2)
    await for_bob.answer()
    connected = await line.watch.wait(ev.Connected)
    assert connected.agent == "bob"
    await for_alice.ended()
    await line.watch.wait(ev.AgentChanged, lambda e: e.agent == "alice" and e.state is AgentState.READY, count=2)
    withdrawn = await line.watch.wait(ev.Refused)
    assert (withdrawn.agent, withdrawn.reason) == ("alice", Refusal.WITHDRAWN)
    await call.hang_up()
    record = await line.record(connected.call, lambda found: found["record"]["outcome"] == "answered")
    rings = {s["agent"]: s for s in record["segments"] if s["kind"] == "ring"}
    assert rings.keys() == {"alice", "bob"}
    assert rings["alice"]["ended_at"] > rings["bob"]["started_at"], "both rang at the same time"
    assert (record["agent"], record["offers"]) == ("bob", 2)


async def test_two_who_pick_up_together(line: Hotline) -> None:
    """Both phones answer by themselves: one talks, the other is let go and can take the next call."""
    await line.person("alice")
    await line.person("bob")
    for name in ("alice", "bob"):
        await line.state(name)
    calls = []
    for number in ("5551", "5552"):
        call = await (await line.caller(number)).dial("100")
        await call.answered()
        await call.press("1")
        calls.append(call)
    await line.watch.wait(ev.Connected, count=2)
    connected = [event for event in line.watch.events if isinstance(event, ev.Connected)]
    assert {event.agent for event in connected} == {"alice", "bob"}
    assert len({event.call for event in connected}) == 2
    for call in calls:
        await call.hang_up()
