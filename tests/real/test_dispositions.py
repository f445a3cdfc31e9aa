"""After a talk at real phones: wrap-up lasts until a required disposition is given, which stays with the
call; and a follow-up is told of in its time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from config.premises import token_secret
from cti.access import Gate
from cti.calls import events as ev
from cti.calls.words import AgentState
from cti.sessions import SessionFolder
from tests.real.hotline import soon
from tests.real.shift import Plan, Shift

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAN = Plan(
    agents="ann: {skills: {sales: 5}}",
    queues="""
    dispositions:
      sales:
        - Sold: [New, Known]
        - No interest
    queues:
      sales: {skills: {sales: 1}, wrap_up: 0s, disposition: {tree: sales, required: true}}
    """,
    ways={"sales": "{queue: sales}"},
    flows={},
)


@asynccontextmanager
async def desk_of(shift: Shift, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of an agent, whose password nobody knows."""
    site = shift.line.stage.site
    secret, who = token_secret(site), site.access[name]
    session = SessionFolder(site.sessions, secret).begin(who, "", "")
    token = Gate(secret, site.access).token(who, session=session.id)
    async with httpx.AsyncClient(base_url=shift.line.url, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


async def test_the_next_call_waits_for_it(shift: Shift) -> None:
    async with desk_of(shift, "ann") as desk:
        await a_shift_of_ann(shift, desk)


async def test_a_follow_up_is_told_of_when_it_is_due(shift: Shift) -> None:
    async with desk_of(shift, "ann") as desk:
        at = time.time() + 0.3
        wanted = {"number": "5550123", "at": at, "text": "the offer"}
        made = (await desk.post("/api/followups", json=wanted)).json()
        due = await shift.watch.wait(ev.FollowUpDue)
        assert (due.agent, due.followup, due.at >= at) == ("ann", made["id"], True)

        async def told() -> bool:
            (one,) = (await desk.get("/api/followups")).json()
            return bool(one["told_at"] == due.at)

        await soon(told)


async def a_shift_of_ann(shift: Shift, desk: httpx.AsyncClient) -> None:
    boss = await shift.line.desk("sue")
    await shift.come("ann")
    first = await shift.caller("sales")
    assert await shift.talks_to(first) == "ann"
    await shift.bye(first)
    second = await shift.caller("sales")

    (ann,) = (await desk.get("/api/agents")).json()
    assert (ann["state"], ann["until"], ann["last_call"], ann["owes"]) == ("wrap-up", None, first.call, True)
    refused = await desk.post("/api/agents/ann/state", json={"state": "ready"})
    assert (refused.status_code, "give it first" in refused.text) == (409, True)
    assert (await shift.why(second))["agents"] == {"in wrap-up": 1}

    at = f"/api/calls/{first.call}/disposition"
    assert (await boss.post(at, json={"path": ["No interest"]})).status_code == 404
    assert (await desk.post(at, json={"path": ["Sold"]})).status_code == 422
    given = await desk.post(at, json={"path": ["Sold", "New"], "notes": "two of them"})
    assert given.json()["disposition"] == "Sold > New"
    assert await shift.talks_to(second) == "ann"
    await shift.bye(second)
    (await desk.post(f"/api/calls/{second.call}/disposition", json={"path": ["No interest"]})).raise_for_status()

    async def found() -> Any:
        page = (await desk.get("/api/records", params={"disposition": "Sold", "text": "of them"})).json()
        return page if page["dispositions"] else None

    page = await soon(found)
    assert [record["id"] for record in page["records"]] == [first.call]
    assert [(d["agent"], d["disposition"], d["notes"]) for d in page["dispositions"]] == [
        ("ann", "Sold > New", "two of them")
    ]

    # And once more, later on the same day.
    (await desk.post(at, json={"path": ["Sold", "Known"]})).raise_for_status()

    async def changed() -> Any:
        details = (await desk.get(f"/api/records/{first.call}")).json()
        return [d["disposition"] for d in details["dispositions"]] == ["Sold > Known"]

    await soon(changed)

    async def of_the_day() -> Any:
        day = (await desk.get("/api/agents/ann/day")).json()
        return day if day["answered"] == 2 else None

    day = await soon(of_the_day)
    assert (day["missed"], day["refused"], day["wrap_up_s"] > 0, 0 < day["occupancy"] <= 1) == (0, 0, True, True)
    assert {s["state"] for s in day["states"]} >= {"ready", "talking", "wrap-up"}
    assert not [e for e in shift.watch.events if isinstance(e, ev.AgentChanged) and e.state is AgentState.NOT_READY]
