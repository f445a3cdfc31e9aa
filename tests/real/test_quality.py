"""Grading in a real browser: a week's sample, a form by keys, the agent's answer, and graders compared."""

from __future__ import annotations

import json
import re
import time
import wave
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect
from pwdlib import PasswordHash
from sqlalchemy import insert

from config import settings
from cti.calls.words import CallId
from demo.debian import Program
from recordings.files import Files
from recordings.quality.samples import Week
from recordings.records.record import CallRecord, Recording, Segment
from recordings.rows import plain
from recordings.store import Store
from recordings.tables import calls, recordings, segments
from recordings.words import Outcome, RecordingState, SegmentKind
from tests.real.browser import Tab, tab
from tests.real.hotline import Hotline, hotline

OTHERS = {"kim": "supervisor", "ada": "auditor"}
LENGTH_S = 40.0
WRITTEN = "<img src=x onerror=alert(1)> <b>well</b> done"


def beeped(path: Path) -> None:
    """Eight seconds of sound for what is said in a talk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    side = (np.sin(np.arange(8000 * 8) * 2 * np.pi * 440 / 8000) * 8000).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setparams((2, 2, 8000, len(side), "NONE", ""))
        out.writeframes(np.stack([side, side], axis=1).tobytes())


async def lived(folder: Path) -> None:
    """The week before Alice talked on four days and Bob on one; and Alice once two weeks before that."""
    site = settings.load(folder)
    monday, _ = Week.before(datetime.fromtimestamp(time.time(), site.zone).date()).span(site.zone)
    files = Files(site.recordings)
    store = await Store.open(site.database)
    async with store.writing() as connection:
        for number, agent, day in (
            (0, "alice", 0),
            (1, "alice", 1),
            (2, "alice", 2),
            (3, "alice", 3),
            (4, "bob", 4),
            (9, "alice", -14),
        ):
            id, at = CallId(f"asterisk-{number}.1"), monday + day * 86_400 + 36_000
            stem = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}/{id}-{agent}"
            beeped(files.stereo(stem))
            record = CallRecord(
                id=id, caller=f"555012{number}", dialled="100", arrived_at=at, ended_at=at + LENGTH_S, queue="orders",
                agent=agent, talk_s=LENGTH_S, outcome=Outcome.ANSWERED, scores=(("satisfied", 5 - number % 2),),
            )  # fmt: skip
            part = Segment(
                call=id, number=1, kind=SegmentKind.TALK, started_at=at, ended_at=at + LENGTH_S, agent=agent,
                queue="orders", recording=stem,
            )  # fmt: skip
            sound = Recording(
                stem=stem, call=id, agent=agent, started_at=at, state=RecordingState.WHOLE, length_s=8.0,
                talk_s=LENGTH_S, file=f"{stem}.wav",
            )  # fmt: skip
            for table, row in ((calls, record), (segments, part), (recordings, sound)):
                await connection.execute(insert(table), [plain(row)])
    await store.close()


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A hotline with a week behind it, a second grader and an auditor."""
    hashed = PasswordHash.recommended().hash("as everybody's")
    with (site / "people.yaml").open("a") as file:
        file.writelines(f'  {name}: {{role: {role}, password: "{hashed}"}}\n' for name, role in OTHERS.items())
    logins = site / "var" / "state" / "demo-log-ins.json"
    logins.write_text(json.dumps(json.loads(logins.read_text()) | dict.fromkeys(OTHERS, "as everybody's")))
    await lived(site)
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}}
    async with hotline(site, peers, changes=changes) as running:
        yield running


async def opened(line: Hotline, chromium: Browser, name: str) -> Tab:
    """The page of grading, of one of the site's people."""
    desk = await tab(chromium)
    await desk.log_in(line.url, name, line.stage.passwords[name])
    await desk.page.wait_for_url(re.compile(r"/(supervisor|agent|admin)\.html"))
    await desk.page.goto(f"{line.url}/quality.html")
    await expect(desk.page.get_by_role("navigation")).to_be_visible()
    return desk


async def graded_by_keys(page: Page, keys: str) -> None:
    await expect(page.get_by_text("0 of 6 answered")).to_be_visible()
    for key in keys:
        await page.keyboard.press(key)
    await expect(page.get_by_text("6 of 6 answered")).to_be_visible()
    await page.keyboard.press("s")


async def test_grading(line: Hotline, chromium: Browser) -> None:
    """On one hotline, which is dear."""
    await a_talk_is_drawn_graded_answered_and_decided(line, chromium)
    await two_graders_are_compared_and_none_sees_the_other_before(line, chromium)


async def a_talk_is_drawn_graded_answered_and_decided(line: Hotline, chromium: Browser) -> None:
    sue = await opened(line, chromium, "sue")
    page = sue.page
    await page.keyboard.press("3")
    await page.get_by_role("button", name="Draw weekly").click()
    await expect(page.get_by_text("4 of 6 calls, 2 agents")).to_be_visible()
    await expect(page.get_by_text("bob: 1 of 3")).to_be_visible()
    await expect(page.get_by_role("table", name="Progress").get_by_role("row", name="sue")).to_contain_text("0 of 4")
    barriers = await sue.looked_at("quality-samples")
    await page.get_by_role("button", name="Draw weekly").click()
    await expect(page.get_by_text("4 of 6 calls, 2 agents")).to_be_visible()

    await page.keyboard.press("1")
    todo = page.get_by_role("table", name="To do")
    await expect(todo.get_by_role("row")).to_have_count(5)
    await todo.get_by_role("row", name="alice").first.get_by_role("button").click()
    await expect(page.get_by_text("0 of 6 answered")).to_be_visible()
    await expect(page.get_by_role("slider")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("1")
    await page.keyboard.press("c")
    await page.keyboard.type(WRITTEN)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Go to 0:05 in the recording")).to_be_visible()
    for key in "012":
        await page.keyboard.press(key)
    await expect(page.get_by_text("The draft is kept.")).to_be_visible()
    barriers += await sue.looked_at("quality-grading")
    await page.reload()
    await expect(page.get_by_text("4 of 6 answered")).to_be_visible()
    await page.keyboard.press("s")
    await expect(page.get_by_text("There are questions without an answer.")).to_be_visible()
    await page.keyboard.press("x")
    for key in ("j", "j", "j", "j", "2", "0"):
        await page.keyboard.press(key)
    await page.keyboard.press("s")
    # Opening 2/2, solution 2/2 and 1/2: 3/4, manner 2/3: 20 + 37.5 + 20.
    await expect(page.get_by_text("Submitted: 77.5.")).to_be_visible()
    await page.keyboard.press("r")
    await expect(page.get_by_text("alice sees it now.")).to_be_visible()

    alice = await opened(line, chromium, "alice")
    mine = alice.page
    await mine.get_by_role("table", name="My scores").get_by_role("button").click()
    await expect(mine.get_by_text(WRITTEN)).to_be_visible()
    await expect(mine.locator("main img, main b")).to_have_count(0)
    await expect(mine.get_by_role("button", name="Correct")).to_have_count(0)
    barriers += await alice.looked_at("quality-mine")
    await mine.keyboard.press("o")
    await mine.get_by_label("Why you object").fill("I did say our name.")
    await mine.get_by_role("button", name="Send the objection").click()
    await expect(mine.get_by_role("listitem").filter(has_text="I did say our name.")).to_be_visible()

    await page.keyboard.press("Escape")
    await page.keyboard.press("2")
    await page.get_by_label("State").select_option("objected")
    await page.get_by_role("button", name="Find").click()
    await expect(page.get_by_role("table", name="Reviews").get_by_role("button")).to_have_count(1)
    await page.get_by_role("table", name="Reviews").get_by_role("button").click()
    await expect(page.get_by_role("button", name="Correct", exact=True)).to_be_visible()
    await page.keyboard.press("e")
    for key in ("j", "j", "j", "1"):
        await page.keyboard.press(key)
    await page.get_by_role("button", name="Keep the correction").click()
    await page.get_by_label("Why it is corrected").fill("It was solved.")
    await page.get_by_role("dialog").get_by_role("button", name="Keep the correction").click()
    await expect(page.get_by_text("Submitted: 90.")).to_be_visible()
    await page.keyboard.press("x")
    await page.get_by_text("This version").first.click()
    barriers += await sue.looked_at("quality-decided")
    await mine.reload()
    await expect(mine.get_by_text("It was solved.")).to_be_visible()

    ada = await opened(line, chromium, "ada")
    table = ada.page.get_by_role("table", name="Reviews")
    await expect(table.get_by_role("row", name="alice").filter(has_text="decided")).to_contain_text("90")
    await expect(ada.page.get_by_role("button", name="Grade a call")).to_have_count(0)
    await ada.page.get_by_role("link", name="Figures").click()
    agents = ada.page.get_by_role("table", name="By agent")
    await expect(agents.get_by_role("row", name="alice")).to_contain_text("satisfied: 4.4 (5)")
    barriers += await ada.looked_at("quality-figures")
    await ada.page.get_by_label("Language").select_option("zh")
    await expect(ada.page.get_by_role("heading", name="数据")).to_be_visible()
    assert (barriers, sue.complaints, alice.complaints, ada.complaints) == ([], [], [], [])


async def two_graders_are_compared_and_none_sees_the_other_before(line: Hotline, chromium: Browser) -> None:
    sue = await opened(line, chromium, "sue")
    page = sue.page
    await page.keyboard.press("4")
    await expect(page.get_by_role("button", name="Compare graders")).to_be_visible()
    await page.keyboard.press("g")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Id of the call").fill("asterisk-9.1")
    await page.keyboard.press("Enter")
    for name in ("sue", "kim"):
        await dialog.get_by_label(name, exact=True).check()
    await dialog.get_by_role("button", name="Have them grade").click()
    compared = page.get_by_role("table", name="Comparisons")
    await expect(compared.get_by_text("Waits for kim, sue")).to_be_visible()
    await page.keyboard.press("1")
    await page.get_by_role("row", name="comparison").get_by_role("button").click()
    await graded_by_keys(page, "111111")
    await expect(page.get_by_text("Submitted: 100.")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("Release"))).to_have_count(0)

    kim = await opened(line, chromium, "kim")
    await kim.page.get_by_role("row", name="comparison").get_by_role("button").click()
    # The identity was not checked, which is fatal; the solution in part.
    await graded_by_keys(kim.page, "121211")
    await expect(kim.page.get_by_text("Submitted: 0.")).to_be_visible()

    await page.keyboard.press("Escape")
    await page.keyboard.press("4")
    await compared.get_by_role("button").click()
    # Alike are 4 of 6; Sue gave 4 Yes, 1 Fully, 1 Very; Kim 2 Yes, 1 No, 1 Fully, 1 In part, 1 Very.
    # e = (4 × 2 + 1 + 1) / 36, kappa = (24 - 10) / (36 - 10).
    await expect(page.get_by_text("67%").first).to_be_visible()
    await expect(page.get_by_text("0.54").first).to_be_visible()
    await expect(page.get_by_role("table", name="Answered differently").get_by_role("row")).to_have_count(3)
    barriers = await sue.looked_at("quality-comparison")
    assert (barriers, sue.complaints, kim.complaints) == ([], [], [])
