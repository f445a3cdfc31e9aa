"""The site's own CRM pops in the agent's page, whatever the CRM does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, Page, expect

from cti.calls import events as ev
from demo.debian import Program
from demo.phones import OnRing, Phone, PhoneCall
from demo.robots import HOTLINE
from tests.real.browser import Tab, browser, tab
from tests.real.crm import Crm, crm
from tests.real.hotline import Hotline, hotline, soon

HOSTILE = "<script>alert(1)</script>"
QUEUES = """
queues:
  orders: {skills: {faults: 3}, ring: 20s, wrap_up: 1s}
  support: {skills: {service: 3}, ring: 20s, wrap_up: 1s}
"""


@pytest.fixture
async def site_crm() -> AsyncIterator[Crm]:
    async with crm() as running:
        yield running


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program], site_crm: Crm) -> AsyncIterator[Hotline]:
    (site / "queues.yaml").write_text(QUEUES)
    url = site_crm.url
    posted = {"url": f"{url}/card?number={{number}}&call={{call}}", "queues": ["orders"]}
    pop = [
        posted | {"show": "embedded", "method": "POST"},
        {"url": f"{url}/tab/{{call}}?agent={{agent}}", "queues": ["support"], "when": "answer"},
    ]
    save = {"id": "customer.id", "name": "customer.name", "level": "customer.level"}
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "pop": pop,
        "lookups": {"hosts": [f"127.0.0.1:{site_crm.port}"]},
        "customers": {"lookup": {"url": f"{url}/who?number={{number}}", "save": save}},
    }
    async with hotline(site, peers, changes=changes) as running:
        yield running


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with browser() as running:
        yield running


async def rings(
    line: Hotline, key: str, phone: Phone, count: int, caller: str = ""
) -> tuple[PhoneCall, PhoneCall, str]:
    """Somebody calls and chooses a key: the caller's end, the agent's, and the call."""
    call = await (await line.caller(caller or f"555012{count}")).dial(HOTLINE)
    await call.answered()
    await call.press(key)
    rung = await line.watch.wait(ev.Ringing, count=count)
    return call, await phone.called(), rung.call


async def at_desk(line: Hotline, chromium: Browser) -> Tab:
    desk = await tab(chromium)
    await desk.log_in(line.url, "alice", line.stage.passwords["alice"])
    await desk.page.get_by_role("button", name="Ready", exact=True).click()
    return desk


async def is_over(page: Page, caller: PhoneCall) -> None:
    """Whoever hung up, the agent is ready again."""
    await caller.hang_up()
    await expect(page.get_by_role("article")).to_have_count(0)
    await page.get_by_role("button", name="Ready", exact=True).click()


async def test_embedded_as_the_phone_rings_and_in_a_tab_on_answer(
    line: Hotline, chromium: Browser, site_crm: Crm
) -> None:
    phone = await line.person("alice", on_ring=OnRing.WAIT)
    desk = await at_desk(line, chromium)
    page = desk.page
    caller, mine, call = await rings(line, "1", phone, 1)
    panel = page.get_by_role("region", name="Your CRM")
    await expect(page.frame_locator("iframe").get_by_text("at work")).to_be_visible()
    assert site_crm.asked == [("POST", "/card", urlencode({"number": "5550121", "call": call}))]
    barriers = await desk.looked_at("agent-crm")
    # The browser notes that a frame which may run scripts has our origin until the CRM is in it; and axe-core,
    # that it cannot look into that one.
    desk.complaints.clear()
    await mine.answer()
    await expect(page.get_by_role("article")).to_contain_text("Talking")
    await is_over(page, caller)
    await expect(panel.locator("iframe")).to_be_visible()  # for the wrap-up
    await panel.get_by_role("button", name="Close").click()

    caller, mine, call = await rings(line, "2", phone, 2)
    await expect(page.get_by_role("article")).to_contain_text("Ringing")
    async with page.context.expect_page() as opened:
        await mine.answer()
    record = await opened.value
    await expect(record.get_by_text("at work")).to_be_visible()
    assert await record.evaluate("window.opener") is None
    assert await record.evaluate("document.referrer") == ""
    await page.reload()
    await expect(panel).to_contain_text("Opened in a tab of its own.")
    assert site_crm.asked[1:] == [("GET", f"/tab/{call}?agent=alice", "")]
    await is_over(page, caller)

    await page.evaluate("() => { window.kept = window.open; window.open = () => null; }")
    caller, mine, call = await rings(line, "2", phone, 3)
    await mine.answer()
    await expect(panel).to_contain_text("The browser lets no tab be opened.")
    await page.evaluate("() => { window.open = window.kept; }")
    async with page.context.expect_page() as opened:
        await page.keyboard.press("Shift+V")
    await (await opened.value).wait_for_url(f"**/tab/{call}?agent=alice")
    await is_over(page, caller)
    assert (barriers, desk.complaints) == ([], [])


async def carded(crm: Crm, count: int) -> list[str]:
    """What was posted to the site's own CRM, when it is so many times."""
    posted = [body for _, path, body in crm.asked if path == "/card"]
    return posted if len(posted) >= count else []


async def test_a_crm_that_redirects_or_hangs_changes_nothing_for_the_agent(
    line: Hotline, chromium: Browser, site_crm: Crm
) -> None:
    phone = await line.person("alice", on_ring=OnRing.WAIT)
    page = (await at_desk(line, chromium)).page
    for count, where in enumerate(("file:///etc/passwd", "http://localhost:1/", ""), start=1):
        if where:
            site_crm.redirects(where)
        else:
            site_crm.answer = None
        caller, mine, call = await rings(line, "1", phone, count)
        await expect(page.get_by_role("region", name="Your CRM")).to_be_visible()
        await mine.answer()
        await expect(page.get_by_role("article")).to_contain_text("Talking")
        assert [frame.url for frame in page.frames if frame.url.startswith(("file:", "http://localhost"))] == []
        await page.keyboard.press("Shift+H")
        await caller.ended()
        posted = await soon(partial(carded, site_crm, count))
        assert [call in body for body in posted] == [False] * (count - 1) + [True]
        await is_over(page, caller)


async def test_the_ring_never_waits_for_the_crm_and_the_card_comes_when_it_is_there(
    line: Hotline, chromium: Browser, site_crm: Crm
) -> None:
    site_crm.answer = None
    phone = await line.person("alice", on_ring=OnRing.WAIT)
    page = (await at_desk(line, chromium)).page
    caller, _, _ = await rings(line, "3", phone, 1, caller="+49305550121")
    await expect(page.get_by_role("article")).to_contain_text("Ringing")
    assert site_crm.asked[0] == ("GET", "/who?number=%2B49305550121", "")

    async def refused() -> bool:
        figures = (await (await line.desk("sue")).get("/metrics")).text
        return 'cordboard_customer_lookups_total{outcome="refused"} 1.0' in figures

    await soon(refused)
    await is_over(page, caller)
    site_crm.says(json.dumps({"customer": {"id": 4711, "name": HOSTILE, "level": "gold"}}))
    caller, _, _ = await rings(line, "3", phone, 2, caller="+49305550122")
    await expect(page.get_by_role("article").get_by_role("heading")).to_have_text(HOSTILE)
    await expect(page.get_by_role("article")).to_contain_text("gold")
    await is_over(page, caller)
    ada = {"name": "Ada", "numbers": ["+49305550123"]}  # who has a card here is not asked for elsewhere
    (await (await line.desk("sue")).post("/api/customers", json=ada)).raise_for_status()
    await rings(line, "3", phone, 3, caller="+49305550123")
    await expect(page.get_by_role("link", name="Ada")).to_have_attribute("href", "/customers.html?card=1")
    assert len([path for _, path, _ in site_crm.asked if path.startswith("/who")]) == 2
