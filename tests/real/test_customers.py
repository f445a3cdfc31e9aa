"""The customers' page in a real browser: search, cards, doubles, tables in and out, hostile names."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from demo.debian import Program
from demo.robots import HOTLINE
from tests.real.browser import Tab, browser, tab
from tests.real.hotline import Hotline, hotline

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
ADA: dict[str, object] = {"name": "Ada Müller", "numbers": ["+4930123456", "+4930123457"], "level": "gold"}
ADA |= {
    "region": "North",
    "owner": "alice",
    "notes": "Wants tea.\nCalls on Mondays.",
    "fields": {"Contract": "R-204815"},
}
DOUBLE = {"name": "Ada Mueller", "numbers": ["+4930123456"], "level": "silver", "email": "ada@example.com"}
EVE = {"name": HOSTILE, "numbers": ["+49305550123"], "notes": HOSTILE, "fields": {"Contract": HOSTILE}}


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "customers": {"region": "DE", "fields": ["Contract"]},
    }
    async with hotline(site, peers, changes=changes) as running:
        desk = await running.desk("sue")
        for card in (ADA, DOUBLE, EVE):
            (await desk.post("/api/customers", json=card)).raise_for_status()
        many = [f"Customer {n:03},+49308{n:05},bronze" for n in range(300)]
        taken = await desk.post("/api/customers/import", content="\n".join(["name,numbers,level", *many]))
        assert taken.headers["cordboard-imported"] == "300"
        yield running


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with browser() as running:
        yield running


async def opened(line: Hotline, chromium: Browser, name: str, language: str = "en") -> Tab:
    """The customers' page of one of the site's people; dialogs that scripts open are complaints."""
    desk = await tab(chromium, language)
    desk.page.on("dialog", lambda dialog: desk.complaints.append(dialog.message))
    await desk.page.goto(line.url)
    login = await desk.page.request.post(
        f"{line.url}/api/login", data={"name": name, "password": line.stage.passwords[name]}
    )
    assert login.ok
    await desk.page.goto(f"{line.url}/customers.html")
    return desk


async def test_an_agent_finds_makes_and_changes_customers(line: Hotline, chromium: Browser) -> None:
    call = await (await line.caller("030123456")).dial(HOTLINE)
    await call.answered()
    await call.hang_up()
    desk = await opened(line, chromium, "alice")
    page = desk.page
    rows, side = page.get_by_role("grid", name="Customers found"), page.get_by_role("complementary")
    await expect(page.get_by_role("status").filter(has_text="Customers: 100, and more")).to_be_visible()
    # Only what is seen is in the page, and what is scrolled to is loaded.
    assert await rows.get_by_role("row").count() < 60
    for loaded in (200, 300, 303):
        await rows.focus()
        await page.keyboard.press("End")
        await expect(page.get_by_text(f"Customers: {loaded}")).to_be_visible()
    await page.keyboard.press("End")
    await expect(rows.get_by_role("row", name="Ada Müller")).to_be_visible()

    await page.keyboard.press("/")
    await page.keyboard.type("tea")
    await expect(page.get_by_text("Customers: 1", exact=True)).to_be_visible()
    await rows.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    for told in ("+4930123456", "+4930123457", "gold", "North", "alice", "Calls on Mondays", "R-204815"):
        await expect(side).to_contain_text(told)
    await expect(side.get_by_role("listitem")).to_contain_text("menu")
    assert page.url.partition("?")[2] == "card=1"
    barriers = await desk.looked_at("customers-card")
    for name in ("Merge", "Delete", "Import", "Export CSV"):
        await expect(page.get_by_role("button", name=name)).to_have_count(0)

    await page.keyboard.press("e")
    await side.get_by_label("Level").fill("platinum")
    await side.get_by_label("Numbers").fill("+4930123456\nhunter2")
    await side.get_by_role("button", name="Save").click()
    await expect(side).to_contain_text("is no telephone number")
    barriers += await desk.looked_at("customers-edit")
    desk.complaints.clear()  # The browser notes the 422.
    await side.get_by_label("Numbers").fill("030 123456; 030 999999")
    sue = await line.desk("sue")
    (await sue.put("/api/customers/1", json={**ADA, "version": 1, "notes": "Quicker."})).raise_for_status()
    await side.get_by_role("button", name="Save").click()
    await side.get_by_role("button", name="Read it again").click()
    desk.complaints.clear()  # The browser notes the 409.
    await expect(side.get_by_label("Notes")).to_have_value("Quicker.")
    await side.get_by_label("Level").fill("platinum")
    await side.get_by_role("button", name="Save").click()
    await expect(side).to_contain_text("platinum")
    await expect(rows).to_contain_text("platinum")
    await page.get_by_label("Level").select_option("platinum")
    await page.keyboard.press("n")
    await side.get_by_label("Name").fill("王芳")
    await page.keyboard.press("Enter")
    await expect(side.get_by_role("heading", name="王芳")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(side).to_have_count(0)
    assert (barriers, desk.complaints) == ([], [])


async def test_a_supervisor_merges_imports_and_exports(line: Hotline, chromium: Browser, tmp_path: Path) -> None:
    desk = await opened(line, chromium, "sue")
    page = desk.page
    rows, side = page.get_by_role("grid", name="Customers found"), page.get_by_role("complementary")
    await page.goto(f"{line.url}/customers.html?card=1")
    await expect(side.get_by_role("heading", name="Ada Müller")).to_be_visible()
    await page.keyboard.press("m")
    await page.get_by_role("listitem").get_by_role("button", name="Ada Mueller").click()
    await page.get_by_label("Ada Mueller").check()
    barriers = await desk.looked_at("customers-merge")
    await page.get_by_role("button", name="Make them one").click()
    await page.get_by_role("dialog").get_by_role("button", name="Make them one").click()
    for told in ("Ada Mueller", "gold", "ada@example.com", "+4930123457"):
        await expect(side).to_contain_text(told)
    await expect(page.get_by_role("row", name="Ada Müller")).to_have_count(0)

    # A name is text, whatever is in it.
    await page.get_by_role("searchbox").fill("alert")
    await rows.get_by_role("row", name="<script>").click()
    await expect(side.get_by_role("heading")).to_have_text([HOSTILE, "Last contacts"])
    barriers += await desk.looked_at("customers-hostile")

    table = tmp_path / "new.csv"
    good = [f"New {n},030 7{n:06},{HOSTILE if n == 0 else ''}" for n in range(30)]
    table.write_text("\n".join(["Customer,Tel,Remarks,Shoe size", *good, ",030 1,", "Bad,1,", "New 1,0307000001,"]))
    await page.keyboard.press("i")
    await page.get_by_label("File").set_input_files(table)
    await expect(page.get_by_text("30 rows are good, 3 are bad.")).to_be_visible()
    await expect(page.get_by_role("table", name="Bad rows")).to_contain_text("a double of row 3")
    await expect(page.get_by_label("What column Shoe size is")).to_have_value("")
    barriers += await desk.looked_at("customers-import")
    await page.get_by_label("What column Remarks is").select_option("Contract")
    await expect(page.get_by_role("button", name="Import 30 customers")).to_be_disabled()
    await page.get_by_role("button", name="Look again").click()
    await page.get_by_role("button", name="Import 30 customers").click()
    await expect(page.get_by_text("30 customers imported, 3 rows refused.")).to_be_visible()
    async with page.expect_download() as given:
        await page.get_by_role("button", name="Get the refused rows").click()
    refused = list(csv.reader(io.StringIO((await (await given.value).path()).read_text("utf-8-sig"))))
    assert [row[0] for row in refused] == ["row", "32", "33", "34"]
    await page.get_by_role("button", name="Back to the list").click()
    async with page.expect_download() as given:
        await page.get_by_role("button", name="Export CSV").click()
    assert len((await (await given.value).path()).read_text().splitlines()) > 330

    await page.get_by_label("Language").select_option("zh")
    await expect(page.get_by_role("button", name="导入")).to_be_visible()
    await page.get_by_role("searchbox").fill("New 1")
    barriers += await desk.looked_at("customers-chinese")
    assert (barriers, desk.complaints) == ([], [])


async def test_a_page_of_who_may_not_says_so(line: Hotline, chromium: Browser) -> None:
    """What the page does not offer an agent, the server refuses him; and the desks lead here."""
    desk = await opened(line, chromium, "alice")
    page = desk.page
    for method, path in (("POST", "1/merge"), ("DELETE", "1"), ("GET", "export"), ("POST", "import")):
        answer = await page.request.fetch(f"{line.url}/api/customers/{path}", method=method, data={"other": 2})
        assert answer.status == 403
    await page.goto(f"{line.url}/agent.html")
    async with page.context.expect_page() as elsewhere:
        await page.get_by_role("link", name="Customers").click()
    await expect((await elsewhere.value).get_by_role("grid", name="Customers found")).to_be_visible()
    await expect(page.get_by_role("region", name="My state")).to_be_visible()
