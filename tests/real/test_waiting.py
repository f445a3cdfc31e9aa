"""What callers hear and can do while they wait in a queue, on the real Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import soundfile

from cti.calls import events as ev
from demo.debian import Program
from demo.phones import PhoneCall, Phones
from demo.stage import stage
from demo.tones import PRESENT_DBFS, RATE, Samples, present, tone, tones_heard
from ivr.prompts import Prompts
from ivr.session import Sound
from recordings.store import Store
from tests.real.conftest import INTERNAL
from tests.real.hotline import PATIENCE_S, Hotline, hotline, soon
from tests.real.test_crash import desk, eventually, places, server

MUSIC, MESSAGE, AGENT, CALLER = 246.94, 700.0, 1100.0, 440.0
"""A note of the music on hold; what the messages are; what an agent and a caller say."""

FLOW = """
start: main
nodes:
  main:
    menu: Press a key.
    keys: {"1": orders, "2": support, "3": told, "4": known}
    otherwise: bye
  known: {queue: orders, prefer: last, prefer_for: 20s}
  told: {queue: orders, waiting: [{after: 1s, every: 5s, say: ["You are number {position}.", "In {estimate}."]}]}
  orders:
    queue: orders
    priority: 7
    skills: {service: 5}
    level: gold
    screen: [dialled]
    waiting:
      - {after: 1s, say: {file: short.wav}}
      - {every: 5s, say: {file: short.wav}}
    keys: {"1": message, "2": call_me, "3": support, "4": desk, "*": main}
  support:
    queue: support
    waiting: [{after: 1s, say: {file: long.wav}}]
    keys: {"3": orders}
  message: {voicemail: night, say: Please speak., longest: 20s, silence: 2s, next: bye, otherwise: bye}
  call_me: {callback: orders, say: Press 1 to be called back., next: bye, otherwise: bye}
  desk: {transfer: front-desk, otherwise: bye}
  bye: {hangup: true}
"""
SHORT_S, LONG_S = 2.0, 15.0


def prepare(site: Path, made_site: Path) -> dict[str, Any]:
    """Gives the site this flow, with tones for messages; what is to change in site.yaml."""
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "prompts").mkdir(exist_ok=True)
    for name, seconds in (("short", SHORT_S), ("long", LONG_S)):
        soundfile.write(site / "prompts" / f"{name}.wav", tone(MESSAGE, seconds), RATE, subtype="PCM_16")
    return {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "lease": "3s",
        "boxes": {"night": {}},
        "callbacks": {"context": "outside", "allow": ["555*"]},
    }


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A running hotline with this flow."""
    async with hotline(site, peers, changes=prepare(site, made_site), includes=[INTERNAL]) as running:
        yield running


async def waits(line: Hotline, key: str = "1") -> tuple[PhoneCall, ev.Queued]:
    """A caller who has just come into a queue."""
    caller = await (await line.caller(microphone=tone(CALLER, 1.0))).dial("100")
    await caller.answered()
    await caller.press(key)
    return caller, await line.watch.wait(ev.Queued)


async def hears_a_message(caller: PhoneCall) -> None:
    """Waits until a message is being said."""

    async def now() -> bool:
        return tones_heard(await caller.listen(0.2), RATE, [MESSAGE])[MESSAGE] >= PRESENT_DBFS

    await soon(now)


def story(heard: Samples) -> list[str]:
    """What was heard, one after the other: music, message, or nothing for at least 0.4 s."""
    step = RATE // 5
    found = []
    for start in range(0, len(heard) - step, step):
        levels = tones_heard(heard[start : start + step], RATE, (MUSIC, MESSAGE))
        loud = max(levels, key=levels.__getitem__)
        found.append(("music" if loud == MUSIC else "message") if levels[loud] >= PRESENT_DBFS - 10 else "silence")
    parts = [(what, len(list(group))) for what, group in groupby(found)]
    return [what for what, _ in groupby(what for what, long in parts if long > 1)]


async def test_messages_come_at_their_times_and_music_goes_on_after_each(line: Hotline) -> None:
    caller, queued = await waits(line)
    start = len(caller.heard())
    times = [(await line.watch.wait(ev.Played, lambda e: e.whole, count=count)).at for count in (1, 2)]
    await caller.listen(1)
    await caller.hang_up()
    assert story(caller.heard()[start:]) == ["music", "message", "music", "message", "music"]
    for played, due in zip(times, (1.0, 5.0), strict=True):
        assert played - queued.at >= due + SHORT_S - 0.1
    ended = await line.watch.wait(ev.Ended)
    record = await line.record(ended.call)
    assert (record["outcome"], [s["kind"] for s in record["segments"]]) == ("abandoned in queue", ["menu", "wait"])


async def test_an_agent_who_becomes_ready_during_a_message_gets_the_call_at_once(line: Hotline) -> None:
    bob = await line.person("bob", microphone=tone(AGENT, 1.0))
    caller, queued = await waits(line, "2")
    await hears_a_message(caller)
    await line.state("bob")
    agent = await bob.called()
    connected = await line.watch.wait(ev.Connected)
    assert connected.at - queued.at < LONG_S, "the message would not be over yet"
    await agent.listen(0.5)
    assert present(await caller.listen(1), RATE, (MUSIC, MESSAGE, AGENT)) == {AGENT}
    assert present(agent.heard()[-RATE // 2 :], RATE, (MUSIC, MESSAGE, CALLER)) == {CALLER}
    await caller.hang_up()


async def test_an_agent_who_does_not_pick_up_changes_nothing_of_the_waiting(line: Hotline) -> None:
    await line.state("alice")  # nobody sits at her phone
    caller, _ = await waits(line)
    await line.watch.wait(ev.Refused)
    start = len(caller.heard())
    await line.watch.wait(ev.Played, lambda e: e.whole, count=2)
    await caller.listen(1)
    assert story(caller.heard()[start:])[-2:] == ["message", "music"]
    await caller.hang_up()


async def test_a_key_during_a_message_leads_to_a_voicemail(line: Hotline) -> None:
    await line.person("alice")
    caller, queued = await waits(line)
    await hears_a_message(caller)
    await caller.press("1")
    await line.watch.wait(ev.TapeStarted)
    await line.state("alice")  # the call is no longer the queue's: she gets none
    await caller.listen(3)
    await caller.press("#")
    left = await line.watch.wait(ev.MessageLeft)
    assert left.seconds > 1
    await caller.ended(PATIENCE_S)
    record = await line.record(queued.call)
    assert [s["kind"] for s in record["segments"]] == ["menu", "wait", "menu"]
    assert (record["choices"][-1], record["messages"][0]["box"]) == (["orders", "1"], "night")
    assert "Offered" not in line.watch.words(queued.call)


async def test_a_key_during_the_music_leads_to_a_callback_that_keeps_the_place(line: Hotline) -> None:
    caller, queued = await waits(line)
    await caller.listen(0.5)
    await caller.press("2")
    await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "call_me")
    await caller.press("1")
    wish = await line.watch.wait(ev.CallbackWanted)
    assert (wish.number, wish.queue, wish.since) == ("5550123", "orders", queued.at)
    assert (wish.skills, wish.priority, wish.level) == (queued.skills, 7, "gold")
    assert wish.screen == {"dialled": "100"}
    await caller.ended(PATIENCE_S)


async def test_who_comes_back_keeps_the_place_and_who_changes_the_queue_does_not(line: Hotline) -> None:
    caller, queued = await waits(line)
    await caller.press("*")
    await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "main", count=2)
    await caller.press("1")
    again = await line.watch.wait(ev.Queued, count=2)
    assert (again.queue, again.since) == ("orders", queued.at)
    await caller.press("3")
    other = await line.watch.wait(ev.Queued, count=3)
    assert (other.queue, other.since) == ("support", None)
    await caller.hang_up()


async def test_a_key_leads_to_a_transfer_without_the_music(line: Hotline) -> None:
    caller, _ = await waits(line)
    await caller.listen(0.5)
    await caller.press("4")
    await line.watch.wait(ev.Transferred)
    await caller.listen(0.5)
    assert present(await caller.listen(1), RATE, (MUSIC, CALLER)) == {CALLER}
    await caller.hang_up()


async def test_callers_are_told_their_position(line: Hotline, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: asyncio.Queue[str] = asyncio.Queue()
    speak = Prompts.spoken_once

    async def noted(self: Prompts, voice: str, text: str) -> Sound:
        spoken.put_nowait(text)
        return await speak(self, voice, text)

    monkeypatch.setattr(Prompts, "spoken_once", noted)
    first, _ = await waits(line, "3")
    async with asyncio.timeout(PATIENCE_S):
        assert await spoken.get() == "You are number 1."
    await line.watch.wait(ev.Played, lambda e: e.whole)
    second = await (await line.caller("5550124")).dial("100")
    await second.answered()
    await second.press("3")
    await line.watch.wait(ev.Queued, count=2)
    heard = set()
    async with asyncio.timeout(PATIENCE_S):
        while "You are number 2." not in heard:
            heard.add(await spoken.get())
        await first.hang_up()
        await line.watch.wait(ev.Ended)
        while not spoken.empty():
            spoken.get_nowait()
        assert await spoken.get() == "You are number 1."
    assert heard <= {"You are number 1.", "You are number 2."}, "nobody can tell how long it takes yet"
    await second.hang_up()


async def test_the_agent_who_spoke_with_the_caller_last_gets_the_call(line: Hotline) -> None:
    for agent in ("alice", "bob"):
        await line.person(agent)
    await line.state("bob")
    for ready, prefer in (("bob", ""), ("alice", "bob")):  # she is the better skilled
        await line.state(ready)
        count = 1 if ready == "bob" else 2
        caller = await (await line.caller()).dial("100")
        await caller.answered()
        await caller.press("4")
        assert (await line.watch.wait(ev.Queued, count=count)).prefer == prefer
        assert (await line.watch.wait(ev.Connected, count=count)).agent == "bob"
        await caller.hang_up()
        await line.record((await line.watch.wait(ev.Ended, count=count)).call)


async def written(database: str) -> bool:
    """Whether the journal has it that a call waits."""
    store = await Store.open(database)
    events = await store.unfinished()
    await store.close()
    return any(isinstance(event, ev.Queued) for event in events)


async def test_messages_and_keys_go_on_after_a_restart(
    site: Path, made_site: Path, peers: Mapping[str, Program]
) -> None:
    changes = prepare(site, made_site) | {"lease": "15s"}  # time enough for a start on a busy machine
    async with (
        stage(site, peers, changes=changes, includes=[INTERNAL]) as at,
        Phones(at.asterisk.ports.sip) as phones,
    ):
        async with server(at) as first, desk(at, first, "sue") as hers:
            caller = await (await phones.add("5552")).dial("100")
            await caller.answered()
            await caller.press("1")
            await eventually(hers, "/api/calls", lambda calls: places(calls) == {"5552": "queue"})
            await hears_a_message(caller)
            await soon(lambda: written(at.site.database))
            await first.kill()
        async with server(at) as second, desk(at, second, "sue") as hers:
            await eventually(hers, "/api/calls", lambda calls: places(calls) == {"5552": "queue"})
            await caller.listen(SHORT_S)  # what was being said
            await hears_a_message(caller)
            await caller.press("2")
            await eventually(hers, "/api/calls", lambda calls: places(calls) == {"5552": "menu"})
            await caller.press("1")
            await caller.ended(PATIENCE_S)
            (record,) = (await eventually(hers, "/api/records", lambda r: r["records"]))["records"]
            assert record["callbacks"] == [["5552", "orders"]]
            assert record["path"] == ["main", "orders", "call_me", "bye"]
