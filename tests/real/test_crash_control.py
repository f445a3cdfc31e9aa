"""The engine is killed in the midst of what agents do with their talks: the next one goes on with it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from cti.calls.talk_events import TransferAsked
from demo.debian import Program
from demo.phones import Phones
from demo.stage import Stage, stage
from demo.tones import RATE, present, tone
from recordings.ledger.sides import TOLERANCE_S
from tests.real.conftest import INTERNAL
from tests.real.hotline import soon
from tests.real.shift import journal
from tests.real.test_crash import AGENT, CALLER, desk, eventually, server

ECHO = "770001"


@pytest.fixture
async def at(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Stage]:
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "lease": "30s",
        "agents_dial": {"context": "internal", "allow": [ECHO]},
    }
    async with stage(site, peers, changes=changes, includes=[INTERNAL]) as found:
        yield found


async def test_a_dialled_call_a_pause_and_a_parking(at: Stage) -> None:
    """Alice has called a number, and her recording is paused; bob parks his caller, and the engine gets no
    further than to have taken them apart."""
    async with Phones(at.asterisk.ports.sip) as phones:
        alice = await phones.add("alice", at.phone_password, microphone=tone(AGENT, 1.0))
        bob = await phones.add("bob", at.phone_password)
        async with server(at) as first, desk(at, first, "alice") as mine, desk(at, first, "bob") as his:
            (await mine.post("/api/agents/alice/state", json={"state": "not ready"})).raise_for_status()
            dialled = (await mine.post("/api/calls", json={"number": ECHO})).raise_for_status().json()["call"]
            talk = await alice.called()
            await eventually(mine, f"/api/calls/{dialled}", lambda c: c.get("place") == "talk")
            (await mine.post(f"/api/calls/{dialled}/recording/pause")).raise_for_status()
            await eventually(mine, f"/api/calls/{dialled}", lambda c: c["recording"] == "paused")
            (await his.post("/api/agents/bob/state", json={"state": "ready"})).raise_for_status()
            caller = await (await phones.add("5551", microphone=tone(CALLER, 1.0))).dial("100")
            await caller.answered()
            await caller.press("2")
            agent = await bob.called()
            parked = (await eventually(his, "/api/calls", lambda c: c and c[0]["place"] == "talk"))[0]["id"]
            stopped_at = time.monotonic()
            os.kill(at.asterisk.pid, signal.SIGSTOP)
            try:
                (await his.post(f"/api/calls/{parked}/park")).raise_for_status()
                await journal(at.site, lambda rows: any(isinstance(event, TransferAsked) for event in rows))
                first.process.send_signal(signal.SIGSTOP)
            finally:
                os.kill(at.asterisk.pid, signal.SIGCONT)
                stopped_s = time.monotonic() - stopped_at

            async def apart() -> bool:
                channels = await at.asterisk.command("core show channels concise")
                return all("!AGI!" in line for line in channels.splitlines() if "caller" in line or "bob" in line)

            try:
                await soon(apart)
            finally:
                await first.kill()
        async with (
            server(at) as second,
            desk(at, second, "alice") as mine,
            desk(at, second, "bob") as his,
            desk(at, second, "sue") as hers,
        ):
            await eventually(his, "/api/parked", lambda found: [(p["id"], p["by"]) for p in found] == [(parked, "bob")])
            await agent.ended()
            assert not caller.over
            await caller.hang_up()
            card = await eventually(mine, f"/api/calls/{dialled}", lambda c: c.get("place") == "talk")
            assert (card["direction"], card["recording"]) == ("out", "paused")
            assert present(await talk.listen(1), RATE, [AGENT]) == {AGENT}, "the number is an echo"
            (await mine.post(f"/api/calls/{dialled}/recording/resume")).raise_for_status()
            await eventually(mine, f"/api/calls/{dialled}", lambda c: c["recording"] == "on")
            await talk.listen(1)
            await talk.hang_up()
            record = await eventually(
                hers, f"/api/records/{dialled}",
                lambda d: d.get("recordings") and d["recordings"][0]["state"] != "expected",
            )  # fmt: skip
            assert [s["kind"] for s in record["segments"]] == ["wait", "ring", "talk", "pause"]
            recording = record["recordings"][0]
            # Nothing is recorded while Asterisk stands still: as long as that took, it lacks, and no longer.
            assert recording["talk_s"] - recording["length_s"] < stopped_s + TOLERANCE_S
            left = await eventually(hers, f"/api/records/{parked}", lambda d: d.get("segments"))
            assert [s["kind"] for s in left["segments"]][-1] == "park"
