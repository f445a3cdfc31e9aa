"""The supervisor's board in a real browser: the day's figures, alerts, announcements, and what hangs on the wall."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, WebSocketRoute, expect

from cti.calls import events as ev
from cti.calls.words import AgentState
from demo.debian import Program
from tests.ivr.service import Service, service
from tests.mailbox import Mailbox, mailbox
from tests.real.browser import console
from tests.real.hotline import Hotline, hotline, soon

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALERTS = [
    {"queue": "orders", "figure": "waiting", "above": 0, "for": "1s"},
    {"queue": "orders", "figure": "service level of offered", "below": "80%", "for": "1s"},
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ops() -> AsyncIterator[Service]:
    """What alerts are posted to. It fails at first."""
    async with service() as running:
        running.fails = 1
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mails() -> AsyncIterator[Mailbox]:
    """Where alerts are mailed to. It takes nothing at first."""
    async with mailbox(Mailbox(refuses=1)) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(
    made_site: Path,
    tmp_path_factory: pytest.TempPathFactory,
    peers: Mapping[str, Program],
    ops: Service,
    mails: Mailbox,
) -> AsyncIterator[Hotline]:
    folder = shutil.copytree(made_site, tmp_path_factory.mktemp("board") / "site")
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "fallback": {},
        "short_abandon": "0s",
        "alerts": ALERTS,
        "alerts_to": {"webhooks": ["ops"], "mail": ["floor@example.com"]},
        "webhooks": {"ops": ops.url("alerts")},
        "mail": {"host": "127.0.0.1", "port": mails.port, "security": "none", "sender": "cordboard@example.com"},
    }
    async with hotline(folder, peers, changes=changes) as running:
        yield running


async def test_a_caller_is_lost(line: Hotline, kept_chromium: Browser) -> None:
    """A waiting call raises an alert, which is looked after; the day counts the call when it is lost."""
    desk = await console(line, kept_chromium, "sue")
    page = desk.page
    orders = page.get_by_role("grid", name="Queues").get_by_role("row", name="orders")
    alerts = page.get_by_role("region", name="Alerts")
    await expect(orders).to_contain_text("–")
    caller = await line.calls()
    await expect(alerts).to_contain_text("orders: calls waiting above 0")
    await expect(page.get_by_role("alert").filter(has_text="orders: calls waiting above 0")).to_be_visible()
    await expect(orders.get_by_title("orders: calls waiting above 0")).to_be_visible()
    await page.keyboard.press("x")
    await page.get_by_role("button", name="Alert sound").click()
    barriers = await desk.looked_at("console-alert")
    await page.keyboard.press("k")
    await expect(alerts).to_contain_text("sue looks after it")

    await caller.hang_up()
    await line.watch.wait(ev.Ended)
    await expect(alerts).to_contain_text("service level of those offered below 80%")
    await expect(page.get_by_text("Over: orders: calls waiting above 0")).to_be_visible()
    await expect(orders.get_by_role("gridcell", name="0%")).to_have_count(2)
    assert (barriers, desk.complaints) == ([], [])


async def test_alerts_are_sent(line: Hotline, ops: Service, mails: Mailbox) -> None:
    """The same were posted and mailed, in their order, though neither was taken at the first try."""
    subjects = await mails.until(3)
    assert subjects == [
        "orders: waiting above 0",
        "Over: orders: waiting above 0",
        "orders: service level of offered below 80%",
    ]

    async def posted() -> list[dict[str, Any]]:
        bodies = [json.loads(body)["alert"] for _, body in ops.seen]
        return bodies if len(bodies) == 4 else []

    refused, *taken = await soon(posted)
    assert refused == taken[0]
    figures = [(one["figure"], one["cleared"] is not None) for one in taken]
    assert figures == [("waiting", False), ("waiting", True), ("service level of offered", False)]
    assert all("cordboard-signature" in headers for headers in ops.headers)


async def test_the_day_in_charts_and_as_a_table(line: Hotline, kept_chromium: Browser) -> None:
    """What was lost is seen; a further call changes the charts by itself."""
    await line.person("alice")
    await line.state("alice")
    desk = await console(line, kept_chromium, "sue")
    page = desk.page
    await page.keyboard.press("2")
    await expect(page.get_by_role("img", name="Arrivals by quarter-hour")).to_be_visible()
    await expect(page.get_by_role("img", name="Service level by quarter-hour")).to_be_visible()
    await page.get_by_text("The same as a table").click()
    table = page.get_by_role("table", name="Day")
    await expect(table).to_contain_text("1 0 1 – 0% –")
    caller = await line.calls()
    await line.watch.wait(ev.Connected)
    await caller.hang_up()
    await expect(table).to_contain_text(re.compile("2 1 1 0:00 50% 100%|1 1 0 0:00 100% 100%"))
    await page.get_by_text("The same as a table").click()
    barriers = await desk.looked_at("console-day")
    await page.get_by_label("Calls of").select_option("support")
    await expect(page.get_by_text("No calls yet today.")).to_be_visible()
    assert (barriers, desk.complaints) == ([], [])


async def test_the_screen_on_the_wall(line: Hotline, kept_chromium: Browser) -> None:
    """It is put up once by a supervisor, and comes back by itself; no caller is named on it, nor told to it."""
    await line.state("alice", AgentState.OFFLINE)
    desk = await console(line, kept_chromium, "sue")
    page = desk.page
    feeds: list[WebSocketRoute] = []
    heard: list[str] = []

    def passed_on(feed: WebSocketRoute) -> None:
        server = feed.connect_to_server()
        feeds.append(feed)

        def hear(text: str | bytes) -> None:
            heard.append(str(text))
            feed.send(text)

        server.on_message(hear)

    await page.route_web_socket(re.compile("/ws/wall"), passed_on)
    await page.goto(f"{line.url}/wallboard.html?queue=orders&queue=support&queue=nowhere")
    await expect(page.get_by_text("There is no queue or team called nowhere.")).to_be_visible()
    await page.goto(f"{line.url}/wallboard.html")
    orders = page.get_by_role("row", name="orders")
    caller = await line.calls()
    await expect(orders).to_contain_text("▲!1")
    await expect(page.get_by_role("row", name="All")).to_contain_text("50%")
    barriers = await desk.looked_at("wallboard")

    await page.context.clear_cookies(name="cordboard")  # the log-in is over; the screen's own goes on
    await feeds[-1].close(code=1012)
    await expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await caller.hang_up()
    await expect(orders).not_to_contain_text("▲!1")
    assert not [text for text in heard if "5550123" in text or "alice" in text or "sue" in text]
    assert (barriers, desk.complaints) == ([], [])


async def test_agents_are_told(line: Hotline, kept_chromium: Browser) -> None:
    """An announcement to the agents of a queue, and its end; a message to one agent, who has seen it."""
    desk = await console(line, kept_chromium, "sue")
    page = desk.page
    alice = await line.desk("alice")
    await page.get_by_role("link", name="Announcements").click()
    await page.get_by_label("Text", exact=True).fill("Fire drill at ten")
    await page.get_by_label("For", exact=True).select_option("Agents of orders")
    await page.get_by_role("button", name="Announce").click()
    row = page.get_by_role("row", name="Fire drill at ten")
    await expect(row).to_contain_text("Agents of orders")
    [told] = (await alice.get("/api/announcements")).json()
    (await alice.post(f"/api/announcements/{told['id']}/seen")).raise_for_status()
    await expect(row).to_contain_text("alice")
    barriers = await desk.looked_at("console-announcements")
    await row.get_by_role("button", name="Withdraw").click()
    await expect(page.get_by_text("Nothing is announced.")).to_be_visible()
    assert (await alice.get("/api/announcements")).json() == []

    await page.get_by_role("link", name="Board", exact=True).click()
    await page.get_by_role("grid", name="Agents").get_by_role("row", name="alice").click()
    side = page.get_by_role("complementary")
    await side.get_by_label("Text on the agent's screen").fill("See me after this call")
    await page.keyboard.press("Enter")
    await expect(side).to_contain_text("not seen yet")
    [told] = (await alice.get("/api/announcements")).json()
    assert (await (await line.desk("bob")).get("/api/announcements")).json() == []
    (await alice.post(f"/api/announcements/{told['id']}/seen")).raise_for_status()
    await expect(side).to_contain_text("✓ seen")
    assert (barriers, desk.complaints) == ([], [])
