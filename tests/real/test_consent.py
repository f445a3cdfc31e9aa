"""A caller who does not want to be recorded, on a real Asterisk: no file, and the record says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from cti.calls import events as ev
from cti.calls import talk_events
from demo.debian import Program
from tests.real.hotline import Hotline, hotline

FLOW = """
start: told
nodes:
  told: {consent: "Recorded. No: 2.", timeout: 1s, next: orders}
  orders: {queue: orders}
"""


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    (site / "flows" / "main.yaml").write_text(FLOW)
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "fallback": {}}
    async with hotline(site, peers, changes=changes) as running:
        yield running


async def test_whoever_says_no_is_not_recorded(line: Hotline) -> None:
    alice = await line.person("alice")
    await line.state("alice")
    robot = await line.caller()
    for count, (key, consent) in enumerate((("2", "refused"), ("", "given")), 1):
        caller = await robot.dial("100")
        await caller.answered()
        if key:
            await line.watch.wait(ev.EnteredMenu, lambda event: event.node == "told", count)
            await caller.press(key)
        agent = await alice.called()
        call = (await line.watch.wait(ev.Connected, count=count)).call
        await caller.listen(1)
        await caller.hang_up()
        await agent.ended()
        record = await line.record(call, lambda r: all(one["state"] != "expected" for one in r["recordings"]))
        assert (record["consent"], len(record["recordings"])) == (consent, int(not key))
    assert len([one for one in line.watch.events if isinstance(one, talk_events.RecordingStarted)]) == 1
    assert len(list(line.stage.site.recordings.rglob("*.wav"))) >= 2
