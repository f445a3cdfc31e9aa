"""The engine is killed while callers wait for their queue to ask for less: step and place go on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from cti.calls import events as ev
from cti.calls.events import Event
from demo.debian import Program
from demo.phones import Phones
from demo.stage import stage
from tests.real.shift import INTERNAL, Plan, journal
from tests.real.test_crash import desk, eventually, places, server

LAST_STEP_S = 10

PLAN = Plan(
    agents="""
    ann: {skills: {faults: 8, english: 5}}
    ben: {skills: {faults: 4}}
    """,
    queues=f"""
    levels: {{gold: 20}}
    queues:
      faults:
        skills: {{faults: 5, english: 3}}
        relax: [{{after: 1s, skills: {{faults: 3}}}}, {{after: {LAST_STEP_S}s, drop: [english]}}]
        wrap_up: 0s
        record: false
    """,
    ways={"plain": "{queue: faults}", "gold": "{queue: faults, level: gold}"},
    flows={},
)


async def waits(client: httpx.AsyncClient, call: str, step: int) -> Any:
    """Why the call waits, as soon as it does at this step."""
    return await eventually(client, f"/api/calls/{call}/why", lambda why: why.get("step") == step)


async def test_relaxation_and_place_go_on_after_a_crash(
    made_site: Path, tmp_path: Path, peers: Mapping[str, Program]
) -> None:
    folder = shutil.copytree(made_site, tmp_path / "site")
    changes = {**PLAN.write(folder), "folders": {"sounds": str(made_site / "sounds")}}
    changes["numbers_shown"] = {"supervisor": "always"}
    async with (
        stage(folder, peers, changes=changes, includes=[INTERNAL]) as at,
        Phones(at.asterisk.ports.sip) as phones,
    ):
        calls = {}

        def queued(events: Sequence[Event]) -> bool:
            return sum(isinstance(e, ev.Queued) for e in events) == len(PLAN.ways)

        async with server(at) as first, desk(at, first, "sue") as hers:
            for way, number in PLAN.numbers.items():
                calls[way] = await (await phones.add(f"555{number}")).dial(number)
                await calls[way].answered()
            came = [e for e in await journal(at.site, queued) if isinstance(e, ev.Queued)]
            plain, gold = sorted(came, key=lambda e: e.level)
            for call in (plain, gold):
                assert (await waits(hers, call.call, 1))["needs"] == "english 3, faults 3"
            await first.kill()

        async with server(at) as second, desk(at, second, "sue") as hers:
            for position, call in enumerate((gold, plain), 1):
                before = time.time()
                why = await waits(hers, call.call, 1)
                assert (why["position"], why["needs"]) == (position, "english 3, faults 3")
                assert why["waited_s"] >= before - call.at
                assert why["waited_s"] + why["next_step_s"] == pytest.approx(LAST_STEP_S)
            for call in (gold, plain):
                assert (await waits(hers, call.call, 2))["waited_s"] >= LAST_STEP_S
            ben = await phones.add("ben", at.phone_password)
            (await hers.post("/api/agents/ben/state", json={"state": "ready"})).raise_for_status()
            for way in ("gold", "plain"):
                await (await ben.called()).answered()
                number = f"555{PLAN.numbers[way]}"
                await eventually(hers, "/api/calls", lambda c, n=number: places(c)[n] == "talk")
                await calls[way].hang_up()

        def over(events: Sequence[Event]) -> bool:
            return sum(isinstance(e, ev.Ended) for e in events) == len(PLAN.ways)

        offers = [e for e in await journal(at.site, over) if isinstance(e, ev.Offered)]
        assert [(e.call, e.agent, e.step) for e in offers] == [(gold.call, "ben", 2), (plain.call, "ben", 2)]
