"""Agents call numbers: the own phone rings first, then the number, and both hear each other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from cti.calls import events as ev
from cti.calls.words import AgentState
from demo.debian import Program
from demo.phones import OnRing
from demo.tones import RATE, present, tone
from tests.real.hotline import PATIENCE_S, Hotline, hotline
from tests.real.test_callback_legs import CUSTOMER, NUMBER, OUTSIDE

CUSTOMERS, ALICES = 440.0, 880.0


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A hotline whose agents may call numbers outside."""
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "agents_dial": {"context": "outside", "allow": ["555*"]},
    }
    async with hotline(site, peers, changes=changes, includes=[OUTSIDE], phones=[CUSTOMER]) as running:
        yield running


async def test_an_agent_calls_a_number(line: Hotline) -> None:
    alice = await line.person("alice", microphone=tone(ALICES, 1.0))
    customer = await line.phones.add(CUSTOMER.name, CUSTOMER.password, microphone=tone(CUSTOMERS, 1.0))
    await line.state("alice", AgentState.NOT_READY)
    desk = await line.desk("alice")
    assert (await desk.get("/api/dialling")).json() == {"allow": ["555*"]}
    for refused in ("0900123", "555&Local/1", "", "5550123\r\nAction: Logoff"):
        assert (await desk.post("/api/calls", json={"number": refused})).status_code == 409
    other = await desk.post("/api/calls", json={"number": NUMBER, "agent": "bob"})
    assert other.status_code == 403
    begun = await desk.post("/api/calls", json={"number": NUMBER})
    assert begun.status_code == 202
    call = begun.json()["call"]
    agent, rung = await alice.called(), await customer.called()
    await line.watch.wait(ev.Connected, lambda e: e.call == call)
    (card,) = (await desk.get("/api/calls")).json()
    assert (card["id"], card["direction"], card["caller"], card["place"]) == (call, "out", NUMBER, "talk")
    await agent.listen(0.4)
    assert present(await agent.listen(1), RATE, [CUSTOMERS, ALICES]) == {CUSTOMERS}
    assert ALICES in present(await rung.listen(1), RATE, [CUSTOMERS, ALICES])
    await rung.hang_up()
    record = await line.record(call, lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")
    assert (record["direction"], record["caller"], record["agent"]) == ("out", NUMBER, "alice")
    assert (record["outcome"], record["recordings"][0]["state"]) == ("answered", "whole")
    assert [s["kind"] for s in record["segments"]] == ["wait", "ring", "talk"]
    states = [AgentState.TALKING, AgentState.WRAP_UP]
    assert [s for s in line.watch.states("alice") if s in states] == states


async def test_nobody_is_there(line: Hotline) -> None:
    """The agent hears ringing until it is over, and is as he was."""
    alice = await line.person("alice")
    await line.phones.add(CUSTOMER.name, CUSTOMER.password, on_ring=OnRing.REFUSE)
    await line.state("alice", AgentState.NOT_READY)
    desk = await line.desk("alice")
    call = (await desk.post("/api/calls", json={"number": NUMBER})).json()["call"]
    agent = await alice.called()
    ended = await line.watch.wait(ev.Ended, lambda e: e.call == call)
    assert ended.cause == 17
    await agent.ended(PATIENCE_S)
    record = await line.record(call)
    assert (record["outcome"], record["direction"]) == ("not reached", "out")
    await line.watch.wait(ev.AgentChanged, lambda e: e.state is AgentState.NOT_READY, count=2)
