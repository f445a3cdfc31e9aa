"""What callers hear and can do while they wait in a queue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import soundfile

from cti.calls import events as ev
from demo.debian import Program
from demo.tones import RATE, tone
from tests.real.conftest import INTERNAL
from tests.real.hotline import Hotline, hotline

MUSIC, MESSAGE, AGENT = 246.94, 700.0, 1100.0
"""A note of the music on hold; what the message is; what the agent says."""

FLOW = """
start: main
nodes:
  main:
    menu: Press a key.
    keys: {"1": orders}
    otherwise: bye
  orders:
    queue: orders
    priority: 7
    skills: {service: 5}
    level: gold
    screen: [dialled]
    waiting:
      - {after: 2s, every: 8s, say: {file: message.wav}}
    keys: {"1": message, "2": call_me, "3": desk, "*": main}
  message: {voicemail: night, say: Please speak., longest: 20s, silence: 2s, next: bye, otherwise: bye}
  call_me: {callback: orders, say: Press 1 to be called back., next: bye, otherwise: bye}
  desk: {transfer: front-desk, otherwise: bye}
  bye: {hangup: true}
"""

MESSAGE_S = 3.0


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A running hotline with this flow; its message is a tone."""
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "prompts").mkdir(exist_ok=True)
    soundfile.write(site / "prompts" / "message.wav", tone(MESSAGE, MESSAGE_S), RATE, subtype="PCM_16")
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "lease": "3s",
        "boxes": {"night": {}},
    }
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as running:
        yield running


async def test_explore(line: Hotline) -> None:
    caller = await (await line.caller()).dial("100")
    await caller.answered()
    await caller.press("1")
    await line.watch.wait(ev.Queued)
    await caller.listen(9)
    from demo.tones import tones_heard

    h = caller.heard()
    for i in range(0, len(h) - RATE // 2, RATE // 2):
        print(
            i / RATE, {k: round(v) for k, v in tones_heard(h[i : i + RATE // 2], RATE, (MUSIC, MESSAGE, AGENT)).items()}
        )
    for e in line.watch.events:
        print(e)
