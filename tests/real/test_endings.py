"""However a call goes, its events and its record say so."""

from __future__ import annotations

import pytest

from cti.calls import events as ev
from cti.calls.words import AgentState, Party, Refusal
from demo.phones import OnRing
from tests.real.hotline import Hotline

BEGINNING = ["Arrived", "EnteredFlow", "Answered", "EnteredMenu"]
CHOSEN = [*BEGINNING, "Chosen", "EnteredMenu", "Queued"]


async def test_no_digit(line: Hotline) -> None:
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.ended(15)
    ended = await line.watch.wait(ev.Ended)
    assert line.watch.words(ended.call) == [*BEGINNING, "EnteredMenu", "Ended"]
    record = await line.record(ended.call)
    assert (record["outcome"], record["ended_by"]) == ("ended in menu", "system")
    assert record["path"] == ["main", "bye"]


async def test_wrong_digits(line: Hotline) -> None:
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await line.watch.wait(ev.EnteredMenu)
    for count in (1, 2):
        await caller.press("9")
        await line.watch.wait(ev.Digit, count=count)
    await caller.ended()
    ended = await line.watch.wait(ev.Ended)
    assert (await line.record(ended.call))["choices"] == []


async def test_wrong_digit_then_right(line: Hotline) -> None:
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await line.watch.wait(ev.EnteredMenu)
    await caller.press("9")
    await line.watch.wait(ev.Digit)
    await caller.press("1")
    queued = await line.watch.wait(ev.Queued)
    assert queued.queue == "orders"
    await caller.hang_up()


async def test_hang_up_in_the_menu(line: Hotline) -> None:
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await line.watch.wait(ev.EnteredMenu)
    await caller.hang_up()
    ended = await line.watch.wait(ev.Ended)
    assert line.watch.words(ended.call) == [*BEGINNING, "Ended"]
    record = await line.record(ended.call)
    assert (record["outcome"], record["ended_by"]) == ("abandoned in menu", "caller")


async def test_hang_up_in_the_queue(line: Hotline) -> None:
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("1")
    await line.watch.wait(ev.Queued)
    await caller.hang_up()
    ended = await line.watch.wait(ev.Ended)
    assert line.watch.words(ended.call) == [*CHOSEN, "Ended"]
    record = await line.record(ended.call)
    assert (record["outcome"], record["queue"], record["agent"]) == ("abandoned in queue", "orders", "")


async def test_hang_up_while_ringing(line: Hotline) -> None:
    alice = await line.person("alice", on_ring=OnRing.WAIT)
    await line.state("alice")
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("1")
    await line.watch.wait(ev.Ringing)
    agent = await alice.called()
    await caller.hang_up()
    await agent.ended()
    refused = await line.watch.wait(ev.Refused)
    assert refused.reason is Refusal.WITHDRAWN
    await line.watch.wait(ev.AgentChanged, lambda e: e.state is AgentState.READY, count=2)
    record = await line.record(refused.call)
    assert (record["outcome"], record["offers"]) == ("abandoned in queue", 1)
    assert [s["kind"] for s in record["segments"]] == ["menu", "wait", "ring"]


@pytest.mark.parametrize("by", [Party.CALLER, Party.AGENT])
async def test_hang_up_while_talking(line: Hotline, by: Party) -> None:
    alice = await line.person("alice")
    await line.state("alice")
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("1")
    agent = await alice.called()
    connected = await line.watch.wait(ev.Connected)
    await agent.listen(0.5)
    await (caller if by is Party.CALLER else agent).hang_up()
    ended = await line.watch.wait(ev.Ended)
    assert ended.by is by
    assert line.watch.words(ended.call) == [
        *CHOSEN, "Offered", "Ringing", "RecordingStarted", "Accepted", "Connected", "Left", "Ended",
    ]  # fmt: skip
    record = await line.record(connected.call)
    assert (record["outcome"], record["agent"], record["ended_by"]) == ("answered", "alice", by)
    await line.watch.wait(ev.AgentChanged, lambda e: e.state is AgentState.READY, count=2)
    states = line.watch.states("alice")
    assert states[states.index(AgentState.READY) :] == [
        AgentState.READY, AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP,
        AgentState.READY,
    ]  # fmt: skip


@pytest.mark.parametrize(("on_ring", "reason"), [(OnRing.WAIT, Refusal.NO_ANSWER), (OnRing.REFUSE, Refusal.REFUSED)])
async def test_an_agent_who_does_not_take_the_call(line: Hotline, on_ring: OnRing, reason: Refusal) -> None:
    """The call keeps its place and goes to the next; the agent is not ready, and the reason is told."""
    await line.person("alice", on_ring=on_ring)
    bob = await line.person("bob")
    await line.state("alice")
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("1")
    refused = await line.watch.wait(ev.Refused)
    assert (refused.agent, refused.reason) == ("alice", reason)
    changed = await line.watch.wait(ev.AgentChanged, lambda e: e.state is AgentState.NOT_READY)
    assert (changed.agent, changed.reason) == ("alice", reason)
    await line.state("bob")
    await bob.called()
    connected = await line.watch.wait(ev.Connected)
    assert connected.agent == "bob"
    await caller.hang_up()
    record = await line.record(refused.call)
    assert (record["agent"], record["offers"]) == ("bob", 2)
    rings = [(s["agent"], s["detail"]) for s in record["segments"] if s["kind"] == "ring"]
    assert rings[0] == ("alice", reason)


async def test_a_phone_that_is_not_there(line: Hotline) -> None:
    await line.state("alice")
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("1")
    refused = await line.watch.wait(ev.Refused)
    assert refused.reason is Refusal.UNREACHABLE
    await caller.hang_up()
    record = await line.record(refused.call)
    assert (record["outcome"], record["offers"]) == ("abandoned in queue", 1)


async def test_lease_and_talk(line: Hotline) -> None:
    """Waiting and talking both last longer than the lease of 3 s, which must cut neither."""
    alice = await line.person("alice")
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("1")
    await line.watch.wait(ev.Queued)
    await caller.listen(4)
    assert not caller.over
    await line.state("alice")
    await alice.called()
    await line.watch.wait(ev.Connected)
    await caller.listen(4)
    assert not caller.over
    await caller.hang_up()


async def test_the_transfer_of_a_menu(line: Hotline) -> None:
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("4")
    transferred = await line.watch.wait(ev.Transferred)
    assert transferred.to == "front-desk"
    await caller.answered()
    await caller.hang_up()
    record = await line.record(transferred.call)
    assert (record["outcome"], record["transferred_to"]) == ("transferred", "front-desk")
