"""A supervisor takes calls with her own phone and pulls them to other queues, by keys in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import AgentState
from demo.debian import Program
from demo.phones import PhoneCall
from demo.tones import RATE, present, tone
from tests.real.browser import console
from tests.real.hotline import HIDDEN, Hotline, hotline

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUE, ALICE = 880.0, 1320.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(
    made_site: Path, tmp_path_factory: pytest.TempPathFactory, peers: Mapping[str, Program]
) -> AsyncIterator[Hotline]:
    folder = shutil.copytree(made_site, tmp_path_factory.mktemp("taking") / "site")
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "fallback": {}}
    async with hotline(folder, peers, changes=changes) as running:
        yield running


async def heard(call: PhoneCall) -> set[float]:
    """Which of the two tones come to the caller, from now on."""
    await call.listen(0.4)
    return present(await call.listen(1), RATE, (SUE, ALICE))


async def opens_the_call(page: Page) -> None:
    for key in ("c", "ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await expect(page.get_by_role("complementary")).to_be_focused()


async def test_calls_are_taken_and_pulled(line: Hotline, kept_chromium: Browser) -> None:
    """A waiting call is pulled, then taken; another is taken from an agent, whose talk is over."""
    sue = await line.person("sue", microphone=tone(SUE, 1.0))
    desk = await console(line, kept_chromium, "sue")
    page = desk.page
    side = page.get_by_role("complementary")
    live = page.get_by_role("grid", name="Calls")

    caller = await line.calls()
    first = await line.watch.wait(ev.Queued)
    await expect(live.get_by_role("row", name=HIDDEN)).to_contain_text("orders")
    await opens_the_call(page)
    await page.keyboard.press("p")
    await page.keyboard.type("support")
    barriers = await desk.looked_at("console-moves")
    await side.get_by_role("button", name="Pull").click()
    moved = await line.watch.wait(ev.Queued, count=2)
    assert (moved.queue, moved.since) == ("support", first.at)
    await expect(live.get_by_role("row", name=HIDDEN)).to_contain_text("support")
    desk.complaints.clear()  # The browser notes a 404 where it asked why just as the call went.

    await live.focus()
    await page.keyboard.press("t")
    await (await sue.called()).answered()
    taken = await line.watch.wait(ev.Connected)
    assert (taken.call, taken.agent) == (first.call, "sue")
    assert await heard(caller) == {SUE}
    await expect(live.get_by_role("row", name=HIDDEN)).to_contain_text("sue")
    await caller.hang_up()
    record = await line.record(first.call)
    assert [(s["kind"], s["queue"], s["agent"]) for s in record["segments"] if s["kind"] in ("wait", "talk")] == [
        ("wait", "orders", ""),
        ("wait", "support", ""),
        ("talk", "support", "sue"),
    ]
    await expect(live.get_by_role("row", name=HIDDEN)).to_have_count(0)

    await line.person("alice", microphone=tone(ALICE, 1.0))
    await line.state("alice")
    caller = await line.calls("5550124")
    talk = await line.watch.wait(ev.Connected, count=2)
    assert await heard(caller) == {ALICE}
    await expect(live.get_by_role("row", name="55***24")).to_contain_text("Talking")
    await opens_the_call(page)
    await page.keyboard.press("l")
    await (await sue.called()).answered()
    await line.watch.wait(talk_events.MonitorStarted)
    await expect(side.get_by_role("button", name="Listen")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("t")
    await line.watch.wait(ev.AgentChanged, lambda e: e.agent == "alice" and e.state is AgentState.WRAP_UP)
    again = await line.watch.wait(ev.Connected, count=3)
    assert (again.call, again.agent) == (talk.call, "sue")
    assert await heard(caller) == {SUE}
    await caller.hang_up()
    await sue.unregister()
    desk.complaints.clear()  # As above, and where it asked for the why of a call that was taken.
    assert barriers == []


async def test_a_call_that_is_not_picked_up_has_its_turn_again(line: Hotline) -> None:
    """The supervisor's phone is not there; agents may not take, and nothing is taken that is not there."""
    desk, alice = await line.desk("sue"), await line.desk("alice")
    await line.state("alice", AgentState.OFFLINE)
    queued = sum(isinstance(e, ev.Queued) for e in line.watch.events)
    connected = sum(isinstance(e, ev.Connected) for e in line.watch.events)
    caller = await line.calls("5550125")
    call = (await line.watch.wait(ev.Queued, count=queued + 1)).call
    assert (await alice.post(f"/api/calls/{call}/take")).status_code == 403
    assert (await alice.post(f"/api/calls/{call}/pull", json={"queue": "support"})).status_code == 403
    assert (await desk.post(f"/api/calls/{call}/pull", json={"queue": "nowhere"})).status_code == 409
    assert (await desk.post("/api/calls/none/take")).status_code == 404
    (await desk.post(f"/api/calls/{call}/take")).raise_for_status()
    assert (await line.watch.wait(ev.Refused)).agent == "sue"
    await line.state("alice")
    assert (await line.watch.wait(ev.Connected, count=connected + 1)).agent == "alice"
    await caller.hang_up()
