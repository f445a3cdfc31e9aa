"""Consultation in a real browser, by keys: the agent's page, that of who is asked, and the supervisor's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from playwright.async_api import expect

from cti.calls import events as ev
from demo.debian import Program
from demo.phones import OnRing
from demo.robots import HOTLINE
from tests.real.browser import Tab, browser, tab
from tests.real.conftest import INTERNAL
from tests.real.hotline import QUEUES, Hotline, hotline


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    (site / "queues.yaml").write_text(QUEUES.replace("ring: 2s", "ring: 20s"))
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "fallback": {}}
    changes["transfers_to_numbers"] = {"context": "internal", "allow": ["770001"]}
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as running:
        yield running


async def test_by_keys(line: Hotline) -> None:
    alice = await line.person("alice")
    bob = await line.person("bob", on_ring=OnRing.WAIT)
    async with browser() as chromium:
        desks: dict[str, Tab] = {name: await tab(chromium) for name in ("alice", "bob", "sue")}
        for name, desk in desks.items():
            await desk.log_in(line.url, name, line.stage.passwords[name])
        for name in ("alice", "bob"):
            await expect(desks[name].page.get_by_role("region", name="My state")).to_be_visible()
            await desks[name].page.keyboard.press("r")
        await expect(desks["bob"].page.get_by_role("button", name="Ready", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        caller = await (await line.caller()).dial(HOTLINE)
        await caller.answered()
        await caller.press("1")
        await alice.called()
        await line.watch.wait(ev.Connected)
        mine, his = desks["alice"].page, desks["bob"].page
        await expect(mine.get_by_role("article")).to_contain_text("Talking")
        await mine.keyboard.press("b")
        await mine.get_by_label("Agent, queue or number").fill("anyone of support")
        barriers = await desks["alice"].barriers()
        await mine.keyboard.press("Enter")
        asked = mine.get_by_role("group", name="Consultation")
        await expect(asked).to_contain_text("bob rings")
        await expect(his.get_by_role("article")).to_contain_text("Ringing")
        await (await bob.called()).answer()
        await expect(asked).to_contain_text("You talk with bob")
        await expect(his.get_by_role("article")).to_contain_text("You are consulted")
        await expect(his.get_by_role("button", name="Hang up")).to_have_count(0)
        await expect(desks["sue"].page.get_by_role("grid", name="Calls")).to_contain_text("On hold, asking bob")
        barriers += await desks["alice"].looked_at("agent-consult")
        barriers += await desks["bob"].looked_at("agent-consulted")
        await mine.keyboard.press("j")
        await expect(asked).to_contain_text("All talk, with bob")
        await expect(desks["sue"].page.get_by_role("grid", name="Calls")).to_contain_text("Talking, with bob")
        await mine.keyboard.press("b")
        await mine.get_by_label("Agent, queue or number").fill("770001")
        await expect(mine.get_by_role("dialog")).to_contain_text("Nobody is put on hold")
        await mine.keyboard.press("Enter")
        await expect(asked).to_contain_text("All talk, with bob, 770001")
        await expect(desks["sue"].page.get_by_role("grid", name="Calls")).to_contain_text("Talking, with bob, 7****1")
        await expect(his.get_by_role("article")).to_contain_text("All talk")
        barriers += await desks["alice"].looked_at("agent-conference")
        await mine.get_by_role("button", name="Let 770001 go").click()
        await expect(mine.get_by_role("button", name="Let 770001 go")).to_have_count(0)
        await expect(asked).to_contain_text("All talk, with bob")
        await mine.keyboard.press("g")
        await expect(mine.get_by_role("article")).to_have_count(0)
        await expect(his.get_by_role("article")).to_contain_text("Talking")
        await expect(his.get_by_role("button", name="Hang up")).to_be_visible()
        await his.keyboard.press("Shift+H")
        await caller.ended()
        assert (barriers, [desk.complaints for desk in desks.values()]) == ([], [[], [], []])
