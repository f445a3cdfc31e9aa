"""Who hears whom: each phone sends a tone of its own, and what each receives is measured."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import MonitorMode
from demo.tones import RATE, Samples, present, tone
from tests.real.hotline import Hotline, soon

CALLER, AGENT, SUPERVISOR = 440.0, 880.0, 1320.0
ALL = (CALLER, AGENT, SUPERVISOR)


def heard(samples: Samples) -> set[float]:
    return present(samples, RATE, ALL)


async def test_caller_agent_supervisor_and_the_recording(line: Hotline) -> None:
    alice = await line.person("alice", microphone=tone(AGENT, 1.0))
    sue = await line.person("sue", microphone=tone(SUPERVISOR, 1.0))
    await line.state("alice")
    caller = await (await line.caller(microphone=tone(CALLER, 1.0))).dial("100")
    await caller.answered()
    await caller.press("1")
    agent = await alice.called()
    connected = await line.watch.wait(ev.Connected)
    call = connected.call

    assert heard(await agent.listen(1)) == {CALLER}
    assert heard(caller.heard()[-RATE // 2 :]) == {AGENT}

    desk = await line.desk("sue")
    expected = {
        MonitorMode.LISTEN: ({AGENT}, {CALLER}),
        MonitorMode.WHISPER: ({AGENT}, {CALLER, SUPERVISOR}),
        MonitorMode.BARGE: ({AGENT, SUPERVISOR}, {CALLER, SUPERVISOR}),
    }
    supervisor = None
    for mode, (by_caller, by_agent) in expected.items():
        (await desk.put(f"/api/calls/{call}/monitor", json={"mode": mode})).raise_for_status()
        started = await line.watch.wait(talk_events.MonitorStarted, count=list(expected).index(mode) + 1)
        assert started.mode is mode
        supervisor = supervisor or await sue.called()
        await supervisor.answered()
        await supervisor.listen(0.4)  # what was under way in the old mode
        assert heard(await supervisor.listen(1)) >= {CALLER, AGENT}, mode
        assert heard(caller.heard()[-RATE // 2 :]) == by_caller, mode
        assert heard(agent.heard()[-RATE // 2 :]) == by_agent, mode

    (await desk.delete(f"/api/calls/{call}/monitor")).raise_for_status()
    await line.watch.wait(talk_events.MonitorEnded)
    await caller.hang_up()
    left = await line.watch.wait(ev.Left)
    await line.watch.wait(ev.Ended)
    talk_s = left.at - connected.at

    record = await line.record(call, lambda r: r["recordings"] and r["recordings"][0]["state"] != "expected")
    recording = record["recordings"][0]
    assert recording["state"] == "whole"
    # Joined as it is heard, and then what the pipeline made of it, which the server starts now.
    finished = await line.record(call, lambda r: r["recordings"][0]["processed_at"], patience_s=90.0)
    for one in (recording, finished["recordings"][0]):
        samples, rate = await line.sound(one)
        assert rate == RATE
        assert abs(len(samples) / rate - talk_s) < 0.5
        early = samples[RATE // 4 : RATE]
        assert (heard(early[:, 0]), heard(early[:, 1])) == ({CALLER}, {AGENT})
    made = finished["recordings"][0]
    assert made["file"] == f"{made['stem']}.mp3"
    assert made["talk_over_s"] > 0.9 * talk_s, "both hum all the time"
    drawn = (await desk.get(f"/api/recordings/{made['stem']}/peaks")).json()
    assert len(drawn["caller"]) == len(drawn["agent"]) > 100
    folder = (line.stage.site.recordings / made["file"]).parent
    await soon(lambda: asyncio.to_thread(lambda: [p.name for p in folder.iterdir()] == [Path(made["file"]).name]))
    health = (await (await line.desk("root")).get("/api/health")).json()
    assert [p["state"] for p in health["parts"] if p["part"] == "recordings pipeline"] == ["good"]
