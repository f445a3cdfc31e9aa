"""The engine is killed while a third party rings, is consulted, talks with both, and with a fourth: the next one
goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cti.calls.talk_events import ConsultAsked
from demo.debian import Program
from demo.phones import OnRing, Phones
from demo.stage import Stage, stage
from demo.tones import RATE, present, tone
from tests.real.conftest import INTERNAL
from tests.real.hotline import QUEUES
from tests.real.shift import journal
from tests.real.test_crash import AGENT, CALLER, desk, eventually, server, talk

BOB = 1320.0
OUTSIDE = "770001"


def conference(*who: str) -> Any:
    return lambda c: [p["agent"] or p["number"] for p in c.get("parties", ()) if p["joined"]] == list(who)


@pytest.fixture
async def at(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Stage]:
    """Phones ring, and callers wait, for as long as an engine needs to start on any machine."""
    (site / "queues.yaml").write_text(QUEUES.replace("ring: 2s", "ring: 30s"))
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "lease": "30s"}
    changes["numbers_shown"] = {"supervisor": "always"}
    changes["transfers_to_numbers"] = {"context": "internal", "allow": ["77*"]}
    async with stage(site, peers, changes=changes, includes=[INTERNAL]) as found:
        yield found


def third(state: str, *, joined: bool = False) -> Any:
    return lambda c: (c.get("consult") or {}).get("state") == state and c["consult"]["joined"] is joined


async def test_the_next_engine_goes_on(at: Stage) -> None:
    async with Phones(at.asterisk.ports.sip) as phones:
        bob = await phones.add("bob", at.phone_password, on_ring=OnRing.WAIT, microphone=tone(BOB, 1.0))
        async with server(at) as first, desk(at, first, "alice") as mine, desk(at, first, "bob") as his:
            caller, agent, call = await talk(at, phones, mine)
            (await his.post("/api/agents/bob/state", json={"state": "ready"})).raise_for_status()
            path = f"/api/calls/{call}"
            (await mine.post(f"{path}/consult", json={"agent": "bob"})).raise_for_status()
            asked = await bob.called()
            await eventually(his, path, third("ringing"))
            await journal(at.site, lambda rows: any(isinstance(event, ConsultAsked) for event in rows))
            await first.kill()
        async with server(at) as second, desk(at, second, "alice") as mine:
            await eventually(mine, path, lambda c: c.get("consult"))
            await asked.answer()
            await eventually(mine, path, third("connected"))
            await second.kill()
        async with server(at) as after, desk(at, after, "alice") as mine:
            found = await eventually(mine, path, third("connected"))
            assert found["held"]
            (await mine.post(f"{path}/consult/join")).raise_for_status()
            await eventually(mine, path, third("connected", joined=True))
            (await mine.post(f"{path}/consult", json={"number": OUTSIDE})).raise_for_status()
            await eventually(mine, path, conference("bob", OUTSIDE))
            await after.kill()
        async with server(at) as last, desk(at, last, "alice") as mine, desk(at, last, "bob") as his:
            await eventually(mine, path, conference("bob", OUTSIDE))
            await caller.listen(0.4)
            tones = [CALLER, AGENT, BOB]
            assert present(await caller.listen(1), RATE, tones) == set(tones), "outside is an echo"
            await agent.hang_up()
            await eventually(his, path, lambda c: c.get("agent") == "bob" and c["offer"] == "connected")
            await eventually(mine, "/api/agents", lambda a: {x["name"]: x["state"] for x in a}["alice"] == "wrap-up")
            await eventually(his, path, conference(OUTSIDE))
            await asked.hang_up()
            async with desk(at, last, "sue") as hers:
                await eventually(hers, path, lambda c: (c["place"], c["transferred_to"]) == ("transfer", OUTSIDE))
            await caller.hang_up()
            async with desk(at, last, "sue") as hers:
                record = await eventually(
                    hers, f"/api/records/{call}",
                    lambda d: d.get("recordings") and all(r["state"] != "expected" for r in d["recordings"]),
                )  # fmt: skip
        kinds = [f"{s['kind']} {s['agent']}".strip() for s in record["segments"]]
        assert kinds[:4] == ["menu", "wait", "ring alice", "talk alice"]
        assert set(kinds[4:-2]) == {"hold alice", "consult bob", "consult"}
        assert kinds[-2:] == ["talk bob", "transfer"]
