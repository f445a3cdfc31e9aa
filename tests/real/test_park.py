"""Parking on a real Asterisk: by keys in two browsers, back after its time, and over the death of an engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from playwright.async_api import expect

from cti.calls import events as ev
from cti.calls.words import AgentState
from demo.debian import Program
from demo.phones import Phones
from demo.stage import stage
from demo.tones import RATE, present, tone
from tests.real.browser import Tab, browser, tab
from tests.real.conftest import INTERNAL
from tests.real.hotline import Hotline, hotline
from tests.real.test_call_control import BOB, CALLER, asks, heard, talk
from tests.real.test_crash import AGENT, desk, eventually, server


def changes(made_site: Path, **more: object) -> dict[str, object]:
    return {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, **more}


@pytest.fixture
async def line(
    site: Path, made_site: Path, peers: Mapping[str, Program], request: pytest.FixtureRequest
) -> AsyncIterator[Hotline]:
    async with hotline(site, peers, changes=changes(made_site, fallback={}, **request.param)) as running:
        yield running


@pytest.mark.parametrize("line", [{}], indirect=True)
async def test_by_keys(line: Hotline) -> None:
    """Alice parks, bob takes the caller, and both hear each other; one record tells of it."""
    async with browser() as chromium:
        desks: dict[str, Tab] = {name: await tab(chromium) for name in ("alice", "bob", "sue")}
        for name, one in desks.items():
            await one.log_in(line.url, name, line.stage.passwords[name])
        mine, his = desks["alice"].page, desks["bob"].page
        await expect(his.get_by_role("region", name="My state")).to_be_visible()
        call, caller, agent, _ = await talk(line)
        await line.state("bob", AgentState.NOT_READY)
        await expect(mine.get_by_role("article")).to_contain_text("Talking")
        await mine.keyboard.press("k")
        await agent.ended()
        await line.watch.wait(ev.Queued, lambda e: e.park_s > 0)
        assert present(await caller.listen(0.5), RATE, [BOB, CALLER]) == set()
        assert abs(caller.heard()[-RATE // 4 :]).max() > 0.01, "there is no music"
        parked = his.get_by_role("region", name="Parked callers")
        await expect(parked).to_contain_text("alice")
        await expect(mine.get_by_role("region", name="Parked callers")).to_contain_text("alice")
        await expect(desks["sue"].page.get_by_role("grid", name="Calls")).to_contain_text("Parked by alice")
        barriers = await desks["bob"].looked_at("agent-parked")
        assert AgentState.WRAP_UP in line.watch.states("alice")
        await his.keyboard.press("Shift+K")
        await his.keyboard.press("Enter")
        joined = await line.watch.wait(ev.Connected, count=2)
        assert (joined.call, joined.agent) == (call, "bob")
        assert await heard(caller) == {BOB}
        await expect(parked).to_have_count(0)
        await caller.hang_up()
        record = await line.record(call)
        kinds = [f"{s['kind']} {s['agent']}".strip() for s in record["segments"] if s["kind"] != "hold"]
        assert kinds == ["menu", "wait", "ring alice", "talk alice", "park", "ring bob", "talk bob"]
        assert (barriers, [one.complaints for one in desks.values()]) == ([], [[], [], []])


@pytest.mark.parametrize("line", [{"parking": "1s"}], indirect=True)
async def test_he_comes_back(line: Hotline) -> None:
    """Nobody takes him: he rings again at whoever is ready; and a stranger to the queue can't take him."""
    call, caller, agent, _ = await talk(line)
    bob = await line.desk("bob")
    assert (await bob.post(f"/api/calls/{call}/park")).status_code == 404
    assert (await bob.post(f"/api/calls/{call}/unpark")).status_code == 404
    await asks(line, call, "park")
    await agent.ended()
    left = await line.watch.wait(ev.Left, lambda e: e.why == "parked for too long")
    assert left.call == call
    again = await line.watch.wait(ev.Connected, count=2)
    assert (again.call, again.agent) == (call, "alice")
    await asks(line, call, "park")
    await line.watch.wait(ev.Queued, lambda e: e.park_s > 0, count=2)
    await caller.hang_up()
    await line.watch.wait(ev.Ended)
    assert (await bob.get("/api/parked")).json() == []


async def test_the_next_engine_has_him(site: Path, made_site: Path, peers: Mapping[str, Program]) -> None:
    async with (
        stage(site, peers, changes=changes(made_site, lease="30s"), includes=[INTERNAL]) as at,
        Phones(at.asterisk.ports.sip) as phones,
    ):
        alice = await phones.add("alice", at.phone_password, microphone=tone(AGENT, 1.0))
        async with server(at) as first, desk(at, first, "alice") as mine:
            (await mine.post("/api/agents/alice/state", json={"state": "ready"})).raise_for_status()
            caller = await (await phones.add("5551", microphone=tone(CALLER, 1.0))).dial("100")
            await caller.answered()
            await caller.press("1")
            agent = await alice.called()
            call = (await eventually(mine, "/api/calls", lambda c: c and c[0]["place"] == "talk"))[0]["id"]
            (await mine.post(f"/api/calls/{call}/park")).raise_for_status()
            before = await eventually(mine, "/api/parked", lambda found: found)
            await agent.ended()
            await first.kill()
        async with server(at) as second, desk(at, second, "alice") as mine:
            after = await eventually(mine, "/api/parked", lambda found: found)
            assert [(one["id"], one["by"]) for one in after] == [(call, "alice")]
            assert after[0]["until"] == pytest.approx(before[0]["until"], abs=0.5)
            (await mine.post(f"/api/calls/{call}/unpark")).raise_for_status()
            await alice.called()
            await eventually(mine, "/api/calls", lambda c: c and c[0]["place"] == "talk")
            await caller.listen(0.4)
            assert AGENT in present(await caller.listen(1), RATE, [AGENT])
            await caller.hang_up()
