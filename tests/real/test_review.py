"""Reviewing a real call of two recordings, in a real browser: heard, commented on, shared, and noted by part."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from pwdlib import PasswordHash

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import CallId
from demo.debian import Program
from demo.tones import tone
from tests.real.browser import Tab, browser, console, tab
from tests.real.hotline import HIDDEN, Hotline, hotline, soon
from tests.recordings.transcripts.fakes import installed

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDITOR, LEARNER = "ada", "carl"
PASSWORD = "as everybody's"
OTHERS = {AUDITOR: "role: auditor", LEARNER: "role: agent, phone: PJSIP/carl, skills: {english: 1}"}
FLOW = """
start: main
nodes:
  main:
    menu: For your order, press 1.
    keys: {"1": orders}
    timeout: 5s
    otherwise: bye
  orders: {queue: orders}
  bye: {hangup: true}
"""
QUEUES = """
queues:
  orders: {skills: {faults: 5}, ring: 20s, wrap_up: 60s}
  support: {skills: {service: 6}, ring: 20s, wrap_up: 60s}
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A call that is over: alice held it, paused its recording, and sent it on to bob."""

    line: Hotline
    call: CallId
    stems: list[str]
    tabs: list[Tab]

    async def audited(self, **wanted: str) -> list[dict[str, Any]]:
        desk = await self.line.desk(AUDITOR)
        page = (await desk.get("/api/audit", params=wanted | {"limit": "200"})).json()
        return [line["entry"] for line in page["entries"]]

    async def opened(self, name: str, page: str) -> Tab:
        """The tab of somebody who has logged in."""
        mine = await tab(self.tabs[0].page.context.browser)  # type: ignore[arg-type]
        self.tabs.append(mine)
        await mine.log_in(self.line.url, name, self.line.stage.passwords[name])
        await mine.page.wait_for_url(re.compile(f"{page}.html"))
        return mine


async def record_a_call(line: Hotline) -> tuple[CallId, list[str]]:
    """Somebody talks to alice, then to bob; both are recorded."""
    for agent, hertz in (("alice", 880.0), ("bob", 1320.0)):
        await line.person(agent, microphone=tone(hertz, 1.0))
    await line.state("alice")
    caller = await (await line.caller("5550123", microphone=tone(440.0, 1.0))).dial("100")
    await caller.answered()
    await caller.press("1")
    call = (await line.watch.wait(ev.Connected)).call
    alice, at = await line.desk("alice"), f"/api/calls/{call}"

    async def asks(what: str, happens: type[ev.Event], **body: str) -> None:
        (await alice.post(f"{at}/{what}", json=body or None)).raise_for_status()
        await line.watch.wait(happens)
        await caller.listen(0.5)

    await caller.listen(0.5)
    await caller.press("7")
    await line.watch.wait(ev.Digit, count=2)
    await asks("recording/pause", talk_events.RecordingPaused)
    await asks("recording/resume", talk_events.RecordingResumed)
    await asks("hold", talk_events.Held)
    await asks("resume", talk_events.Resumed)
    await line.state("bob")
    await asks("transfer", talk_events.TransferAsked, queue="support")
    await line.watch.wait(ev.Connected, lambda e: e.agent == "bob")
    await caller.listen(1.5)
    await caller.hang_up()
    record = await line.record(
        call, lambda r: len(r["recordings"]) == 2 and all(one["length_s"] for one in r["recordings"])
    )
    return call, [one["stem"] for one in record["recordings"]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heard(
    made_site: Path, tmp_path_factory: pytest.TempPathFactory, peers: Mapping[str, Program]
) -> AsyncIterator[Heard]:
    site = Path(shutil.copytree(made_site, tmp_path_factory.mktemp("review") / "site"))
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "queues.yaml").write_text(QUEUES)
    hashed = PasswordHash.recommended().hash(PASSWORD)
    with (site / "people.yaml").open("a") as file:
        file.writelines(f'  {name}: {{{what}, password: "{hashed}"}}\n' for name, what in OTHERS.items())
    logins = site / "var" / "state" / "demo-log-ins.json"
    logins.write_text(json.dumps(json.loads(logins.read_text()) | dict.fromkeys(OTHERS, PASSWORD)))
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "fallback": {},
        "transcripts": {"queues": {"support": "en"}, "engine": "fake"},
    }
    with pytest.MonkeyPatch.context() as patch:
        installed(tmp_path_factory.mktemp("packages"), patch)
        async with reviewed(site, peers, changes) as found:
            yield found


@asynccontextmanager
async def reviewed(site: Path, peers: Mapping[str, Program], changes: Mapping[str, Any]) -> AsyncIterator[Heard]:
    async with (
        hotline(site, peers, changes=changes) as line,
        browser("--autoplay-policy=no-user-gesture-required") as one,
    ):
        call, stems = await record_a_call(line)
        yield Heard(line, call, stems, [await console(line, one, "sue")])


async def second(page: Page) -> float:
    """Where the player is."""
    at: float = await page.locator("section audio").evaluate("audio => audio.currentTime")
    return at


async def test_a_call_is_found_heard_and_commented_on_by_keys(heard: Heard) -> None:
    desk = heard.tabs[0]
    page = desk.page
    await page.keyboard.press("4")
    await page.keyboard.press("/")
    await page.keyboard.type("5550123")
    await page.keyboard.press("Enter")
    found = page.get_by_role("table", name="Find a call")
    await expect(found.get_by_role("row", name=HIDDEN)).to_contain_text("Short talk")
    await page.wait_for_url("**/supervisor.html#records?text=5550123")
    await page.get_by_role("main").focus()
    await page.keyboard.press("n")
    side = page.get_by_role("complementary")
    player = side.get_by_role("region", name="Recording")
    await page.wait_for_url(f"**/supervisor.html#records?text=5550123&call={heard.call}")
    marks = player.get_by_role("group", name="What happened, on the line of time")
    for mark in ("Keys pressed", "Recording paused", "On hold, not recorded", "Transfer · alice · support"):
        await expect(marks.get_by_role("button", name=mark).first).to_be_visible()
    await expect(side.get_by_role("listitem").filter(has_text="Menu")).to_contain_text("main 1 › orders")
    assert await heard.audited(what="recording.heard") == []

    await page.keyboard.press("]")
    await page.keyboard.press(" ")
    await page.wait_for_function("() => document.querySelector('section audio')?.currentTime > 0.3")
    assert await page.locator("section audio").evaluate("audio => audio.playbackRate") == 1.25
    await expect(side.get_by_role("listitem").filter(has_text="Talk").first).to_have_attribute("aria-current", "time")
    await page.wait_for_function(
        "() => document.querySelector('.wave > div')?.shadowRoot.querySelectorAll('canvas').length"
    )
    await page.keyboard.press("m")
    await expect(side.get_by_label("About")).to_be_focused()
    await page.keyboard.type("well <b>said</b>")
    await page.keyboard.press("Control+Enter")
    await expect(side.get_by_text("well <b>said</b>")).to_be_visible()
    await expect(player.get_by_role("button", name="Comment · sue · well")).to_be_visible()
    await page.get_by_role("main").focus()
    await page.keyboard.press(".")
    await page.keyboard.press("ArrowLeft")
    assert await second(page) == 0
    barriers = await desk.looked_at("review-record")

    await page.keyboard.press(">")
    await expect(player.get_by_role("button", name="2 bob")).to_have_attribute("aria-pressed", "true")
    [told] = await soon(lambda: heard.audited(what="recording.listened"))
    assert (told["who"], told["object"], told["detail"]["call"]) == ("sue", f"recording:{heard.stems[0]}", heard.call)
    assert re.fullmatch(r"0-\d+(, \d+-\d+)*", told["detail"]["seconds"])
    await side.get_by_role("button", name="Edit").click()
    await page.keyboard.type(", and kindly")
    await page.keyboard.press("Control+Enter")
    await expect(side).to_contain_text("changed")
    await page.reload()
    await expect(side.get_by_text("and kindly")).to_be_visible()
    await side.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(side).to_contain_text("No comments yet.")
    assert (barriers, desk.complaints) == ([], [])


async def test_a_link_opens_for_a_role_until_it_is_taken_back(heard: Heard) -> None:
    desk = heard.tabs[0]
    side = desk.page.get_by_role("complementary")
    await desk.page.goto(f"{heard.line.url}/supervisor.html#records?call={heard.call}")
    await side.get_by_role("button", name="Share …").click()
    dialog = desk.page.get_by_role("dialog")
    await expect(dialog.get_by_label("For whom")).to_have_value("agent")
    barriers = await desk.looked_at("review-share")
    await dialog.get_by_role("button", name="Share …").click()
    link = await side.get_by_label("Link").input_value()
    await desk.page.get_by_role("button", name="Links that are good").click()
    everywhere = desk.page.get_by_role("main").get_by_label("Link", exact=True)
    await expect(everywhere).to_have_count(2)
    await expect(everywhere.first).to_have_value(link)
    await desk.page.get_by_role("button", name="Links that are good").click()

    learner = await heard.opened(LEARNER, "agent")
    page = learner.page
    refused = await (await heard.line.desk(LEARNER)).get(f"/api/records/{heard.call}")
    assert refused.status_code == 404
    await page.goto(link)
    await expect(page.get_by_text("Shared by sue")).to_be_visible()
    await expect(page.get_by_role("button", name="Comment")).to_have_count(0)
    await page.keyboard.press(" ")
    await page.wait_for_function("() => document.querySelector('section audio')?.currentTime > 0.3")
    barriers += await learner.looked_at("review-shared")
    await page.goto(f"{heard.line.url}/agent.html")
    [told] = await soon(lambda: heard.audited(what="recording.listened", who=LEARNER))
    assert told["object"] == f"recording:{heard.stems[0]}"

    await side.get_by_role("button", name="Take back").click()
    await expect(side).to_contain_text("Shared with nobody.")
    await page.goto(link)
    await expect(page.get_by_text("was taken back")).to_be_visible()
    noted = {(one["who"], one["what"], one["result"]) for one in await heard.audited()}
    assert noted >= {
        ("sue", "share.made", "done"),
        (LEARNER, "share.opened", "done"),
        (LEARNER, "share.opened", "refused"),
        ("sue", "share.ended", "done"),
        (LEARNER, "recording.heard", "done"),
    }
    learner.complaints.clear()  # the browser notes the 404 of the link that was taken back
    assert (barriers, desk.complaints, learner.complaints) == ([], [], [])


async def test_an_agent_hears_the_own_part_and_an_auditor_all(heard: Heard) -> None:
    """An agent has the recordings of the own talks alone; an auditor hears everything and says nothing."""
    alice = await heard.opened("alice", "agent")
    await alice.page.get_by_role("region", name="My calls").get_by_role("button", name="5550123").click()
    dialog = alice.page.get_by_role("dialog")
    await expect(dialog.get_by_role("region", name="Recording")).to_be_visible()
    await expect(dialog.get_by_role("button", name="2 bob")).to_have_count(0)
    await alice.page.keyboard.press(" ")
    await alice.page.wait_for_function("() => document.querySelector('dialog audio')?.currentTime > 0.3")
    await alice.page.keyboard.press("m")
    await expect(dialog.get_by_label("About")).to_be_focused()
    await alice.page.keyboard.type("I should have asked.")
    await alice.page.keyboard.press("Control+Enter")
    await expect(dialog.get_by_text("I should have asked.")).to_be_visible()
    barriers = await alice.looked_at("review-agent")
    await alice.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)

    ada = await heard.opened(AUDITOR, "admin")
    await ada.page.goto(f"{heard.line.url}/admin.html#records?queue=orders&call={heard.call}")
    await expect(ada.page.get_by_text("I should have asked.")).to_be_visible()
    await expect(ada.page.get_by_role("button", name="Comment", exact=True)).to_have_count(0)
    await expect(ada.page.get_by_role("button", name="Share …")).to_have_count(0)
    await expect(ada.page.get_by_role("button", name="2 bob")).to_be_visible()
    barriers += await ada.looked_at("review-auditor")
    assert (barriers, alice.complaints, ada.complaints) == ([], [], [])


async def test_what_was_said_leads_to_its_moment(heard: Heard) -> None:
    """The talk with bob has a transcript, made meanwhile by another process."""
    await heard.line.record(heard.call, lambda r: r["transcribed"] == [heard.stems[1]], patience_s=60)
    desk = heard.tabs[0]
    page = desk.page
    await page.goto(f"{heard.line.url}/supervisor.html#records?caller=5550123")
    await page.reload()
    await page.get_by_role("button", name="More fields").click()
    await page.get_by_label("Said").fill("REFUND parcel")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**said=REFUND+parcel")
    await page.get_by_role("main").focus()
    await page.keyboard.press("n")
    side = page.get_by_role("complementary")
    text = side.get_by_role("region", name="Transcript")
    await expect(side.get_by_role("button", name="2 bob")).to_have_attribute("aria-pressed", "true")
    await expect(text).to_contain_text("2 found")
    await expect(text.get_by_role("button", name="bob refund please")).to_be_visible()
    await expect(text.get_by_role("button", name="Caller parcel please")).to_be_visible()
    await expect(text.locator("mark")).to_have_count(2)
    await expect(text.locator("[aria-current]")).to_have_count(1)
    barriers = await desk.looked_at("review-transcript")

    await page.keyboard.press("ArrowRight")
    assert await second(page) > 1
    await text.get_by_role("listitem").first.get_by_role("button").click()
    assert await second(page) < 0.5
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("w")
    await page.wait_for_function("() => document.querySelector('section audio').currentTime > 0")
    await expect(text.locator("[aria-current]")).to_have_count(1)
    noted = await heard.audited(what="recording.heard", object=f"recording:{heard.stems[1]}")
    assert {"call": heard.call, "read": "transcript"} in [one["detail"] for one in noted if one["who"] == "sue"]
    refused = await (await heard.line.desk("alice")).get(f"/api/recordings/{heard.stems[1]}/transcript")
    assert refused.status_code == 404
    mine = await (await heard.line.desk("bob")).get(f"/api/recordings/{heard.stems[1]}/transcript")
    assert {line["side"] for line in mine.json()["lines"]} == {"caller", "agent"}
    assert (barriers, desk.complaints) == ([], [])
