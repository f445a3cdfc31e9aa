"""What becomes of a caller who leaves the flow: a message, a survey after the talk, an agent by name,
a number that the site allows or does not."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
from websockets.asyncio.client import connect

from cti.calls import events as ev
from cti.calls.words import Party
from demo.debian import Program
from demo.tones import RATE, present, tone
from tests.real.conftest import INTERNAL
from tests.real.hotline import HIDDEN, PATIENCE_S, Hotline, hotline, soon

VOICE = 440.0

FLOW = """
start: main
nodes:
  main:
    menu: Press a key.
    keys: {"1": message, "2": orders, "3": alice, "6": number}
    timeout: 5s
    otherwise: bye
  message: {voicemail: night, say: Please speak., longest: 20s, silence: 2s, next: thanks, otherwise: bye}
  thanks: {say: Thank you., next: bye}
  orders:
    queue: orders
    screen: {number: "{caller}", "dialled there": "<b>{dialled}</b>"}
    level: gold
    after: survey
  survey:
    survey:
      - {question: friendly, say: Were we friendly?, keys: 1-5}
      - {question: helpful, say: Did we help?, keys: 1-3}
    timeout: 5s
    next: bye
  alice: {transfer: {agent: alice}}
  number:
    collect: Which number?
    name: wanted
    digits: 2-8
    next: outside
    otherwise: bye
  outside: {transfer: {number: "{wanted}"}, otherwise: inside}
  inside: {transfer: front-desk, otherwise: bye}
  bye: {hangup: true}
"""


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A running hotline with this flow, a box and an allow-list."""
    (site / "flows" / "main.yaml").write_text(FLOW)
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "lease": "3s",
        "boxes": {"night": {}},
        "transfers_to_numbers": {"context": "internal", "allow": ["77*"]},
    }
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as running:
        yield running


async def messages(desk: httpx.AsyncClient) -> list[Any]:
    answer = await desk.get("/api/messages", params={"box": "night"})
    answer.raise_for_status()
    found: list[Any] = answer.json()["messages"]
    return found


async def cards(line: Hotline, name: str) -> list[Any]:
    """The calls on somebody's screen."""
    cookie = "; ".join(f"{key}={value}" for key, value in (await line.desk(name)).cookies.items())
    url = line.url.replace("http:", "ws:") + "/ws"
    async with connect(url, additional_headers={"Cookie": cookie}) as feed:
        snapshot = json.loads(await feed.recv())
    calls: list[Any] = snapshot["calls"]
    return calls


async def test_a_message_is_left_and_heard(line: Hotline) -> None:
    caller = await (await line.caller(microphone=tone(VOICE, 1.0))).dial("100")
    await caller.answered()
    await caller.press("1")
    await line.watch.wait(ev.TapeStarted)
    await caller.listen(3)
    await caller.press("#")
    left = await line.watch.wait(ev.MessageLeft)
    assert left.box == "night"
    assert left.seconds > 1
    await caller.ended(PATIENCE_S)
    desk = await line.desk("sue")
    record = await line.record(left.call)
    (message,) = await soon(lambda: messages(desk))
    assert (message["recording"]["stem"], message["caller"]) == (left.recording, HIDDEN)
    assert message["recording"]["state"] == "whole"
    sound = await desk.get(f"/api/recordings/{left.recording}")
    sound.raise_for_status()
    samples, rate = soundfile.read(io.BytesIO(sound.content))
    assert len(samples) / rate == pytest.approx(left.seconds, abs=0.1)
    assert present(samples[rate // 2 :], RATE, (VOICE, 880.0)) == {VOICE}
    agent = await line.desk("alice")
    assert (await agent.get("/api/messages")).status_code == 403
    assert (await agent.get(f"/api/recordings/{left.recording}")).status_code == 404
    assert record["messages"] == [{"box": "night", "recording": left.recording, "seconds": left.seconds}]
    assert (record["flow"], len(record["version"])) == ("main", 12)


async def test_a_hang_up_in_the_midst_of_a_message_loses_nothing(line: Hotline) -> None:
    caller = await (await line.caller(microphone=tone(VOICE, 1.0))).dial("100")
    await caller.answered()
    await caller.press("1")
    started = await line.watch.wait(ev.TapeStarted)
    await caller.listen(3)
    await caller.hang_up()
    await line.watch.wait(ev.Ended)
    desk = await line.desk("sue")
    (message,) = await soon(lambda: messages(desk))
    assert message["recording"]["stem"] == started.recording
    assert message["recording"]["length_s"] > 1
    assert (await desk.get(f"/api/recordings/{started.recording}")).status_code == 200
    assert (await line.record(started.call))["messages"][0]["recording"] == started.recording


async def test_who_says_nothing_leaves_no_message(line: Hotline) -> None:
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("1")
    await line.watch.wait(ev.Taped)
    ended = await line.watch.wait(ev.Ended)
    record = await line.record(ended.call, lambda found: found["recordings"][0]["state"] != "expected")
    assert "thanks" not in record["path"]
    assert await messages(await line.desk("sue")) == []


async def test_the_screen_and_the_survey_after_the_talk(line: Hotline) -> None:
    """The lease of 3 s is over several times in talk and survey, and cuts neither."""
    alice = await line.person("alice")
    await line.state("alice")
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("2")
    agent = await alice.called()
    connected = await line.watch.wait(ev.Connected)
    (card,) = await cards(line, "alice")
    assert card["level"] == "gold"
    assert card["screen"] == [
        {"label": "number", "value": "5550123"},
        {"label": "dialled there", "value": "<b>100</b>"},
    ]
    await agent.listen(4)
    await agent.hang_up()
    await line.watch.wait(ev.Returned)
    await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "survey")
    await caller.listen(4)
    assert not caller.over
    await caller.press("4")
    await line.watch.wait(ev.Surveyed)
    await caller.press("3")
    await line.watch.wait(ev.Surveyed, count=2)
    await caller.ended(PATIENCE_S)
    record = await line.record(connected.call)
    assert record["scores"] == [["friendly", 4], ["helpful", 3]]
    assert (record["outcome"], record["ended_by"]) == ("answered", "system")
    assert [s["kind"] for s in record["segments"]] == ["menu", "wait", "ring", "talk", "menu"]


async def test_the_survey_is_not_for_who_hangs_up(line: Hotline) -> None:
    alice = await line.person("alice")
    await line.state("alice")
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("2")
    await alice.called()
    await line.watch.wait(ev.Connected)
    await caller.hang_up()
    ended = await line.watch.wait(ev.Ended)
    assert ended.by is Party.CALLER
    assert "Returned" not in line.watch.words(ended.call)


async def test_a_call_for_one_agent_waits_for_her(line: Hotline) -> None:
    alice = await line.person("alice")
    await line.person("bob")
    await line.state("bob")
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("3")
    queued = await line.watch.wait(ev.Queued)
    assert (queued.queue, queued.agent) == ("direct", "alice")
    await line.state("alice")
    await alice.called()
    connected = await line.watch.wait(ev.Connected)
    assert connected.agent == "alice"
    await caller.hang_up()


@pytest.mark.parametrize(("keys", "to"), [("0900123#", "front-desk"), ("7712#", "7712")])
async def test_a_number_is_dialled_only_if_the_site_allows_it(line: Hotline, keys: str, to: str) -> None:
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("6")
    await caller.press(keys)
    transferred = await line.watch.wait(ev.Transferred)
    assert transferred.to == to
    refused = [e.why for e in line.watch.events if isinstance(e, ev.Failed)]
    assert refused == ([] if to == "7712" else ["no caller may be sent to this number"])
    await caller.hang_up()
