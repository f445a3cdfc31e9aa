"""The phone on the agent's desk page: a real Chromium, a real Asterisk, and a caller whose tone is heard."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Dialog, Page, WebSocketRoute, expect

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import AgentState
from demo.debian import Program
from demo.phones import PhoneCall
from demo.tones import tone, write_wav
from tests.real.browser import AXE, NORMAL, Tab, browser
from tests.real.conftest import INTERNAL
from tests.real.hotline import Hotline, hotline, soon
from tests.real.test_browser_phone import AGENT, give_alice_a_browser_phone, hears, rings

QUEUES = """
queues:
  orders: {skills: {faults: 3}, ring: 20s, wrap_up: 60s}
  support: {skills: {service: 6}}
"""

LOOKING_ON = """
window.seen = {notices: []};
window.connections = [];
const now = () => performance.timeOrigin + performance.now();
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({data}) => {
      if (typeof data === "string" && data.startsWith("INVITE")) seen.invite ??= now();
    });
  }
};
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    connections.push(this);
  }
};
window.Notification = class extends Notification {
  constructor(title, ...given) {
    super(title, ...given);
    seen.notices.push(title);
  }
};
new MutationObserver(() => {
  if (!document.querySelector("article[data-offer]")) return;
  requestAnimationFrame(() => setTimeout(() => (seen.card ??= now())));
}).observe(document, {childList: true, subtree: true});
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...given) {
  window.ringer = this.context;
  return start.apply(this, given);
};
window.energy = async () => {
  const reports = await Promise.all(connections.map((connection) => connection.getStats()));
  const heard = reports.flatMap((report) => [...report.values()]).filter(({type}) => type === "inbound-rtp");
  return heard.reduce((sum, {totalAudioEnergy}) => sum + totalAudioEnergy, 0);
};
// A steady tone is noise to the browser; it would be taken out.
const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (open)
  navigator.mediaDevices.getUserMedia = () =>
    open({audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
"""


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    give_alice_a_browser_phone(site, auto_answer=False)
    (site / "queues.yaml").write_text(QUEUES)
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "fallback": {}}
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as running:
        yield running


@pytest.fixture
async def chromium(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser whose microphone hears a tone."""
    microphone = tmp_path / "microphone.wav"
    write_wav(microphone, tone(AGENT, 1.0, rate=48_000), rate=48_000)
    options = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--allow-loopback-in-peer-connection",
        f"--use-file-for-fake-audio-capture={microphone}",
    ]
    async with browser(*options) as running:
        yield running


@pytest.fixture
async def context(chromium: Browser) -> BrowserContext:
    context = await chromium.new_context(viewport=NORMAL, locale="en")
    await context.grant_permissions(["notifications"])
    await context.add_init_script(path=AXE)
    await context.add_init_script(LOOKING_ON)
    return context


async def at_the_desk(line: Hotline, context: BrowserContext) -> Tab:
    """Alice's page, where she is ready."""
    desk = Tab(await context.new_page())
    await desk.log_in(line.url, "alice", line.stage.passwords["alice"])
    await expect(phone(desk.page)).to_contain_text("Phone connected")
    await desk.page.keyboard.press("r")
    await expect(desk.page.get_by_role("region", name="My state")).to_contain_text("Ready")
    return desk


def phone(page: Page) -> Any:
    return page.get_by_role("region", name="Phone", exact=True)


async def talk(line: Hotline, page: Page) -> PhoneCall:
    """A caller, with whom alice talks by her page."""
    caller = await rings(line)
    await expect(phone(page)).to_contain_text("Ringing")
    await page.keyboard.press("y")
    await line.watch.wait(ev.Connected)
    await expect(phone(page)).to_contain_text("Talking")
    return caller


async def talks_again(line: Hotline, caller: PhoneCall) -> None:
    """The same two hear each other once more, and nothing was between."""
    again = await line.watch.wait(ev.Connected, count=2)
    assert again.agent == "alice"
    await hears(caller, {AGENT})
    assert AgentState.WRAP_UP not in line.watch.states("alice")


async def test_a_call_at_the_desk(line: Hotline, context: BrowserContext) -> None:
    """It rings, with the card on screen; answered, muted, keyed and hung up by keys alone."""
    desk = await at_the_desk(line, context)
    page, bar = desk.page, phone(desk.page)
    barriers = await desk.looked_at("phone-ready")
    await page.keyboard.press("v")
    await bar.get_by_role("button", name="Try the microphone").click()
    await page.wait_for_function("() => document.querySelector('.try meter')?.value > 0.3")
    await expect(bar.get_by_role("combobox", name="Microphone")).to_contain_text("Fake")
    barriers += await desk.looked_at("phone-devices")
    await page.keyboard.press("v")
    await page.evaluate("document.hasFocus = () => false")

    caller = await rings(line)
    await expect(bar).to_contain_text("Ringing")
    await expect(page.get_by_role("article")).to_contain_text("5550123")
    offered = await line.watch.wait(ev.Offered)
    await page.wait_for_function("() => seen.card && seen.invite")
    seen = await page.evaluate("seen")
    print(f"the card, from the offer: {seen['card'] - offered.at * 1000:.0f} ms", end="; ")
    print(f"from the INVITE in the page: {seen['card'] - seen['invite']:.0f} ms")
    await page.wait_for_function("() => ringer.state === 'running'")
    assert seen["notices"] == ["5550123 is calling"]
    barriers += await desk.looked_at("phone-ringing")

    await page.keyboard.press("y")
    await expect(bar).to_contain_text("Talking")
    await line.watch.wait(ev.Connected)
    await hears(caller, {AGENT})
    await page.wait_for_function("async () => await energy() > 0.01")
    await expect(bar).to_contain_text("Sound good")

    await page.keyboard.press("m")
    await expect(bar.get_by_role("button", name="Muted")).to_have_attribute("aria-pressed", "true")
    await hears(caller, set())
    await page.keyboard.press("m")
    await hears(caller, {AGENT})

    async def pressed() -> bool:
        return caller.digits == "5#"

    await page.keyboard.press("#")
    await page.keyboard.type("5#")
    await soon(pressed)
    barriers += await desk.looked_at("phone-talking")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Hang up at the phone")
    await page.keyboard.press("Escape")
    await expect(bar.get_by_role("group", name="Keypad")).to_have_count(0)

    await page.keyboard.press("Shift+H")
    await caller.ended()
    await expect(bar).not_to_contain_text("Talking")
    assert (barriers, desk.complaints) == ([], [])


async def test_a_ring_is_refused(line: Hotline, context: BrowserContext) -> None:
    page = (await at_the_desk(line, context)).page
    await rings(line)
    await expect(phone(page)).to_contain_text("Ringing")
    await page.keyboard.press("Shift+Y")
    await line.watch.wait(ev.Refused)
    await expect(phone(page)).not_to_contain_text("Ringing")


async def test_the_page_is_loaded_anew_in_a_talk(line: Hotline, context: BrowserContext) -> None:
    """The browser asks before; the caller is on hold meanwhile, and the phone gets him back by itself."""
    page = (await at_the_desk(line, context)).page
    asked: list[str] = []

    async def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", leave)
    caller = await talk(line, page)
    await page.reload()
    await line.watch.wait(talk_events.Held, lambda e: e.offer is not None)
    await talks_again(line, caller)
    await expect(phone(page)).to_contain_text("Talking")
    await expect(page.get_by_role("article")).to_contain_text("5550123")
    assert asked == ["beforeunload"]
    await caller.hang_up()
    await line.watch.wait(ev.AgentChanged, lambda e: e.state is AgentState.WRAP_UP)


async def test_two_tabs(line: Hotline, context: BrowserContext) -> None:
    """One is the phone; the other takes it over with its talk, and gives it back by going."""
    first = (await at_the_desk(line, context)).page
    second = await context.new_page()
    await second.goto(f"{line.url}/agent.html")
    await expect(phone(second)).to_contain_text("Another tab is your phone")
    caller = await talk(line, first)
    await phone(second).get_by_role("button", name="Use it here").click()
    await expect(first.get_by_text("Another tab is your phone now.")).to_be_visible()
    await talks_again(line, caller)
    await expect(phone(second)).to_contain_text("Talking")
    await expect(phone(first)).to_contain_text("Another tab is your phone")
    await caller.hang_up()
    await expect(phone(second)).not_to_contain_text("Talking")
    await second.close()
    await expect(phone(first)).to_contain_text("Phone connected")


async def test_the_network_is_away_for_ten_seconds(line: Hotline, context: BrowserContext) -> None:
    """Asterisk's WebSocket, the feed and all requests are cut; the talk goes on, and all comes back."""
    sockets: list[WebSocketRoute] = []
    away = False

    async def connects(socket: WebSocketRoute) -> None:
        if away:
            await socket.close(code=1011, reason="cut")
            return
        socket.connect_to_server()
        sockets.append(socket)

    await context.route_web_socket(re.compile("/ws"), connects)
    page = (await at_the_desk(line, context)).page
    caller = await talk(line, page)
    away = True
    await context.set_offline(True)
    for socket in sockets:
        await socket.close(code=1011, reason="cut")
    await expect(phone(page)).to_contain_text("No connection to Asterisk")
    await expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
    await caller.listen(10)
    await hears(caller, {AGENT})
    away = False
    await context.set_offline(False)
    await expect(phone(page)).to_contain_text("Phone connected", timeout=20_000)
    await expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=20_000)
    await hears(caller, {AGENT})
    await page.keyboard.press("Shift+H")
    await caller.ended()


async def test_the_session_expires_in_a_talk(line: Hotline, context: BrowserContext) -> None:
    """The talk goes on, the page asks for the password, and is where it was. Without a log-in, too, the
    phone can be hung up."""
    feeds: list[WebSocketRoute] = []

    def passed_on(feed: WebSocketRoute) -> None:
        feed.connect_to_server()
        feeds.append(feed)

    await context.route_web_socket(re.compile(f"{line.url.removeprefix('http')}/ws"), passed_on)
    desk = await at_the_desk(line, context)
    page = desk.page
    caller = await talk(line, page)
    await context.clear_cookies()
    await feeds[-1].close(code=1012)
    asks = page.get_by_role("dialog", name="Your session is over")
    await expect(asks).to_be_visible()
    await hears(caller, {AGENT})
    barriers = await desk.looked_at("phone-session")
    await asks.get_by_label("Password").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(asks.get_by_role("alert")).to_have_text("Name or password is wrong.")
    await asks.get_by_label("Password").fill(line.stage.passwords["alice"])
    await page.keyboard.press("Enter")
    await expect(asks).to_have_count(0)
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await expect(page.get_by_role("article")).to_contain_text("Talking")
    await hears(caller, {AGENT})

    await context.clear_cookies()
    await feeds[-1].close(code=1012)
    await expect(asks).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Your session is over")).to_be_visible()
    await page.keyboard.press("Shift+H")  # at the phone, without the server
    await caller.ended()
    assert barriers == []
