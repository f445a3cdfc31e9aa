"""Through a menu and back on the agent's page, by keys, and what a supervisor sees of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from cti.calls import events as ev
from demo.debian import Program
from demo.robots import HOTLINE
from tests.real.browser import tab
from tests.real.hotline import Hotline, hotline

CHECK = """
start: account
nodes:
  account: {collect: Your account., digits: 4, name: account, timeout: 30s, next: proven, otherwise: proven}
  proven: {back: {PIN: right}}
"""


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    (site / "flows" / "pin-check.yaml").write_text(CHECK)
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "fallback": {}}
    async with hotline(site, peers, changes=changes) as running:
        yield running


async def test_by_keys(line: Hotline, chromium: Browser) -> None:
    alice = await line.person("alice")
    mine, hers = await tab(chromium), await tab(chromium)
    await mine.log_in(line.url, "alice", line.stage.passwords["alice"])
    await hers.log_in(line.url, "sue", line.stage.passwords["sue"])
    await expect(mine.page.get_by_text("Live", exact=True)).to_be_visible()
    await line.state("alice")
    caller = await (await line.caller()).dial(HOTLINE)
    await caller.answered()
    await caller.press("1")
    await alice.called()
    card = mine.page.get_by_role("article")
    await expect(card).to_contain_text("Talking")
    await mine.page.keyboard.press("t")
    where = mine.page.get_by_role("combobox", name="Transfer to")
    await where.fill("main")
    await mine.page.keyboard.press("Enter")
    choice = mine.page.get_by_label("And back to me")
    await expect(choice).to_have_count(0)  # this menu gives nobody back
    await where.fill("pin")
    await mine.page.keyboard.press("Enter")
    await expect(choice).to_be_checked()
    barriers = await mine.looked_at("agent-and-back")
    await mine.page.keyboard.press("Enter")
    await expect(card).to_contain_text("In the menu pin-check")
    await expect(mine.page.get_by_role("button", name="Hold")).to_have_count(0)
    await expect(hers.page.get_by_role("grid", name="Calls")).to_contain_text("In the menu pin-check")
    barriers += await mine.looked_at("agent-in-flow")
    await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "account")
    await caller.press("2048")
    await expect(card).to_contain_text("Talking")
    await expect(card.get_by_text("right")).to_be_visible()
    barriers += await mine.looked_at("agent-came-back")
    await caller.hang_up()
    await expect(card).to_have_count(0)
    assert (barriers, mine.complaints, hers.complaints) == ([], [], [])
