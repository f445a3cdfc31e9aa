"""Pausing a recording: each phone sends a tone of its own, and what is on the recording is measured."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from cti.actions.sending import Fields
from cti.ami.client import AmiClient
from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import CallId
from demo.phones import Phone, PhoneCall
from demo.tones import RATE, present, tone
from tests.real.hotline import QUEUES, Hotline

CALLER, AGENT = 440.0, 880.0


@pytest.fixture
def site(site: Path) -> Path:
    (site / "queues.yaml").write_text(QUEUES.replace("support: {", "support: {record: on-demand, "))
    return site


async def talk(line: Hotline, name: str = "alice", key: str = "1") -> tuple[CallId, PhoneCall, PhoneCall]:
    phone = await line.person(name, microphone=tone(AGENT, 1.0))
    await line.state(name)
    return await talks_again(line, phone, key)


async def talks_again(line: Hotline, phone: Phone, key: str, count: int = 1) -> tuple[CallId, PhoneCall, PhoneCall]:
    caller = await (await line.caller(microphone=tone(CALLER, 1.0))).dial("100")
    await caller.answered()
    await caller.press(key)
    agent = await phone.called()
    return (await line.watch.wait(ev.Connected, count=count)).call, caller, agent


async def asks(line: Hotline, call: CallId, what: str, name: str = "alice") -> None:
    (await (await line.desk(name)).post(f"/api/calls/{call}/{what}")).raise_for_status()


async def test_nothing_of_the_pause_is_on_the_recording(line: Hotline) -> None:
    """Neither voice, also where the caller is put on hold in the midst of the pause; before and after it both."""
    call, caller, agent = await talk(line)
    await caller.listen(1.5)
    await asks(line, call, "recording/pause")
    paused = await line.watch.wait(talk_events.RecordingPaused)
    await caller.listen(1)
    await asks(line, call, "hold")
    await line.watch.wait(talk_events.Held)
    await asks(line, call, "resume")
    await line.watch.wait(talk_events.Resumed)
    await caller.listen(1.5)
    assert AGENT in present(await caller.listen(0.5), RATE, [AGENT]), "they do not hear each other"
    await asks(line, call, "recording/resume")
    resumed = await line.watch.wait(talk_events.RecordingResumed)
    await caller.listen(1.5)
    await caller.hang_up()
    await agent.ended()

    record = await line.record(call, lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")
    assert [s["kind"] for s in record["segments"]] == ["menu", "wait", "ring", "talk", "pause", "hold"]
    segments = {s["kind"]: s for s in record["segments"]}
    pause = segments["pause"]
    assert (pause["started_at"], pause["ended_at"]) == (paused.at, resumed.at)
    recording = record["recordings"][0]
    assert recording["state"] == "whole"
    samples, rate = await line.sound(recording)
    began = paused.at - segments["talk"]["started_at"]
    gap = resumed.at - paused.at - (segments["hold"]["ended_at"] - segments["hold"]["started_at"])
    before, within, after = np.split(samples, [round(began * rate), round((began + gap) * rate)])
    edge = round(0.4 * rate)  # what was under way as Asterisk was asked
    for side, pitch in ((0, CALLER), (1, AGENT)):
        assert pitch in present(before[edge:-edge, side], rate, [pitch])
        assert abs(within[edge:-edge, side]).max() < 0.001
        assert pitch in present(after[edge:, side], rate, [pitch])
    assert len(within) / rate > 2


async def test_on_demand_a_talk_is_recorded_from_when_somebody_asks(line: Hotline, site: Path) -> None:
    """Nothing of what was said before is on the disk, and nothing at all of a talk for which nobody asked."""
    bob = await line.person("bob", microphone=tone(AGENT, 1.0))
    await line.state("bob")
    calls: list[CallId] = []
    for number, asked in enumerate((False, True), 1):
        call, caller, agent = await talks_again(line, bob, "2", number)
        calls.append(call)
        await line.watch.wait(talk_events.RecordingPaused, count=number)
        await caller.listen(1.5)
        if asked:
            await asks(line, call, "recording/resume", "bob")
            await line.watch.wait(talk_events.RecordingResumed)
        await caller.listen(1.5)
        await caller.hang_up()
        await agent.ended()

    unasked = await line.record(calls[0], lambda r: not r["recordings"])
    assert [s["kind"] for s in unasked["segments"]] == ["menu", "wait", "ring", "talk", "pause"]
    kept = await line.record(calls[1], lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")
    segments = {s["kind"]: s for s in kept["segments"]}
    talk, pause = segments["talk"], segments["pause"]
    folder = site / "var" / "recordings"
    assert {path.name.rpartition("-")[0] for path in folder.rglob("*.wav")} == {Path(talk["recording"]).name}
    samples, rate = await line.sound(kept["recordings"][0])
    began, edge = round((pause["ended_at"] - talk["started_at"]) * rate), round(0.4 * rate)
    for side, pitch in ((0, CALLER), (1, AGENT)):
        assert abs(samples[: began - edge, side]).max() < 0.001
        assert pitch in present(samples[began + edge :, side], rate, [pitch])
    assert (kept["recordings"][0]["state"], pause["started_at"]) == ("whole", talk["started_at"])


async def test_what_asterisk_refuses_to_pause_is_recorded_no_more(
    line: Hotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before is whole, the talk goes on, and the gap is among the segments."""
    call, caller, agent = await talk(line)
    post = AmiClient.post

    def astray(client: AmiClient, name: str, fields: Fields = MappingProxyType({}), **more: Any) -> None:
        wrong = {**fields, "Channel": "PJSIP/nobody-00000000"} if name == "MixMonitorMute" else fields
        post(client, name, wrong, **more)

    monkeypatch.setattr(AmiClient, "post", astray)
    await caller.listen(1.5)
    await asks(line, call, "recording/pause")
    stopped = await line.watch.wait(talk_events.RecordingStopped)
    assert AGENT in present(await caller.listen(1), RATE, [AGENT])
    await caller.hang_up()
    await agent.ended()
    record = await line.record(call, lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")
    recording = record["recordings"][0]
    assert recording["state"] == "whole"
    refused = await line.watch.wait(ev.Failed)
    assert (refused.command, refused.at <= stopped.at) == ("PauseRecording", True)
    (pause,) = (s for s in record["segments"] if s["kind"] == "pause")
    assert (pause["started_at"], pause["detail"]) == (stopped.at, "recording stopped")
    connected = await line.watch.wait(ev.Connected)
    assert abs(recording["length_s"] - (stopped.at - connected.at)) < 0.5
    assert len([e for e in line.watch.events if isinstance(e, talk_events.RecordingStopped)]) == 1
