"""The page of administrators, auditors and whoever keeps the machines; and what the audit log has of those who
ask for what is not theirs, on a real Asterisk and in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from pwdlib import PasswordHash

from cti.calls import events as ev
from cti.calls.words import CallId
from demo.debian import Program
from demo.phones import PhoneCall
from demo.robots import HOTLINE
from recordings.audit import verify
from recordings.store import Store
from tests.config.test_roles import NEEDS
from tests.config.test_scopes import BY_ITSELF, OPEN
from tests.real.browser import Tab, browser, tab
from tests.real.hotline import Hotline, hotline, soon

OTHERS = {"ada": "auditor", "sam": "system"}


@pytest.fixture
async def line(site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A hotline whose site has an auditor and a keeper of its machines too."""
    hashed = PasswordHash.recommended().hash("as everybody's")
    with (site / "people.yaml").open("a") as file:
        file.writelines(f'  {name}: {{role: {role}, password: "{hashed}"}}\n' for name, role in OTHERS.items())
    logins = site / "var" / "state" / "demo-log-ins.json"
    logins.write_text(json.dumps(json.loads(logins.read_text()) | dict.fromkeys(OTHERS, "as everybody's")))
    async with hotline(site, peers, changes={"web": {"port": 0}}) as running:
        yield running


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with browser() as running:
        yield running


async def talk(line: Hotline) -> tuple[CallId, PhoneCall]:
    """Somebody talks to alice."""
    await line.person("alice")
    await line.state("alice")
    call = await (await line.caller()).dial(HOTLINE)
    await call.answered()
    await call.press("1")
    connected = await line.watch.wait(ev.Connected)
    await call.listen(1.0)
    return connected.call, call


async def test_who_asks_for_what_is_not_his_is_refused_and_it_is_in_the_audit_log(line: Hotline) -> None:
    id, caller = await talk(line)
    bob = await line.desk("bob")

    async def refused(method: str, path: str, **body: object) -> None:
        answer = await bob.request(method, path, json=body or None)
        assert answer.status_code in (403, 404), (path, answer.text)
        assert "5550123" not in answer.text

    for way in ("hangup", "hold", "resume"):
        await refused("POST", f"/api/calls/{id}/{way}")
    await refused("POST", f"/api/calls/{id}/transfer", queue="support")
    await refused("PUT", f"/api/calls/{id}/monitor", mode="listen")
    await refused("GET", f"/api/calls/{id}")
    await refused("POST", "/api/agents/alice/state", state="offline")
    await refused("GET", "/api/agents/alice/day")
    await refused("GET", "/api/customers/export")
    assert (await (await line.desk("alice")).get(f"/api/calls/{id}")).json()["offer"] == "connected"

    await caller.hang_up()
    record = await line.record(id, lambda r: r["recordings"] and r["recordings"][0]["length_s"])
    stem = record["recordings"][0]["stem"]
    await refused("GET", f"/api/records/{id}")
    await refused("GET", f"/api/records/{id}/decisions")
    await refused("GET", f"/api/recordings/{stem}")
    await refused("GET", "/api/audit")

    ada = await line.desk("ada")
    heard = await ada.get(f"/api/recordings/{stem}")
    assert heard.headers["content-type"] == "audio/wav"
    assert (await ada.get(f"/api/records/{id}")).json()["record"]["caller"] == "5550123"
    for path in ("/api/calls", "/api/customers", "/api/people", "/api/health", "/api/phone"):
        assert (await ada.get(path)).status_code == 403
    assert (await ada.post("/api/reload")).status_code == 403

    async def entries(**wanted: str) -> list[dict[str, Any]]:
        page = (await ada.get("/api/audit", params=wanted | {"limit": "200"})).json()
        return [line["entry"] for line in page["entries"]]

    async def all_there() -> list[dict[str, Any]]:
        found = await entries(who="bob", result="refused")
        return found if len(found) >= 13 else []

    found = await soon(all_there)
    assert {(entry["what"], entry["object"]) for entry in found} == {
        ("call.hangup", f"call:{id}"),
        ("request", f"POST /api/calls/{id}/hold"),
        ("request", f"POST /api/calls/{id}/resume"),
        ("call.transfer", f"call:{id}"),
        ("call.monitor", f"call:{id}"),
        ("request", f"GET /api/calls/{id}"),
        ("agent.state", "agent:alice"),
        ("agent.day", "agent:alice"),
        ("customers.exported", ""),
        ("record.seen", f"call:{id}"),
        ("record.decisions", f"call:{id}"),
        ("recording.heard", f"recording:{stem}"),
        ("audit.read", ""),
    }
    assert {(entry["role"], entry["address"]) for entry in found} == {("agent", "127.0.0.1")}
    assert [(e["who"], e["detail"]) for e in await entries(what="recording.heard", result="done")] == [
        ("ada", {"call": id})
    ]
    everything = await entries()
    assert "5550123" not in json.dumps(everything)

    # Nothing else was asked of it, and every route it has is in the table of roles.
    described = (await ada.get("/api/openapi.json")).json()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert {route for route in routes if route.partition(" ")[2] not in OPEN | BY_ITSELF} == NEEDS.keys()
    site = line.stage.site
    store = await Store.open(site.database)
    verdict = await verify(store, bytes.fromhex(site.audit_secret_file.read_text()), site.audit_head)
    await store.close()
    assert verdict.count >= len(everything)
    assert verdict.problems == []


async def logged_in(line: Hotline, chromium: Browser, name: str) -> Tab:
    desk = await tab(chromium)
    await desk.log_in(line.url, name, line.stage.passwords[name])
    await desk.page.wait_for_url("**/admin.html*")
    return desk


async def test_an_administrator_sees_how_all_stands_and_loads_a_changed_site(line: Hotline, chromium: Browser) -> None:
    desk = await logged_in(line, chromium, "root")
    page = desk.page
    health = page.get_by_role("table", name="Health")
    for part in ("Asterisk", "Clock", "Live state", "Database", "Recordings folder"):
        await expect(health.get_by_role("row", name=re.compile(f"^{part}"))).to_contain_text("Good")
    await expect(page.get_by_text("All is well")).to_be_visible()
    barriers = await desk.looked_at("admin-health")

    await page.keyboard.press("2")
    people = page.get_by_role("table", name="People")
    await expect(people.get_by_role("row", name="alice")).to_contain_text("faults 8")
    await page.get_by_label("Role", exact=True).select_option("auditor")
    await expect(people.get_by_role("row")).to_have_count(2)
    await page.get_by_label("Role", exact=True).select_option("")
    barriers += await desk.looked_at("admin-people")

    await page.keyboard.press("3")
    await expect(page.get_by_text("The files are good, and all of them is loaded.")).to_be_visible()
    flow = line.stage.site.folder / "flows" / "main.yaml"
    good = flow.read_text()
    flow.write_text(good.replace("menu: Press 1 or 2.", "menu: Press 1 or 2, or 3.").replace("support: {", "help: {"))
    await page.keyboard.press("l")
    await expect(page.get_by_text("Problems: ")).to_be_visible()
    await expect(page.get_by_text(re.compile(r"flows/main.yaml:\d+"))).not_to_have_count(0)
    barriers += await desk.looked_at("admin-site")
    flow.write_text(good.replace("menu: Press 1 or 2.", "menu: Press 1, 2 or 3."))
    await page.keyboard.press("c")
    await expect(page.get_by_role("heading", name="Other than before")).to_be_visible()
    await page.keyboard.press("l")
    await expect(page.get_by_text("Loaded; changes: 1")).to_be_visible()
    await page.get_by_label("Filter", exact=True).fill("short_abandon")
    await expect(page.get_by_role("table", name="Configuration as loaded").get_by_role("row")).to_have_count(2)

    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Menus").click()
    await expect(page.get_by_role("img", name="The menu main")).to_have_js_property("complete", True)

    await page.keyboard.press("x")
    await page.keyboard.press("5")
    log = page.get_by_role("table", name="Audit log")
    await expect(log.get_by_role("row", name="Site loaded")).to_have_count(2)
    await expect(log.get_by_role("row", name="Site loaded").first).to_contain_text("changes 1")
    await page.keyboard.press("/")
    await page.keyboard.type("root")
    await page.get_by_label("Result", exact=True).select_option("failed")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Find").click()
    await expect(log.get_by_role("row")).to_have_count(2)
    desk.complaints.clear()  # the browser notes the 409 of the site that was wrong
    await page.get_by_label("Result", exact=True).select_option("")
    await page.get_by_role("button", name="Find").click()
    barriers += await desk.looked_at("admin-audit")
    await page.get_by_label("Language").select_option("zh")
    await expect(page.get_by_role("heading", name="审计日志")).to_be_visible()
    await page.get_by_label("语言").select_option("en")

    await page.get_by_role("main").focus()
    await page.keyboard.press("S")
    await expect(page.get_by_role("grid", name="Queues")).to_be_visible()
    await page.get_by_role("link", name="Administration").click()
    await expect(health).to_be_visible()
    assert (barriers, desk.complaints) == ([], [])


async def test_an_auditor_hears_a_recording_and_a_keeper_sees_the_health_alone(
    line: Hotline, chromium: Browser
) -> None:
    id, caller = await talk(line)
    await caller.hang_up()
    await line.record(id, lambda r: r["recordings"] and r["recordings"][0]["length_s"])
    desk = await logged_in(line, chromium, "ada")
    page = desk.page
    await expect(page.get_by_role("table", name="Audit log").get_by_role("row", name="Log-in").first).to_be_visible()
    await page.keyboard.press("2")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("button", name="Open the call of 5550123").click()
    side = page.get_by_role("complementary")
    await expect(side).to_be_focused()
    await expect(side.locator("audio")).to_be_visible()
    barriers = await desk.looked_at("auditor-records")
    await page.keyboard.press("1")
    table = page.get_by_role("table", name="Audit log")
    await expect(table.get_by_role("row", name=f"call:{id}").first).to_be_visible()
    await expect(table.get_by_role("row", name="Recording heard")).to_have_count(0)  # he has not, yet
    await page.keyboard.press("2")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("button", name="Open the call of 5550123").click()
    await side.locator("audio").evaluate("audio => audio.play()")
    await page.keyboard.press("1")
    await expect(table.get_by_role("row", name="Recording heard")).to_have_count(1)

    keeper = await logged_in(line, chromium, "sam")
    await expect(keeper.page.get_by_role("table", name="Health")).to_be_visible()
    await expect(keeper.page.get_by_role("navigation")).to_have_count(0)
    await keeper.page.goto(f"{line.url}/supervisor.html")
    await keeper.page.wait_for_url("**/admin.html")
    barriers += await keeper.barriers()
    assert (barriers, desk.complaints, keeper.complaints) == ([], [], [])
