"""Pausing a recording: each phone sends a tone of its own, and what is on the recording is measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.call import Call
from cti.calls.commands import StopRecording
from cti.calls.part import Output
from cti.calls.words import CallId
from demo.phones import PhoneCall
from demo.tones import RATE, present, tone
from tests.real.hotline import Hotline

CALLER, ALICE = 440.0, 880.0


async def talk(line: Hotline) -> tuple[CallId, PhoneCall, PhoneCall]:
    alice = await line.person("alice", microphone=tone(ALICE, 1.0))
    await line.state("alice")
    caller = await (await line.caller(microphone=tone(CALLER, 1.0))).dial("100")
    await caller.answered()
    await caller.press("1")
    agent = await alice.called()
    return (await line.watch.wait(ev.Connected)).call, caller, agent


async def asks(line: Hotline, call: CallId, what: str) -> None:
    (await (await line.desk("alice")).post(f"/api/calls/{call}/{what}")).raise_for_status()


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
    assert ALICE in present(await caller.listen(0.5), RATE, [ALICE]), "they do not hear each other"
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
    samples, rate = soundfile.read(Path(line.stage.site.recordings) / f"{recording['stem']}.wav")
    began = paused.at - segments["talk"]["started_at"]
    gap = resumed.at - paused.at - (segments["hold"]["ended_at"] - segments["hold"]["started_at"])
    before, within, after = np.split(samples, [round(began * rate), round((began + gap) * rate)])
    edge = round(0.4 * rate)  # what was under way as Asterisk was asked
    for side, pitch in ((0, CALLER), (1, ALICE)):
        assert pitch in present(before[edge:-edge, side], rate, [pitch])
        assert abs(within[edge:-edge, side]).max() < 0.001
        assert pitch in present(after[edge:, side], rate, [pitch])
    assert len(within) / rate > 2


async def test_a_recording_ends_in_the_midst_of_a_talk(line: Hotline, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does where Asterisk refuses to pause it: what came before is whole, and the talk goes on."""
    call, caller, agent = await talk(line)
    looks_on = line.watch.on_event

    async def ends(event: ev.Event, known: Call | None, now: float) -> Sequence[Output]:
        await looks_on(event, known, now)
        return [StopRecording(call=call, offer=event.offer)] if isinstance(event, talk_events.PauseAsked) else ()

    monkeypatch.setattr(line.watch, "on_event", ends)
    await caller.listen(1.5)
    await asks(line, call, "recording/pause")
    stopped = await line.watch.wait(talk_events.RecordingStopped)
    assert ALICE in present(await caller.listen(1), RATE, [ALICE])
    await caller.hang_up()
    await agent.ended()
    record = await line.record(call, lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")
    recording = record["recordings"][0]
    assert recording["state"] == "whole"
    connected = await line.watch.wait(ev.Connected)
    assert abs(recording["length_s"] - (stopped.at - connected.at)) < 0.5
    assert len([e for e in line.watch.events if isinstance(e, talk_events.RecordingStopped)]) == 1
