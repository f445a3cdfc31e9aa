"""The supervisor's console in a real browser, with real calls on a real Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import AgentState, MonitorMode
from demo.debian import Program
from tests.real.browser import console, tab
from tests.real.hotline import HIDDEN, Hotline, hotline

FLOW = """
start: opening
nodes:
  opening:
    hours: {zone: UTC, open: {mon-sun: "00:00-24:00"}}
    switch: office
    open: main
    closed: bye
  main:
    menu: For your order, press 1.
    keys: {"1": orders}
    timeout: 5s
    otherwise: bye
  orders:
    queue: orders
    priority: 5
    level: gold
    screen: {Customer: Riverside Bakery}
  bye: {hangup: true}
"""

QUEUES = """
levels: {gold: 20}
queues:
  orders: {skills: {faults: 3}, ring: 20s, wrap_up: 60s}
  support: {skills: {service: 6}, ring: 20s, wrap_up: 60s}
"""


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "queues.yaml").write_text(QUEUES)
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "fallback": {}}
    async with hotline(site, peers, changes=changes) as running:
        yield running


async def by_keys(page: Page, letter: str) -> None:
    """Goes to a list by its letter, and opens its first row."""
    for key in (letter, "ArrowDown", "Enter"):
        await page.keyboard.press(key)


async def test_a_call_on_the_board(line: Hotline, chromium: Browser) -> None:
    """A waiting call and why it waits; listening in, in each way; the end, the record and its recording."""
    await line.person("alice")
    sue = await line.person("sue")
    desk = await console(line, chromium, "sue")
    page = desk.page
    queues, live, agents = (page.get_by_role("grid", name=name) for name in ("Queues", "Calls", "Agents"))
    side = page.get_by_role("complementary")
    await expect(queues.get_by_role("row", name="orders 0")).to_be_visible()
    await expect(agents.get_by_role("row", name="alice")).to_contain_text("Offline")

    caller = await line.calls()
    await expect(live.get_by_role("row", name=HIDDEN)).to_contain_text("Waiting")
    await expect(queues.get_by_role("row", name="orders 1")).to_contain_text(HIDDEN)
    await by_keys(page, "c")
    await expect(side).to_be_focused()
    for told in ("Why is it still waiting?", "It is the first of its queue.", "faults 3", "gold", "Riverside Bakery"):
        await expect(side).to_contain_text(told)
    await expect(side.get_by_role("button", name="Listen")).to_be_disabled()
    barriers = await desk.looked_at("console-waiting")
    await page.keyboard.press("z")
    await expect(side).to_contain_text("5550123")

    await line.state("alice")
    connected = await line.watch.wait(ev.Connected)
    await expect(live.get_by_role("row", name=HIDDEN)).to_contain_text("Talking")
    await expect(agents.get_by_role("row", name="alice")).to_contain_text(HIDDEN)
    desk.complaints.clear()  # The browser notes a 404 where it asked why just as the call was offered.
    for count, (key, mode) in enumerate({"l": "Listen", "w": "Whisper", "b": "Barge in"}.items(), start=1):
        await expect(side.get_by_role("button", name=mode)).to_be_enabled()
        await page.keyboard.press(key)
        if count == 1:
            await (await sue.called()).answered()
        assert (await line.watch.wait(talk_events.MonitorStarted, count=count)).mode is list(MonitorMode)[count - 1]
        await expect(side.get_by_role("button", name=mode)).to_have_attribute("aria-pressed", "true")
    barriers += await desk.looked_at("console-listening")
    await page.keyboard.press("s")
    await line.watch.wait(talk_events.MonitorEnded)
    await expect(side.get_by_role("button", name="Stop")).to_be_disabled()

    await side.get_by_role("button", name="Hang up").click()
    await page.get_by_role("dialog").get_by_role("button", name="Hang up").click()
    await caller.ended()
    await expect(side).to_contain_text("This call is over.")
    await expect(live.get_by_role("row", name=HIDDEN)).to_have_count(0)

    await line.record(connected.call, lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")
    await side.get_by_role("button", name="Show its record").click()
    await expect(side).to_contain_text("Answered")
    await page.get_by_role("link", name="Records").click()
    await page.get_by_label("Caller").fill("5550123")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("button", name=f"Open the call of {HIDDEN}").click()
    await side.get_by_text("How it came to its agents").click()
    await expect(side).to_contain_text("relaxation step 0")
    sound = side.locator("section audio")
    await expect(sound).to_have_js_property("error", None)
    await sound.evaluate("audio => audio.play()")  # nothing is fetched before
    await page.wait_for_function("() => document.querySelector('section audio')?.duration > 0")
    barriers += await desk.looked_at("console-record")
    assert (barriers, desk.complaints) == ([], [])


async def test_an_agents_state_is_forced(line: Hotline, chromium: Browser) -> None:
    await line.person("alice")
    desk = await console(line, chromium, "sue")
    page = desk.page
    side = page.get_by_role("complementary")
    await by_keys(page, "a")
    await expect(side.get_by_role("heading", name="alice")).to_be_visible()
    await expect(side).to_contain_text("faults")
    await side.get_by_role("button", name="Ready", exact=True).click()
    await line.watch.wait(ev.AgentChanged, lambda e: e.agent == "alice" and e.state is AgentState.READY)
    await side.get_by_label("Reason for not ready").fill("Fire drill")
    await side.get_by_role("button", name="Not ready").click()
    row = page.get_by_role("grid", name="Agents").get_by_role("row", name="alice")
    await expect(row).to_contain_text("Not ready")
    await expect(row).to_contain_text("Fire drill")
    await expect(side.get_by_role("img", name="What alice did")).to_be_visible()
    await side.get_by_text("The day as a table").click()
    await expect(side.get_by_role("row", name="Not ready Fire drill")).to_be_visible()
    await expect(side.get_by_role("row", name="Ready", exact=False).first).to_be_visible()
    barriers = await desk.looked_at("console-agent")
    await page.keyboard.press("Escape")
    await expect(side).to_have_count(0)
    await expect(page.get_by_role("grid", name="Agents")).to_be_focused()
    await page.get_by_label("Filter agents by text").fill("drill")
    await expect(row).to_be_visible()
    await expect(page.get_by_role("grid", name="Agents").get_by_role("row", name="bob")).to_have_count(0)
    assert (barriers, desk.complaints) == ([], [])


async def test_menus_are_seen_and_loaded_anew(line: Hotline, chromium: Browser) -> None:
    desk = await tab(chromium)
    page = desk.page
    await desk.log_in(line.url, "root", line.stage.passwords["root"])
    await page.get_by_role("link", name="Supervision").click()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    barriers = []
    for view in ("Callbacks", "Messages", "Menus"):
        await page.get_by_role("link", name=view).click()
        await expect(page.get_by_role("heading", name=view)).to_be_visible()
        barriers += await desk.looked_at(f"console-{view.lower()}")
    picture = page.get_by_role("img", name="The menu main")
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("image => image.naturalWidth") > 0
    switch = page.get_by_role("group", name="How office stands")
    await expect(switch.get_by_role("button", name="By the hours")).to_have_attribute("aria-pressed", "true")
    await switch.get_by_role("button", name="Closed").click()
    await expect(switch.get_by_role("button", name="Closed")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Load changed menus").click()
    await expect(page.get_by_text("Nothing differs for callers.")).to_be_visible()
    await page.get_by_label("Language").select_option("zh")
    await expect(page.get_by_role("heading", name="菜单")).to_be_visible()
    assert (barriers, desk.complaints) == ([], [])
