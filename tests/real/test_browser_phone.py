"""The phone in the page: a real Chromium registers at the real Asterisk, is called, and talks."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, WebSocketRoute
from ruamel.yaml import YAML

from cti.calls import events as ev
from cti.calls.words import AgentState
from demo.debian import Program
from demo.phones import PhoneCall
from demo.tones import RATE, present, tone, write_wav
from tests.real.browser import browser
from tests.real.conftest import INTERNAL
from tests.real.hotline import Hotline, hotline, soon

CALLER, AGENT = 440.0, 880.0
MUSIC = 293.66
WEB = Path(__file__).parents[2] / "cti" / "desk" / "web"
PAGE = Path(__file__).parent / "browser_phone"
LOUD_DB = -60.0
"""What AnalyserNode says of a tone that is there; of one that is not it says less."""


@pytest.fixture(scope="session")
def page_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test's page, built as the desks are."""
    folder = tmp_path_factory.mktemp("page")
    vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    options = ["--base", "/softphone/", "--outDir", str(folder), "--target", "es2022", "--logLevel", "error"]
    subprocess.run(["node", vite, "build", PAGE, *options], check=True)
    return folder


def give_alice_a_browser_phone(folder: Path, auto_answer: bool) -> None:
    yaml = YAML()
    people = yaml.load(folder / "people.yaml")
    alice = people["people"]["alice"]
    del alice["phone"]
    alice |= {"browser_phone": "PJSIP/alice-web", "auto_answer": auto_answer}
    yaml.dump(people, folder / "people.yaml")


@pytest.fixture
async def line(
    request: pytest.FixtureRequest, site: Path, made_site: Path, peers: Mapping[str, Program]
) -> AsyncIterator[Hotline]:
    give_alice_a_browser_phone(site, auto_answer=hasattr(request, "param"))
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "fallback": {"phones": ["PJSIP/bob"]},
    }
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as running:
        yield running


@pytest.fixture
async def context(line: Hotline, page_files: Path, tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """A browser in which alice is logged in, whose microphone hears a tone."""
    microphone = tmp_path / "microphone.wav"
    write_wav(microphone, tone(AGENT, 1.0, rate=48_000), rate=48_000)
    options = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--allow-loopback-in-peer-connection",
        # A page that the test gives comes from no address; Chromium would not let it connect to loopback.
        "--disable-features=LocalNetworkAccessChecks",
        f"--use-file-for-fake-audio-capture={microphone}",
    ]
    async with browser(*options) as running:
        context = await running.new_context(base_url=line.url)
        await log_in(context, line)
        await serve(context, page_files)
        yield context


async def log_in(context: BrowserContext, line: Hotline) -> None:
    who = {"name": "alice", "password": line.stage.passwords["alice"]}
    answer = await context.request.post("/api/login", data=who)
    assert answer.ok


async def serve(context: BrowserContext, files: Path) -> None:
    """The page comes from the server, as it were: with the content policy of the server's own pages."""
    policy = (await context.request.get("/api/me")).headers["content-security-policy"]
    kinds = {".html": "text/html", ".js": "text/javascript"}

    async def give(route: Route) -> None:
        file = files / (route.request.url.partition("/softphone/")[2] or "index.html")
        headers = {"Content-Security-Policy": policy, "Content-Type": kinds[file.suffix]}
        await route.fulfill(path=file, headers=headers)

    await context.route("**/softphone/**", give)


async def open_phone(context: BrowserContext, line: str = "registered") -> Page:
    page = await context.new_page()
    await page.goto("/softphone/")
    await until(page, f"window.phone?.state.line === '{line}'")
    return page


async def until(page: Page, true: str) -> None:
    """Waits until an expression of the page is true."""
    await page.wait_for_function(f"() => {true}", polling=20, timeout=15_000)


async def call(page: Page) -> Any:
    return await page.evaluate("window.phone.state.call")


async def rings(line: Hotline) -> PhoneCall:
    """A caller gets as far as the agent's phone."""
    caller = await (await line.caller(microphone=tone(CALLER, 1.0))).dial("100")
    await caller.answered()
    await caller.press("1")
    return caller


async def hears(caller: PhoneCall, wanted: set[float], of: Sequence[float] = (AGENT, MUSIC)) -> None:
    """Waits until, of some tones, the caller hears these and no others: a browser's sound is there a
    moment later."""
    what = "nothing"

    async def those() -> bool:
        nonlocal what
        try:
            heard = present(await caller.listen(0.5), RATE, of)
        except ValueError as unsure:  # it changes at this moment
            what = str(unsure)
            return False
        what = str(heard)
        return heard == wanted

    try:
        await soon(those)
    except TimeoutError:
        raise AssertionError(f"not {wanted} is heard but {what}") from None


async def test_a_call_in_the_page(line: Hotline, context: BrowserContext) -> None:
    page = await open_phone(context)
    await line.state("alice")
    caller = await rings(line)
    await until(page, "window.phone.state.call?.phase === 'ringing'")
    offered = await line.watch.wait(ev.Offered)
    [rang] = await page.evaluate("window.rang")
    print(f"from the offer to the page's ring: {rang - offered.at * 1000:.0f} ms")
    assert (await call(page))["number"] == "5550123"

    await page.click("#answer")
    await until(page, "window.phone.state.call?.phase === 'talking'")
    await line.watch.wait(ev.Connected)
    await hears(caller, {AGENT})
    await until(page, f"window.heard('far', {CALLER}) > {LOUD_DB} && window.heard('far', {AGENT}) < {LOUD_DB}")
    await until(page, "window.phone.levels().far > 0.3 && window.phone.levels().microphone > 0.3")

    await page.evaluate("window.phone.mute(true)")
    await hears(caller, set())
    await page.evaluate("window.phone.mute(false)")
    await hears(caller, {AGENT})

    await page.evaluate("window.phone.hold(true)")
    await until(page, "window.phone.state.call.held")
    await hears(caller, set(), of=(AGENT,))
    await page.evaluate("window.phone.hold(false)")
    await until(page, "!window.phone.state.call.held")
    await hears(caller, {AGENT})

    async def pressed() -> bool:
        return caller.digits == "5#"

    await page.evaluate("window.phone.press('5#')")
    await soon(pressed)
    await until(page, "window.phone.state.call.quality === 'good'")

    await page.evaluate("window.phone.hangUp()")
    await caller.ended()
    assert await call(page) is None
    await line.watch.wait(ev.AgentChanged, lambda e: e.state is AgentState.WRAP_UP)


@pytest.mark.parametrize("line", ["answers by itself"], indirect=True)
async def test_the_connection_is_lost_in_a_talk(line: Hotline, context: BrowserContext) -> None:
    sockets: list[WebSocketRoute] = []

    def connects(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    await context.route_web_socket(f"ws://127.0.0.1:{line.stage.asterisk.ports.web}/ws", connects)
    page = await open_phone(context)
    await line.state("alice")
    caller = await rings(line)
    await until(page, "window.phone.state.call?.phase === 'talking'")  # by itself
    await line.watch.wait(ev.Connected)

    await sockets[0].close(code=1011, reason="cut")
    await until(page, "window.phone.state.line === 'lost'")
    await hears(caller, {AGENT})
    await until(page, "window.phone.state.line === 'registered'")
    await hears(caller, {AGENT})
    await page.evaluate("window.phone.session.renew(true)")  # as when the sound's path was lost too
    await hears(caller, {AGENT})
    await caller.hang_up()
    await until(page, "window.phone.state.call === null")


@pytest.mark.parametrize("line", ["answers by itself"], indirect=True)
async def test_the_page_is_closed_in_a_talk(line: Hotline, context: BrowserContext) -> None:
    page = await open_phone(context)
    other = await open_phone(context, "elsewhere")
    await line.state("alice")
    caller = await rings(line)
    await until(page, "window.phone.state.call?.phase === 'talking'")
    await line.watch.wait(ev.Connected)
    await page.close()
    await caller.ended()
    await until(other, "window.phone.state.line === 'registered'")
