"""The engine is killed while a caller is in a flow in the midst of a talk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from demo.debian import Program
from demo.phones import Phones
from demo.stage import Stage, stage
from demo.tones import RATE, present
from tests.real.conftest import INTERNAL
from tests.real.test_crash import AGENT, CALLER, desk, eventually, server, talk


@pytest.fixture
async def at(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Stage]:
    """A lease in which an engine starts on any machine."""
    (site / "flows" / "check.yaml").write_text(
        "start: ask\nnodes:\n  ask: {menu: Press 1., keys: {'1': proven}, timeout: 30s, otherwise: proven}\n"
        "  proven: {back: {PIN: right}}\n"
    )
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "lease": "30s"}
    async with stage(site, peers, changes=changes, includes=[INTERNAL]) as found:
        yield found


async def test_the_engine_dies_meanwhile(at: Stage) -> None:
    """The next one goes on in the flow where the caller was, and brings both together again."""
    async with Phones(at.asterisk.ports.sip) as phones:
        async with server(at) as first, desk(at, first, "alice") as mine:
            caller, agent, call = await talk(at, phones, mine)
            sent = await mine.post(f"/api/calls/{call}/transfer", json={"flow": "check", "back": True})
            sent.raise_for_status()
            await eventually(mine, f"/api/calls/{call}", lambda c: c["detour"] == "check" and c["path"][-1] == "ask")
            await first.kill()
        async with server(at) as second, desk(at, second, "alice") as mine:
            await eventually(mine, f"/api/calls/{call}", lambda c: c["path"].count("ask") == 2)
            await caller.press("1")
            card = await eventually(mine, f"/api/calls/{call}", lambda c: not c["held"])
            assert (card["place"], card["screen"]) == ("talk", [{"label": "PIN", "value": "right"}])
            await agent.listen(0.4)
            assert present(await agent.listen(1), RATE, [CALLER, AGENT]) == {CALLER}
            await caller.hang_up()
            await agent.ended()
