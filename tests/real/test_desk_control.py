"""What an agent does with a talk on the page, and what a supervisor sees of it, in real browsers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import MonitorMode
from demo.debian import Program
from demo.robots import HOTLINE
from tests.real.browser import Tab, browser, tab
from tests.real.hotline import HIDDEN, PATIENCE_S, Hotline, hotline
from tests.real.test_callback_legs import CUSTOMER, NUMBER, OUTSIDE

FLOW = """
start: main
nodes:
  main:
    menu: Press 1, or 5 to be called back.
    keys: {"1": orders, "5": back}
    timeout: 5s
    otherwise: bye
  orders: {queue: orders}
  back: {callback: orders, say: "We call you back.", next: bye, otherwise: bye}
  bye: {hangup: true}
"""


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    (site / "flows" / "main.yaml").write_text(FLOW)
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "fallback": {},
        "agents_dial": {"context": "outside", "allow": ["555*"]},
        "callbacks": {"context": "outside", "allow": ["555*"]},
    }
    async with hotline(site, peers, changes=changes, includes=[OUTSIDE], phones=[CUSTOMER]) as running:
        yield running


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with browser() as running:
        yield running


async def at_desk(line: Hotline, chromium: Browser, name: str) -> Tab:
    """The page of one of the site's people, who sees that it is live."""
    desk = await tab(chromium)
    await desk.log_in(line.url, name, line.stage.passwords[name])
    await expect(desk.page.get_by_text("Live", exact=True)).to_be_visible()
    return desk


async def test_recording_and_help(line: Hotline, chromium: Browser) -> None:
    """By keys alone: the recording is paused and resumed, and a supervisor comes in where she is called."""
    await line.person("alice")
    sue = await line.person("sue")
    mine, hers = await at_desk(line, chromium, "alice"), await at_desk(line, chromium, "sue")
    await line.state("alice")
    caller = await (await line.caller()).dial(HOTLINE)
    await caller.answered()
    await caller.press("1")
    card = mine.page.get_by_role("article")
    await expect(card).to_contain_text("Recording")
    await mine.page.keyboard.press("Shift+R")
    await expect(card).to_contain_text("Not recorded: paused")
    await line.watch.wait(talk_events.RecordingPaused)

    wanted = hers.page.get_by_role("alert").get_by_role("region", name="Agents ask for help")
    await hers.page.get_by_label("Sound when an agent asks for help").check()
    await hers.page.keyboard.press("Shift+Tab")
    await mine.page.keyboard.press("!")
    await expect(card).to_contain_text("A supervisor is called")
    await expect(wanted).to_contain_text("alice")
    barriers = [*await mine.looked_at("agent-recording-paused"), *await hers.looked_at("console-help")]
    await mine.page.keyboard.press("!")
    await expect(wanted).to_have_count(0)
    await mine.page.keyboard.press("!")
    await expect(wanted).to_be_visible()
    await hers.page.keyboard.press("!")
    listening = await sue.called()
    await listening.answered()
    assert (await line.watch.wait(talk_events.MonitorStarted)).mode is MonitorMode.LISTEN
    await expect(wanted).to_have_count(0)
    await expect(card).not_to_contain_text("A supervisor is called")
    await hers.page.keyboard.press("w")
    assert (await line.watch.wait(talk_events.MonitorStarted, count=2)).mode is MonitorMode.WHISPER

    await mine.page.keyboard.press("Shift+R")
    await line.watch.wait(talk_events.RecordingResumed)
    await expect(card).to_contain_text("Pause recording")
    await mine.page.keyboard.press("Shift+H")
    await caller.ended()
    assert (barriers, mine.complaints, hers.complaints) == ([], [], [])


async def test_a_number_and_a_callback(line: Hotline, chromium: Browser) -> None:
    """While not ready: a number is called, and one that was promised a call; a customer who asked for it is
    called back now."""
    alice = await line.person("alice")
    promise = {"number": "555-0123", "at": time.time() + 3600}
    (await (await line.desk("alice")).post("/api/followups", json=promise)).raise_for_status()
    customer = await line.phones.add(CUSTOMER.name, CUSTOMER.password)
    mine = await at_desk(line, chromium, "alice")
    page = mine.page
    await page.keyboard.press("n")
    await page.keyboard.press("Shift+C")
    await page.keyboard.type("555-0123")
    await page.keyboard.press("Enter")
    await alice.called()
    rung = await customer.called()
    card = page.get_by_role("article")
    await expect(card).to_contain_text("Talking")
    await expect(card).to_contain_text(NUMBER)
    barriers = await mine.looked_at("agent-dialled")
    await rung.hang_up()
    await expect(page.get_by_role("group", name="Wrap-up")).to_contain_text("Not ready")
    await page.keyboard.press("n")
    await expect(page.get_by_role("region", name="My state").get_by_role("status").first).to_contain_text("Not ready")

    await page.get_by_role("button", name="Call 555-0123").click()
    await alice.called()
    rung = await customer.called()
    await expect(card).to_contain_text("Talking")
    await rung.hang_up()
    await expect(page.get_by_role("group", name="Wrap-up")).to_contain_text("Not ready")
    await page.keyboard.press("n")

    caller = await (await line.caller(NUMBER)).dial(HOTLINE)
    await caller.answered()
    await caller.press("5")
    await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "back")
    await caller.press("1")
    await line.watch.wait(ev.CallbackWanted)
    await caller.ended(PATIENCE_S)
    table = page.get_by_role("table", name="To be called back")
    await expect(table).to_contain_text(HIDDEN)
    barriers += await mine.looked_at("agent-callbacks")
    await page.keyboard.press("Shift+B")
    await page.keyboard.press("Enter")
    await line.watch.wait(ev.CalledBack)
    await line.watch.wait(ev.Connected, count=3)
    await expect(table).to_have_count(0)
    await page.keyboard.press("Shift+H")
    assert (barriers, mine.complaints) == ([], [])
