"""An agent holds a caller, and sends him on: each phone sends a tone of its own, and what is heard is measured."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import AgentState, CallId, Party, Place
from demo.debian import Program
from demo.phones import Phone, PhoneCall
from demo.tones import RATE, present, tone
from tests.real.conftest import INTERNAL
from tests.real.hotline import Hotline, hotline

CALLER, ALICE, BOB = 440.0, 880.0, 1320.0
ALL = (CALLER, ALICE, BOB)


async def heard(phone: PhoneCall) -> set[float]:
    """What comes to the phone from now on, after what is under way."""
    await phone.listen(0.4)
    return present(await phone.listen(1), RATE, ALL)


async def talk(line: Hotline) -> tuple[CallId, PhoneCall, PhoneCall, Phone]:
    """The call, its caller's phone and its agent's, who talk; and bob's phone, who is ready for support."""
    alice = await line.person("alice", microphone=tone(ALICE, 1.0))
    bob = await line.person("bob", microphone=tone(BOB, 1.0))
    await line.state("alice")
    caller = await (await line.caller(microphone=tone(CALLER, 1.0))).dial("100")
    await caller.answered()
    await caller.press("1")
    agent = await alice.called()
    call = (await line.watch.wait(ev.Connected)).call
    return call, caller, agent, bob


async def asks(line: Hotline, call: CallId, what: str, **body: object) -> None:
    desk = await line.desk("alice")
    (await desk.post(f"/api/calls/{call}/{what}", json=body or None)).raise_for_status()


async def test_hold_and_resume(line: Hotline) -> None:
    call, caller, agent, _ = await talk(line)
    assert await heard(caller) == {ALICE}
    for turn in (1, 2):
        await asks(line, call, "hold")
        await line.watch.wait(talk_events.Held, count=turn)
        assert ALICE not in await heard(caller)
        assert abs(caller.heard()[-RATE // 2 :]).max() > 0.01, "there is no music"
        assert await heard(agent) == set()
        await asks(line, call, "resume")
        await line.watch.wait(talk_events.Resumed, count=turn)
        assert await heard(caller) == {ALICE}
        assert await heard(agent) == {CALLER}
    await caller.hang_up()
    left = await line.watch.wait(ev.Left)
    assert (left.place, left.by) == (Place.TALK, Party.CALLER)
    await agent.ended()

    record = await line.record(call, lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")
    assert [s["kind"] for s in record["segments"]] == ["menu", "wait", "ring", "talk", "hold", "hold"]
    recording = record["recordings"][0]
    assert recording["state"] == "whole"
    samples, rate = await line.sound(recording)
    talked = sum(
        (1 if s["kind"] == "talk" else -1) * (s["ended_at"] - s["started_at"])
        for s in record["segments"]
        if s["kind"] in ("talk", "hold")
    )
    assert abs(len(samples) / rate - talked) < 0.5


async def test_to_another_queue(line: Hotline) -> None:
    """The caller goes on to support, where bob takes him; alice is in wrap-up."""
    call, caller, agent, _ = await talk(line)
    await line.state("bob")
    await asks(line, call, "transfer", queue="support")
    await agent.ended()
    second = await line.watch.wait(ev.Connected, count=2)
    assert (second.call, second.agent) == (call, "bob")
    assert await heard(caller) == {BOB}
    await caller.hang_up()
    await line.watch.wait(ev.Ended)
    record = await line.record(call)
    kinds = [f"{s['kind']} {s['agent']}".strip() for s in record["segments"] if s["kind"] != "hold"]
    assert kinds == ["menu", "wait", "ring alice", "talk alice", "wait", "ring bob", "talk bob"]
    assert AgentState.WRAP_UP in line.watch.states("alice")


async def test_to_another_agent_from_hold(line: Hotline) -> None:
    call, caller, agent, _ = await talk(line)
    await line.state("bob")
    await asks(line, call, "hold")
    await line.watch.wait(talk_events.Held)
    await asks(line, call, "transfer", agent="bob")
    await agent.ended()
    assert (await line.watch.wait(ev.Connected, count=2)).agent == "bob"
    assert await heard(caller) == {BOB}


async def test_into_a_flow(line: Hotline) -> None:
    call, caller, agent, _ = await talk(line)
    await asks(line, call, "transfer", flow="main")
    await agent.ended()
    await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "main", count=2)
    await caller.press("2")
    await line.watch.wait(ev.Queued, lambda e: e.queue == "support")
    await caller.hang_up()
    await line.watch.wait(ev.Ended)


async def test_to_a_number(line: Hotline) -> None:
    """The echo outside answers the caller; a number that is not on the list leaves everything as it was."""
    call, caller, agent, _ = await talk(line)
    desk = await line.desk("alice")
    refused = await desk.post(f"/api/calls/{call}/transfer", json={"number": "990001"})
    assert refused.status_code == 409
    assert await heard(caller) == {ALICE}
    await asks(line, call, "transfer", number="770001")
    await agent.ended()
    assert (await line.watch.wait(ev.Transferred)).to == "770001"
    assert await heard(caller) == {CALLER}


async def test_the_agent_leaves_a_caller_on_hold(line: Hotline) -> None:
    """He is back in his queue, with the time that he has waited, and the next agent has him."""
    call, caller, agent, _ = await talk(line)
    first = await line.watch.wait(ev.Queued)
    await asks(line, call, "hold")
    await line.watch.wait(talk_events.Held)
    await agent.hang_up()
    again = await line.watch.wait(ev.Queued, count=2)
    assert (again.queue, again.since) == (first.queue, first.at)
    assert (await line.watch.wait(ev.Connected, count=2)).agent == "alice"
    assert await heard(caller) == {ALICE}


async def test_the_caller_leaves_from_hold(line: Hotline) -> None:
    call, caller, agent, _ = await talk(line)
    await asks(line, call, "hold")
    await line.watch.wait(talk_events.Held)
    await caller.hang_up()
    assert (await line.watch.wait(ev.Ended)).by is Party.CALLER
    await agent.ended()
    assert len([e for e in line.watch.events if isinstance(e, ev.Queued)]) == 1


async def test_only_who_talks_may(line: Hotline) -> None:
    call, caller, _, _ = await talk(line)
    bob = await line.desk("bob")
    for what, body in (("hold", None), ("resume", None), ("transfer", {"queue": "support"})):
        assert (await bob.post(f"/api/calls/{call}/{what}", json=body)).status_code == 404
    assert await heard(caller) == {ALICE}
    sue = await line.desk("sue")
    (await sue.post(f"/api/calls/{call}/hold")).raise_for_status()
    await line.watch.wait(talk_events.Held)


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A hotline whose callers may be sent to the echo outside."""
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "lease": "3s",
        "transfers_to_numbers": {"context": "internal", "allow": ["77*"]},
    }
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as running:
        yield running
