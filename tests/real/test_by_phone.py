"""Agents log in and out by phone: a feature code on their own, or with a name on another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from cti.calls import events as ev
from cti.calls.words import AgentState
from demo.debian import Program
from demo.phones import Phone
from tests.real.hotline import PATIENCE_S, Hotline, hotline

FLOWS = {
    "in": "{agent: ready, next: bye}",
    "break": "{agent: not_ready, reason: break, next: bye}",
    "out": "{agent: offline, next: bye}",
    "bob": "{agent: ready, name: bob, next: bye}",
}
CODES = {"*45": "in", "*45*1": "break", "*46": "out", "*47": "bob"}


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A running hotline with feature codes."""
    for name, node in FLOWS.items():
        (site / "flows" / f"{name}.yaml").write_text(f"start: asks\nnodes:\n  asks: {node}\n  bye: {{hangup: true}}\n")
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "numbers": {"*": "main", **CODES},
    }
    async with hotline(site, peers, changes=changes) as running:
        yield running


async def asks(line: Hotline, phone: Phone, code: str, state: AgentState) -> ev.StateAsked:
    """Dials a code, which is for Alice."""
    call = await phone.dial(code)
    asked = await line.watch.wait(ev.StateAsked, lambda e: e.state is state)
    await line.watch.wait(ev.AgentChanged, lambda e: e.agent == "alice" and e.state is state and e.at >= asked.at)
    await call.ended(PATIENCE_S)
    return asked


async def test_an_agent_logs_in_and_out(line: Hotline) -> None:
    alice = await line.person("alice")
    for code, state, reason in (
        ("*45", AgentState.READY, ""),
        ("*45*1", AgentState.NOT_READY, "break"),
        ("*46", AgentState.OFFLINE, ""),
    ):
        asked = await asks(line, alice, code, state)
        assert (asked.phone, asked.agent, asked.reason) == ("PJSIP/alice", "", reason)


async def test_an_agent_sits_down_at_another_phone(line: Hotline) -> None:
    alices = await line.person("alice")
    call = await alices.dial("*47")
    await line.watch.wait(ev.AgentChanged, lambda e: e.agent == "bob" and e.state is AgentState.READY)
    await call.ended(PATIENCE_S)
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("2")
    await alices.called()
    connected = await line.watch.wait(ev.Connected)
    assert connected.agent == "bob"
    await caller.hang_up()


async def test_a_phone_that_is_nobodys_logs_nobody_in(line: Hotline) -> None:
    call = await (await line.caller()).dial("*45")
    asked = await line.watch.wait(ev.StateAsked)
    assert (asked.phone, asked.agent) == ("PJSIP/caller", "")
    await call.ended(PATIENCE_S)
    ended = await line.watch.wait(ev.Ended)
    assert ended.call == asked.call
    assert AgentState.READY not in line.watch.states("alice") + line.watch.states("bob")
