"""The engine is killed while a caller is on hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from demo.debian import Program
from demo.phones import Phones
from demo.stage import Stage, stage
from demo.tones import RATE, present, tone
from tests.real.conftest import INTERNAL
from tests.real.test_crash import AGENT, CALLER, desk, eventually, server


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
            alice = await phones.add("alice", at.phone_password, microphone=tone(AGENT, 1.0))
            (await mine.post("/api/agents/alice/state", json={"state": "ready"})).raise_for_status()
            caller = await (await phones.add("5551", microphone=tone(CALLER, 1.0))).dial("100")
            await caller.answered()
            await caller.press("1")
            agent = await alice.called()
            call = (await eventually(mine, "/api/calls", lambda c: c and c[0]["place"] == "talk"))[0]["id"]
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
