"""Reports in a real browser: a day that was, by hour and queue, as a chart, a table and files; and a call of now."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from config.reporting import rollups
from config.settings import load
from cti.calls import events as ev
from cti.calls.events import Event
from cti.calls.words import AgentState
from demo.debian import Program
from recordings.store import Store
from tests.real.browser import console, tab
from tests.real.hotline import Hotline, hotline
from tests.recordings.scenarios import events, rows

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = int(time.time()) // 86_400 * 86_400
ROSTER = 'shifts:\n  day: {hours: {mon-sun: "08:00-20:00"}, breaks: {mon-sun: "12:00-12:15"}, agents: [alice, bob]}\n'


def yesterday() -> list[Event]:
    """Some 240 calls from eight to eight, most of them around noon."""
    chance = random.Random(6)
    found: list[Event] = []
    for number in range(240):
        at = DAY - 86_400 + min(71_000.0, max(28_800.0, chance.gauss(46_000, 10_000)))
        queue, agent = chance.choice((("orders", "alice"), ("orders", "bob"), ("support", "bob")))
        caller, wait, talk = 5550000 + chance.randrange(150), chance.expovariate(1 / 25), chance.expovariate(1 / 180)
        if wait > 60 or chance.random() < 0.05:
            came = f"{at + 2 + wait} Ended by=caller"
        else:
            came = (
                f"{at + 2} Offered offer=o{number} agent={agent}\n"
                f"{at + 2 + wait} Connected offer=o{number} agent={agent}\n"
                f"{at + 5 + wait + talk} Ended by=caller"
            )
        head = f"{at} Arrived caller={caller} dialled=100\n{at + 1} EnteredMenu node=main\n"
        found += events(f"{head}{at + 2} Queued queue={queue}\n{came}", f"c{number}")
    return [*found, *at_work("alice"), *at_work("bob")]


def at_work(agent: str) -> list[Event]:
    """Four talks an hour, each with a wrap-up; a break at noon, a little beside its time."""
    found = [ev.AgentChanged(at=DAY - 86_400 + 28_920, agent=agent, state=AgentState.READY)]
    for at in range(DAY - 86_400 + 29_000, DAY - 86_400 + 72_000, 900):
        if at - DAY + 86_400 == 43_400:
            found.append(ev.AgentChanged(at=at, agent=agent, state=AgentState.NOT_READY, reason="break"))
            continue
        for after, state in ((0, AgentState.READY), (100, AgentState.TALKING), (600, AgentState.WRAP_UP)):
            found.append(ev.AgentChanged(at=at + after, agent=agent, state=state))
        found.append(ev.AgentChanged(at=at + 660, agent=agent, state=AgentState.READY))
    return [*found, ev.AgentChanged(at=DAY - 86_400 + 72_000, agent=agent, state=AgentState.OFFLINE)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(
    made_site: Path, tmp_path_factory: pytest.TempPathFactory, peers: Mapping[str, Program]
) -> AsyncIterator[Hotline]:
    folder = shutil.copytree(made_site, tmp_path_factory.mktemp("reports") / "site")
    (folder / "roster.yaml").write_text(ROSTER)
    (folder / "var" / "state").mkdir(parents=True, exist_ok=True)
    store = await Store.open(f"sqlite+aiosqlite:///{folder / 'var' / 'state' / 'cordboard.db'}")
    await store.write(rows(yesterday()))
    with (folder / "site.yaml").open("a", encoding="utf-8") as settings:
        settings.write("short_abandon: 0s\n")
    await rollups(load(folder), store).rebuild(time.time())
    await store.close()
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "fallback": {},
        "zone": "UTC",
    }
    async with hotline(folder, peers, changes=changes) as running:
        yield running


async def test_a_day_that_was(line: Hotline, kept_chromium: Browser) -> None:
    """Chosen by keys and fields; by hour and queue, then as a file, then in Chinese."""
    desk = await console(line, kept_chromium, "sue")
    page = desk.page
    await page.get_by_role("link", name="Reports").click()
    await expect(page.get_by_text("Calls count when they are over")).to_be_visible()
    await page.get_by_label("Time", exact=True).select_option("Yesterday")
    await page.get_by_role("button", name="Show", exact=True).click()
    table = page.get_by_role("table", name="Reports")
    await expect(table.get_by_role("row").last).to_contain_text("All")
    await expect(page.get_by_role("img", name="Offered over time")).to_be_visible()
    await expect(page.get_by_text("Times by the clock of UTC")).to_be_visible()
    total = table.get_by_role("row").last.get_by_role("cell")
    await expect(total.nth(1)).to_have_text("240")
    await page.get_by_label("Chart of").select_option("Connected")
    await expect(page.get_by_role("img", name="Connected over time")).to_be_visible()
    barriers = await desk.looked_at("console-reports")

    await page.get_by_role("heading", name="Connected").click()
    async with page.expect_download() as saving:
        await page.keyboard.press("c")
    text = Path(await (await saving.value).path()).read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].startswith("from,to,queue,offered,answered")
    async with page.expect_download() as saving:
        await page.keyboard.press("e")
    assert (await saving.value).suggested_filename == "report-queue.xlsx"

    await page.get_by_label("Rows of").select_option("Agents")
    await page.get_by_label("A row for each").select_option("Whole time")
    await page.get_by_label("Only these").fill("alice, bob")
    await page.keyboard.press("Enter")
    await expect(table.get_by_role("row")).to_have_count(4)
    await expect(table.get_by_role("row", name="alice")).to_contain_text("99%")
    await page.get_by_label("All figures").check()
    await expect(table.get_by_role("columnheader", name="Efficiency")).to_be_visible()
    await page.get_by_label("All figures").uncheck()
    barriers += await desk.looked_at("console-reports-agents")
    assert (barriers, desk.complaints) == ([], [])


async def test_in_chinese_and_of_oneself(line: Hotline, kept_chromium: Browser) -> None:
    """The page in Chinese, by its key; an agent gets his own figures from the API, and no others."""
    desk = await tab(kept_chromium, "zh-CN")
    await desk.page.goto(line.url)
    await desk.page.get_by_label("用户名").fill("sue")
    await desk.page.get_by_label("密码").fill(line.stage.passwords["sue"])
    await desk.page.get_by_role("button", name="登录").click()
    await expect(desk.page.get_by_role("link", name="报表")).to_be_visible()
    await desk.page.keyboard.press("8")
    await desk.page.get_by_label("时间", exact=True).select_option("昨天")
    await desk.page.get_by_role("button", name="显示", exact=True).click()
    await expect(desk.page.get_by_role("table", name="报表").get_by_role("row").last).to_contain_text("合计")
    assert desk.complaints == []
    alice = await line.desk("alice")
    day = {"from": str(DAY - 86_400), "to": str(DAY)}
    own = (await alice.get("/api/reports", params={"by": "agent", **day})).json()
    assert [one["name"] for one in own["lines"]] == ["alice"]
    assert own["total"]["figures"]["talks"] > 20
    assert (await alice.get("/api/reports", params={"by": "queue", **day})).status_code == 403
