"""The engine is killed while a caller is on hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from demo.debian import Program
from demo.phones import Phones
from demo.stage import Stage, stage
from demo.tones import RATE, present
from tests.real.conftest import INTERNAL
from tests.real.test_crash import AGENT, desk, eventually, server, talk


@pytest.fixture
async def at(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Stage]:
    """A lease in which an engine starts on any machine."""
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "lease": "30s"}
    async with stage(site, peers, changes=changes, includes=[INTERNAL]) as found:
        yield found


async def test_the_next_engine_finds_the_hold(at: Stage) -> None:
    """The music goes on, the next engine joins both again, and one record tells of it all."""
    async with Phones(at.asterisk.ports.sip) as phones:
        async with server(at) as first, desk(at, first, "alice") as mine:
            caller, agent, call = await talk(at, phones, mine)
            (await mine.post(f"/api/calls/{call}/hold")).raise_for_status()
            await eventually(mine, f"/api/calls/{call}", lambda c: c["held"])
            await first.kill()
        async with server(at) as second, desk(at, second, "alice") as mine:
            found = (await mine.get(f"/api/calls/{call}")).json()
            assert (found["place"], found["held"]) == ("talk", True)  # from the first answer on
            assert AGENT not in present(await caller.listen(0.5), RATE, [AGENT])
            (await mine.post(f"/api/calls/{call}/resume")).raise_for_status()
            await eventually(mine, f"/api/calls/{call}", lambda c: not c["held"])
            await caller.listen(0.4)
            assert AGENT in present(await caller.listen(1), RATE, [AGENT])
            await caller.hang_up()
            await agent.ended()
            async with desk(at, second, "sue") as hers:
                record = await eventually(
                    hers, f"/api/records/{call}",
                    lambda d: d.get("recordings") and d["recordings"][0]["state"] != "expected",
                )  # fmt: skip
            assert [s["kind"] for s in record["segments"]] == ["menu", "wait", "ring", "talk", "hold"]
            assert record["recordings"][0]["state"] == "whole"
