"""The agent's desk in a real browser, with a real call on a real Asterisk."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, WebSocketRoute, expect

from cti.calls import events as ev
from cti.calls.words import AgentState
from demo.debian import Program
from demo.phones import OnRing
from tests.real.browser import tab
from tests.real.hotline import Hotline, hotline

FLOW = """
start: main
nodes:
  main:
    menu: For your order, press 1.
    keys: {"1": orders}
    timeout: 5s
    otherwise: bye
  orders:
    queue: orders
    priority: 5
    level: gold
    screen: {Customer: Riverside Bakery, Contract: R-204815}
  bye: {hangup: true}
"""

QUEUES = """
levels: {gold: 20}
queues:
  orders: {skills: {faults: 3}, ring: 20s, wrap_up: 60s}
"""


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "queues.yaml").write_text(QUEUES)
    people = (site / "people.yaml").read_text()
    (site / "people.yaml").write_text(people.replace("phone: PJSIP/alice", "phones: [PJSIP/alice, PJSIP/alice-home]"))
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "fallback": {}}
    async with hotline(site, peers, changes=changes) as running:
        yield running


async def test_a_call_on_the_agents_desk(line: Hotline, chromium: Browser) -> None:
    """Log in, ready, the card as the phone rings, talk, hang up, wrap-up, ready: by keys alone."""
    phone = await line.person("alice", on_ring=OnRing.WAIT)
    desk = await tab(chromium)
    page = desk.page
    feed_ended = asyncio.Event()
    page.on("websocket", lambda feed: feed.on("close", lambda _: feed_ended.set()))
    await page.goto(line.url)
    barriers = await desk.looked_at("login")
    await desk.log_in(line.url, "alice", "wrong")
    await expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    desk.complaints.clear()  # The browser notes the 401.
    await desk.log_in(line.url, "alice", line.stage.passwords["alice"])
    mine = page.get_by_role("region", name="My state")
    await expect(mine.get_by_role("status").first).to_have_text("Offline")
    await page.keyboard.press("r")
    await expect(mine.get_by_role("status").first).to_have_text("Ready")
    await expect(page.get_by_role("button", name="Ready", exact=True)).to_have_attribute("aria-pressed", "true")
    barriers += await desk.looked_at("agent-ready")

    caller = await line.calls()
    card = page.get_by_role("article")
    await expect(card).to_contain_text("Ringing")
    for told in ("5550123", "Riverside Bakery", "R-204815", "orders", "gold", "main 1 › orders"):
        await expect(card).to_contain_text(told)
    assert (await page.title()).startswith("☎")
    barriers += await desk.looked_at("agent-ringing")

    ringing = await phone.called()
    await ringing.answer()
    await expect(card).to_contain_text("Talking")
    barriers += await desk.looked_at("agent-talking")
    await page.keyboard.press("n")
    await expect(page.get_by_text("After this call you will be: Not ready.")).to_be_visible()
    await page.keyboard.press("Shift+H")
    await caller.ended()
    await expect(card).to_have_count(0)

    wrap_up = page.get_by_role("group", name="Wrap-up")
    await expect(wrap_up).to_contain_text("Not ready")
    await expect(page.get_by_role("row")).to_contain_text(["When", "5550123"])
    barriers += await desk.looked_at("agent-wrap-up")
    await page.keyboard.press("w")
    await line.watch.wait(ev.AgentChanged, lambda e: e.state is AgentState.WRAP_UP)
    await wrap_up.get_by_role("button", name="Ready now").click()
    await expect(mine.get_by_role("status").first).to_have_text("Ready")

    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Shift+H")
    barriers += await desk.looked_at("agent-keys")
    await page.keyboard.press("Escape")

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await feed_ended.wait()
        await route.fulfill(response=answer)

    await page.route("**/api/logout", late)
    await page.get_by_role("button", name="Log out").click()
    await page.wait_for_url("**/login.html")
    assert line.watch.states("alice")[-1] is AgentState.OFFLINE
    assert (barriers, desk.complaints) == ([], [])


async def test_language_a_lost_link_and_another_phone(line: Hotline, chromium: Browser) -> None:
    """The page is in the browser's language, comes back after a drop, and has calls ring at the phone chosen."""
    desk = await tab(chromium, "zh-CN")
    page = desk.page
    feeds: list[WebSocketRoute] = []

    def passed_on(feed: WebSocketRoute) -> None:
        feed.connect_to_server()
        feeds.append(feed)

    await page.route_web_socket(re.compile("/ws"), passed_on)
    await page.goto(line.url)
    await page.get_by_label("用户名").fill("alice")
    await page.get_by_label("密码").fill(line.stage.passwords["alice"])
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("region", name="我的状态")).to_contain_text("离线")
    assert await page.get_attribute("html", "lang") == "zh-CN"
    barriers = await desk.looked_at("agent-chinese")
    await page.get_by_label("语言").select_option("en")
    await expect(page.get_by_role("region", name="My state")).to_contain_text("Offline")

    await feeds[-1].close(code=1012)
    await expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    assert re.search(r"/ws\?stream=\w+&after=\d+$", feeds[-1].url)

    await page.get_by_label("My phone").select_option("PJSIP/alice-home")
    await expect(page.get_by_text("Your calls will ring at PJSIP/alice-home once you are ready.")).to_be_visible()
    await page.get_by_role("button", name="Ready", exact=True).click()
    ready = await line.watch.wait(ev.AgentChanged, lambda e: e.state is AgentState.READY)
    [alice] = (await (await line.desk("alice")).get("/api/agents")).json()
    assert (ready.agent, alice["phone"]) == ("alice", "PJSIP/alice-home")
    await expect(page.get_by_label("My phone")).to_have_value("PJSIP/alice-home")
    assert (barriers, desk.complaints) == ([], [])
