"""The page of administrators, auditors and whoever keeps the machines; and what the audit log has of those who
ask for what is not theirs, on a real Asterisk and in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import oidc_provider_mock
import pytest
from playwright.async_api import Browser, expect
from pwdlib import PasswordHash

from cti.access import COOKIE
from cti.calls import events as ev
from cti.calls.words import AgentState, CallId
from cti.desk.login_api import REFRESH, REFRESH_COOKIE
from demo.debian import Program
from demo.phones import PhoneCall
from demo.robots import HOTLINE
from recordings.audit.log import verify
from recordings.store import Store
from tests.config.test_roles import NEEDS
from tests.config.test_scopes import BY_ITSELF, OPEN
from tests.docs.observed import unknown
from tests.real.browser import Tab, browser, console, tab
from tests.real.hotline import HIDDEN, Hotline, hotline, soon

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own ways
OTHERS = {"ada": "auditor", "sam": "system"}


@pytest.fixture
async def line(site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A hotline whose site has an auditor and a keeper of its machines too."""
    hashed = PasswordHash.recommended().hash("as everybody's")
    with (site / "people.yaml").open("a") as file:
        file.writelines(f'  {name}: {{role: {role}, password: "{hashed}"}}\n' for name, role in OTHERS.items())
    logins = site / "var" / "state" / "demo-log-ins.json"
    logins.write_text(json.dumps(json.loads(logins.read_text()) | dict.fromkeys(OTHERS, "as everybody's")))
    known = {"a.l": "ada", "x.y": "xaver"}
    users = [oidc_provider_mock.User(sub=sub, claims={"preferred_username": name}) for sub, name in known.items()]
    with oidc_provider_mock.run_server_in_thread(user_claims=users) as provider:
        issuer = f"http://localhost:{provider.server_port}"
        (site / "var" / "state" / "oidc-secret").write_text("s3cret")
        client = {"client_id": "cordboard", "secret_file": "var/state/oidc-secret"}
        oidc = {"issuer": issuer, **client, "name": "Company account"}
        changes = {"web": {"port": 0}, "customers": {"region": "DE"}, "login": {"oidc": oidc}}
        async with hotline(site, peers, changes=changes) as running:
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
    assert unknown((await bob.get("/metrics")).text) == set(), "asked for by the dashboard or an alert rule"

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
    assert (await ada.get(f"/api/records/{id}")).json()["record"]["caller"] == HIDDEN
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
    for part in ("Asterisk", "Clock", "Live state", "Database", "Recordings folder", "New calls"):
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
    barriers += await a_log_in_goes_on_until_it_is_ended(line, chromium, desk)

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


async def a_log_in_goes_on_until_it_is_ended(line: Hotline, chromium: Browser, desk: Tab) -> list[str]:
    """Alice's token is over, as after a laptop's sleep: she notices nothing. Then her log-in is ended."""
    alice = await console(line, chromium, "alice")
    asked = [cookie for cookie in await alice.page.context.cookies() if cookie.get("name") == REFRESH_COOKIE]
    assert [(cookie.get("path"), cookie.get("httpOnly"), cookie.get("sameSite")) for cookie in asked] == [
        (REFRESH, True, "Strict")
    ]
    await alice.page.context.clear_cookies(name=COOKIE)
    await alice.page.keyboard.press("r")
    await line.watch.wait(ev.AgentChanged, lambda e: (e.agent, e.state) == ("alice", AgentState.READY))
    await alice.page.context.clear_cookies(name=COOKIE)
    await alice.page.reload()
    await expect(alice.page.get_by_text("Live", exact=True)).to_be_visible()

    page = desk.page
    await page.keyboard.press("I")
    mine = page.get_by_role("dialog", name="Where you are logged in")
    await expect(mine.get_by_role("row", name="Chrome, Linux (here) 127.0.0.1")).to_be_visible()
    # A key in the moment in which the dialog that closes has the focus still.
    await mine.evaluate(
        """dialog => {
            dialog.close();
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "1", bubbles: true }));
        }"""
    )
    await expect(mine).to_have_count(0)
    await expect(page.get_by_role("table", name="Health")).to_be_visible()
    await page.keyboard.press("2")
    await page.get_by_role("button", name="Where alice is logged in").click()
    hers = page.get_by_role("dialog", name="Where alice is logged in")
    await expect(hers.get_by_role("row", name="Chrome, Linux")).to_be_visible()
    barriers = await desk.looked_at("admin-sessions")
    await hers.get_by_role("button", name="End all").click()
    await expect(hers.get_by_text("Nowhere.")).to_be_visible()
    await page.keyboard.press("Escape")
    await alice.page.wait_for_url("**/login.html")
    return barriers


async def by_the_provider(desk: Tab, who: str) -> None:
    await desk.page.get_by_role("button", name="Log in with Company account").click()
    await desk.page.get_by_role("button", name=who).click()


async def test_an_auditor_hears_a_recording_and_a_keeper_sees_the_health_alone(
    line: Hotline, chromium: Browser
) -> None:
    id, caller = await talk(line)
    await caller.hang_up()
    await line.record(id, lambda r: r["recordings"] and r["recordings"][0]["length_s"])
    desk = await tab(chromium)
    page = desk.page
    await page.goto(line.url)
    await by_the_provider(desk, "x.y")
    await expect(page.get_by_role("alert")).to_contain_text("Company account knows you, but nobody here is called")
    assert page.url == f"{line.url}/login.html"
    barriers = await desk.looked_at("login-provider")
    await by_the_provider(desk, "a.l")
    await page.wait_for_url("**/admin.html*")
    desk.complaints.clear()  # the browser notes the 403
    await expect(page.get_by_role("table", name="Audit log").get_by_role("row", name="Log-in").first).to_be_visible()
    await page.keyboard.press("2")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("button", name=f"Open the call of {HIDDEN}").click()
    side = page.get_by_role("complementary")
    await expect(side).to_be_focused()
    await expect(side.get_by_role("region", name="Recording")).to_be_visible()
    barriers += await desk.looked_at("auditor-records")
    await expect(side).not_to_contain_text("5550123")
    await page.keyboard.press("z")
    await expect(side).to_contain_text("5550123")
    await expect(side.get_by_role("button", name="Show numbers")).to_have_count(0)
    await page.keyboard.press("1")
    table = page.get_by_role("table", name="Audit log")
    await expect(table.get_by_role("row", name=f"call:{id}").first).to_be_visible()
    await expect(table.get_by_role("row", name="Numbers shown")).to_contain_text(f"call:{id}")
    await expect(table.get_by_role("row", name="Recording heard")).to_have_count(0)  # he has not, yet
    await page.keyboard.press("2")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("button", name=f"Open the call of {HIDDEN}").click()
    await side.locator("audio").evaluate("audio => audio.play()")
    await page.keyboard.press("1")
    await expect(table.get_by_role("row", name="Recording heard")).to_have_count(1)

    root = await logged_in(line, chromium, "root")
    await root.page.goto(f"{line.url}/admin.html#keeping?call={id}")
    asked = root.page.get_by_role("dialog")
    await expect(asked.get_by_label("Id of the call, or a customer's number")).to_have_value(id)
    await asked.get_by_label("Reason").fill("case 17/2026")
    await root.page.keyboard.press("Enter")
    holds = root.page.get_by_role("table", name="Legal holds")
    await expect(holds.get_by_role("row", name=id)).to_contain_text("case 17/2026")
    await page.keyboard.press("4")
    await expect(page.get_by_role("table", name="Legal holds").get_by_role("row", name=id)).to_be_visible()
    await expect(page.get_by_role("button", name="Set a hold")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Erasures")).to_have_count(0)

    async def erase() -> None:
        await root.page.get_by_role("main").focus()
        await root.page.keyboard.press("e")
        await asked.get_by_label("Number", exact=True).fill("5550123")
        await root.page.keyboard.press("Enter")
        await asked.get_by_role("button", name="Erase for good").click()

    erasures = root.page.get_by_role("table", name="Erasures").get_by_role("row")
    await erase()
    await expect(erasures.nth(1)).to_contain_text(id)
    await holds.get_by_role("button", name="Lift").click()
    await asked.get_by_role("button", name="Lift").click()
    await expect(holds).to_have_count(0)
    await erase()
    await expect(erasures.nth(1)).to_contain_text("calls 1, recordings 1")
    await root.page.keyboard.press("p")
    await expect(holds.get_by_role("row", name=id)).to_contain_text("by root")
    barriers += await root.looked_at("admin-keeping")
    assert (await (await line.desk("ada")).get(f"/api/records/{id}")).json()["record"]["caller"] == "erased"

    keeper = await logged_in(line, chromium, "sam")
    await expect(keeper.page.get_by_role("table", name="Health")).to_be_visible()
    await expect(keeper.page.get_by_role("navigation")).to_have_count(0)
    await keeper.page.goto(f"{line.url}/supervisor.html")
    await keeper.page.wait_for_url("**/admin.html")
    barriers += await keeper.barriers()
    assert (barriers, desk.complaints, root.complaints, keeper.complaints) == ([], [], [], [])
