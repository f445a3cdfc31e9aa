"""The engine is killed in the midst of a callback: nobody is forgotten, and nobody is rung for nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.debian import Program
from demo.phones import OnRing, Phones
from demo.stage import Stage, stage
from tests.real.hotline import PATIENCE_S
from tests.real.test_callback import FLOW
from tests.real.test_callback_legs import CUSTOMER, NUMBER, OUTSIDE
from tests.real.test_crash import Server, desk, eventually, places, server

QUEUES = "queues:\n  orders: {skills: {faults: 3}, callbacks: {retry: 10s}}\n"


@pytest.fixture
async def at(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Stage]:
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "queues.yaml").write_text(QUEUES)
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "lease": "3s",
        "numbers_shown": {"supervisor": "always"},
        "callbacks": {"context": "outside", "allow": ["555*"]},
    }
    async with stage(site, peers, phones=[CUSTOMER], changes=changes, includes=[OUTSIDE]) as found:
        yield found


@asynccontextmanager
async def killed(at: Stage, phones: Phones) -> AsyncIterator[Server]:
    """A server with a customer who wants to be called back; it is killed at the end."""
    async with server(at) as running, desk(at, running, "sue") as hers:
        caller = await (await phones.add(NUMBER)).dial("100")
        await caller.answered()
        await caller.press("1")
        await caller.ended(PATIENCE_S)
        await eventually(hers, "/api/records", lambda r: len(r["records"]) == 1)
        yield running
        await running.kill()


async def ready(at: Stage, running: Server) -> None:
    """Alice presses a button."""
    async with desk(at, running, "alice") as hers:
        (await hers.post("/api/agents/alice/state", json={"state": "ready"})).raise_for_status()


async def record(client: httpx.AsyncClient) -> Any:
    """The record of the callback, as soon as it is there."""
    found = await eventually(client, "/api/records", lambda r: len(r["records"]) == 2)
    (back,) = [r for r in found["records"] if not r["dialled"]]
    return back


async def test_a_callback_that_waits(at: Stage) -> None:
    async with Phones(at.asterisk.ports.sip) as phones:
        async with killed(at, phones):
            pass
        await phones.add("alice", at.phone_password)
        customer = await phones.add(CUSTOMER.name, CUSTOMER.password)
        async with server(at) as second, desk(at, second, "sue") as hers:
            await ready(at, second)
            await (await customer.called()).answered()
            await eventually(hers, "/api/calls", lambda c: places(c) == {NUMBER: "talk"})


async def test_a_customer_whose_phone_rings(at: Stage) -> None:
    async with Phones(at.asterisk.ports.sip) as phones:
        alice = await phones.add("alice", at.phone_password)
        customer = await phones.add(CUSTOMER.name, CUSTOMER.password, on_ring=OnRing.WAIT)
        async with killed(at, phones) as first:
            await ready(at, first)
            rung, agent = await customer.called(), await alice.called()
        async with server(at) as second, desk(at, second, "sue") as hers:
            await rung.ended()
            await agent.ended()
            back = await record(hers)
            assert (back["caller"], back["outcome"], back["estimated"]) == (NUMBER, "not reached", True)
            await (await customer.called(PATIENCE_S)).answer()  # the next attempt
            await eventually(hers, "/api/calls", lambda c: places(c) == {NUMBER: "talk"})


async def test_a_talk_goes_on(at: Stage) -> None:
    async with Phones(at.asterisk.ports.sip) as phones:
        await phones.add("alice", at.phone_password)
        customer = await phones.add(CUSTOMER.name, CUSTOMER.password)
        async with killed(at, phones) as first, desk(at, first, "sue") as hers:
            await ready(at, first)
            talk = await customer.called()
            await eventually(hers, "/api/calls", lambda c: places(c) == {NUMBER: "talk"})
        async with server(at) as second, desk(at, second, "sue") as hers:
            await eventually(hers, "/api/calls", lambda c: places(c) == {NUMBER: "talk"})
            await talk.hang_up()
            back = await record(hers)
            assert (back["outcome"], back["ended_by"], back["agent"]) == ("answered", "caller", "alice")
            assert (await hers.get("/api/callbacks")).json() == []
