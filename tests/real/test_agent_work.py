"""An agent's work in a real browser, with real calls on a real Asterisk: by keys alone."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import AgentState
from demo.debian import Program
from demo.phones import PhoneCall
from tests.real.browser import Tab, browser, tab
from tests.real.conftest import INTERNAL
from tests.real.hotline import Hotline, hotline

pytestmark = pytest.mark.asyncio(loop_scope="module")

FLOW = """
start: main
nodes:
  main:
    menu: For your order, press 1.
    keys: {"1": orders}
    timeout: 5s
    otherwise: bye
  orders: {queue: orders, priority: 5, level: gold}
  bye: {hangup: true}
"""

QUEUES = """
levels: {gold: 20}
dispositions:
  orders:
    - Ordered: [By card, By invoice]
    - No order
queues:
  orders: {skills: {faults: 3}, ring: 20s, wrap_up: 20s, disposition: {tree: orders, required: true}}
  support: {skills: {service: 6}, ring: 20s, wrap_up: 20s}
"""

_numbers = count(5_550_000)


@dataclass(frozen=True, slots=True)
class Desk:
    """Alice's desk, with her page open and her phone there."""

    line: Hotline
    tab: Tab

    @property
    def page(self) -> Page:
        return self.tab.page

    @property
    def card(self) -> Locator:
        return self.page.get_by_role("article")

    async def talk(self, number: str = "") -> tuple[PhoneCall, ev.Connected]:
        """Alice is ready, somebody calls and chooses 1, and they talk."""
        before = sum(isinstance(e, ev.Connected) for e in self.line.watch.events)
        await self.line.state("alice")
        caller = await (await self.line.caller(number or str(next(_numbers)))).dial("100")
        await caller.answered()
        await caller.press("1")
        connected = await self.line.watch.wait(ev.Connected, count=before + 1)
        await expect(self.card).to_contain_text("Talking")
        return caller, connected

    async def keys(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def over(self) -> None:
        """The disposition that is owed is given, beside the page."""
        desk = await self.line.desk("alice")
        [alice] = (await desk.get("/api/agents")).json()
        if alice["owes"]:
            at = f"/api/calls/{alice['last_call']}/disposition"
            (await desk.post(at, json={"path": ["No order"]})).raise_for_status()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(
    made_site: Path, tmp_path_factory: pytest.TempPathFactory, peers: Mapping[str, Program]
) -> AsyncIterator[Desk]:
    site = Path(shutil.copytree(made_site, tmp_path_factory.mktemp("office") / "site"))
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "queues.yaml").write_text(QUEUES)
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "fallback": {},
        "transfers_to_numbers": {"context": "internal", "allow": ["77*"]},
        "customers": {"region": "DE"},
        "suggestions": [
            {"say": "The spring tea is in.", "queues": ["orders"]},
            {"say": "A gift for the faithful <b>few</b>.", "levels": ["platinum"]},
        ],
    }
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as line, browser() as chromium:
        await line.person("alice")
        await line.person("bob")
        mine = await tab(chromium)
        await mine.log_in(line.url, "alice", line.stage.passwords["alice"])
        await expect(mine.page.get_by_text("Live", exact=True)).to_be_visible()
        yield Desk(line, mine)


@pytest_asyncio.fixture(loop_scope="module")
async def desk(office: Desk) -> AsyncIterator[Desk]:
    """The desk, with nothing owed from the test before, and nothing that the browser complained of after it."""
    await office.over()
    yield office
    assert office.tab.complaints == []


async def test_a_caller_is_held_and_sent_on(desk: Desk) -> None:
    page, watch = desk.page, desk.line.watch
    await desk.line.state("bob")
    caller, talk = await desk.talk()
    await desk.keys("h")
    await expect(desk.card).to_contain_text("On hold")
    await expect(page.get_by_role("button", name="Resume")).to_have_attribute("aria-pressed", "true")
    await desk.keys("h")
    await watch.wait(talk_events.Resumed)
    await expect(desk.card).to_contain_text("Talking")

    await desk.keys("t")
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_role("combobox", name="Transfer to")
    await expect(field).to_be_focused()
    await expect(dialog.get_by_role("option")).to_contain_text(["orders", "support", "bob", "main"])
    await field.fill("77 00-01")
    await expect(dialog.get_by_role("option")).to_have_text(["770001 Number"])
    await field.fill("990001")
    await expect(dialog).to_contain_text("No queue, agent, menu or number that fits.")
    await field.fill("o")
    barriers = await desk.tab.looked_at("agent-transfer")
    await field.fill("sup")
    await desk.keys("Enter")
    await expect(dialog.get_by_role("checkbox")).to_be_visible()
    await desk.keys("Enter")
    await expect(dialog).to_have_count(0)
    assert (await watch.wait(talk_events.TransferAsked)).queue == "support"
    bobs = await watch.wait(ev.Connected, lambda e: e.agent == "bob")
    assert bobs.call == talk.call
    await expect(desk.card).to_have_count(0)
    await caller.hang_up()
    await watch.wait(ev.Ended, lambda e: e.call == talk.call)
    assert barriers == []


async def test_what_comes_after_a_call(desk: Desk) -> None:
    """A disposition that is owed, notes that outlive the call, and a follow-up that comes back when it is due."""
    page, watch = desk.page, desk.line.watch
    caller, talk = await desk.talk()
    after = page.get_by_role("region", name=f"After the call with {caller.phone.name}")
    await expect(after).to_be_visible()
    await caller.hang_up()
    await watch.wait(ev.AgentChanged, lambda e: e.state is AgentState.WRAP_UP and e.call is None)
    await expect(after).to_contain_text("Needed before your next call")
    await expect(after.get_by_role("button", name="Save")).to_be_disabled()
    await desk.keys("d")
    await page.keyboard.type("inv")
    await expect(after.get_by_role("option")).to_have_text(["Ordered > By invoice"])
    barriers = await desk.tab.looked_at("agent-after")
    await desk.keys("Enter", "Tab")
    await page.keyboard.type("two <b>boxes</b>")
    await desk.keys("Control+Enter")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    given = await watch.wait(ev.DispositionGiven, lambda e: e.call == talk.call)
    assert (given.disposition, given.notes) == ("Ordered > By invoice", "two <b>boxes</b>")

    await page.get_by_role("main").focus()
    await desk.keys("f")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Number")).to_have_value(caller.phone.name)
    await dialog.get_by_label("What about").fill("the <i>invoice</i>")
    barriers += await desk.tab.looked_at("agent-follow-up")
    at = dialog.get_by_label("When")
    await at.fill(await at.get_attribute("min") or "")
    await dialog.get_by_label("What about").press("Enter")
    await watch.wait(ev.FollowUpDue)
    due = page.get_by_role("status").filter(has_text="To be called now:")
    await expect(due).to_contain_text("the <i>invoice</i>")
    barriers += await desk.tab.looked_at("agent-reminder")
    await page.get_by_role("main").focus()
    await desk.keys("Shift+L")
    await expect(due).to_have_count(0)
    mine = page.get_by_role("region", name="My follow-ups")
    await mine.get_by_role("button", name=f"Done: {caller.phone.name}").click()
    await expect(mine).to_contain_text("Nobody to call.")
    assert barriers == []


async def test_my_calls_are_found_by_words_of_their_notes(desk: Desk) -> None:
    page = desk.page
    caller, talk = await desk.talk()
    await caller.hang_up()
    alice = await desk.line.desk("alice")
    said = {"path": ["Ordered", "By card"], "notes": "wants <script>alert(1)</script> blue ones"}
    (await alice.post(f"/api/calls/{talk.call}/disposition", json=said)).raise_for_status()
    await desk.line.record(talk.call, lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")
    await page.get_by_role("main").focus()
    await desk.keys("/")
    await page.keyboard.type("blue one")
    await page.get_by_label("What came of it").and_(page.locator("select")).select_option("Ordered")
    await page.get_by_label("from", exact=True).press("Enter")
    mine = page.get_by_role("region", name="My calls")
    await expect(mine.get_by_role("row")).to_have_count(2)
    await expect(mine.get_by_role("row").last).to_contain_text("Ordered > By card wants <script>alert(1)</script> blue")
    barriers = await desk.tab.looked_at("agent-history")
    await mine.get_by_role("button", name=caller.phone.name).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("main 1 › orders")
    await dialog.locator("audio").evaluate("sound => sound.play()")  # nothing is fetched before
    await page.wait_for_function("() => document.querySelector('dialog audio')?.duration > 0")
    barriers += await desk.tab.looked_at("agent-record")
    await desk.keys("Escape")
    await expect(dialog).to_have_count(0)
    assert barriers == []


async def test_who_calls_is_found_or_made_known(desk: Desk) -> None:
    """An unknown caller gets a card by one key; at his next call it is there, with what was before."""
    page, watch = desk.page, desk.line.watch
    number, name = "03012345678", "Ada <img src=x onerror=alert(1)>"
    caller, talk = await desk.talk(number)
    await expect(desk.card).to_contain_text("The spring tea is in.")
    await expect(desk.card).to_contain_text("No contact before.")
    await page.get_by_role("main").focus()
    await desk.keys("u")
    dialog = page.get_by_role("dialog")
    await page.keyboard.type(name)
    await expect(dialog.get_by_role("option")).to_have_text([f"{name} New card"])
    barriers = await desk.tab.looked_at("agent-unknown")
    await desk.keys("Enter", "Enter")
    await expect(dialog).to_have_count(0)
    await expect(desk.card.get_by_role("heading", name=name)).to_be_visible()
    await expect(desk.card.get_by_role("button", name="Who is it?")).to_have_count(0)
    alice = await desk.line.desk("alice")
    said = {"path": ["No order"], "notes": "asks about <script>tea</script>"}
    (await alice.post(f"/api/calls/{talk.call}/disposition", json=said)).raise_for_status()
    tomorrow = {"number": "+493012345678", "at": talk.at + 86_400, "text": "send the list"}
    (await alice.post("/api/followups", json=tomorrow)).raise_for_status()
    await caller.hang_up()
    await desk.line.record(talk.call, lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")

    more = {"numbers": [number], "level": "platinum", "region": "North", "owner": "bob", "notes": "Two boxes a month."}
    (await alice.post("/api/customers", json={"name": "Riverside Bakery", **more})).raise_for_status()
    sue = await desk.line.desk("sue")
    (await sue.post("/api/announcements", json={"text": "Cake in the kitchen"})).raise_for_status()
    caller, talk = await desk.talk(number)
    for told in ("A gift for the faithful <b>few</b>.", "send the list", "asks about <script>tea</script>", "No order"):
        await expect(desk.card).to_contain_text(told)
    await page.get_by_role("radio", name="Riverside Bakery").check()
    for told in ("Riverside Bakery", "platinum", "North", "bob", "Two boxes a month."):
        await expect(desk.card).to_contain_text(told)
    await desk.card.locator("audio").first.evaluate("sound => { sound.preload = 'metadata'; }")
    await page.wait_for_function("() => document.querySelector('article audio')?.duration > 0")
    barriers += await desk.tab.looked_at("agent-known")
    news = page.get_by_role("status").filter(has_text="Cake in the kitchen")
    await expect(news).to_be_visible()
    await page.get_by_role("main").focus()
    await desk.keys("Shift+A")
    await expect(news).to_have_count(0)
    await page.reload()
    await expect(desk.card).to_contain_text("Talking")
    await expect(news).to_have_count(0)
    await desk.keys("Shift+H")
    await watch.wait(ev.Ended, lambda e: e.call == talk.call)
    assert barriers == []
