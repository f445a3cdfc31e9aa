"""What is hidden in answers and in the feed, and what the audit log has of what is shown."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from fastapi import APIRouter

from cti.access import AnyAgent, Role
from cti.calls.events import Arrived, Connected, Event, Offered, Queued
from cti.calls.words import CallId, OfferId
from cti.desk.audited import NUMBERS
from cti.sight import SIGHTS, Sight
from tests.cti.desk.desktop import GATE, NOW, PEOPLE, Desk, connected

NUMBER, HIDDEN = "13800001234", "138****1234"
CALL = CallId("c1")


def story() -> list[Event]:
    return [
        Arrived(at=NOW, call=CALL, channel="PJSIP/x-1", uniqueid="u.1", caller=NUMBER, caller_name="", dialled="100"),
        Queued(at=NOW + 1, call=CALL, queue="sales", priority=0),
        Offered(at=NOW + 2, call=CALL, offer=OfferId("o1"), agent="ann"),
        Connected(at=NOW + 3, call=CALL, offer=OfferId("o1"), agent="ann"),
    ]


def new_route() -> APIRouter:
    router = APIRouter()

    @router.get("/api/new")
    async def new(who: AnyAgent) -> dict[str, Any]:
        return {"rows": [{"number": NUMBER}], "who": who.name}

    return router


ASK = {"Cordboard-Numbers": "whole"}


@pytest_asyncio.fixture
async def desk() -> Desk:
    desk = Desk([new_route()])
    desk.customers[CALL] = [{"id": 1, "name": "Ada", "notes": f"or {NUMBER}"}]
    await desk.happens(*story())
    return desk


def sees(desk: Desk, sight: Sight) -> None:
    """Supervisors see so much from now on."""
    desk.app.state.sights = {**SIGHTS, Role.SUPERVISOR: sight}


async def test_a_new_route_hides_what_is_personal(desk: Desk) -> None:
    for name, sight, seen in (
        ("sue", Sight.OPENED, HIDDEN),
        ("ann", Sight.OPENED, HIDDEN),
        ("sue", Sight.ALWAYS, NUMBER),
    ):
        sees(desk, sight)
        async with desk.client(name) as client:
            answer = await client.get("/api/new", headers=ASK)
            assert answer.json() == {"rows": [{"number": seen}], "who": name}
            assert int(answer.headers["content-length"]) == len(answer.content)


async def test_an_agent_sees_his_own_and_a_supervisor_what_he_asks_for(desk: Desk) -> None:
    async with desk.client("ann") as client:
        (own,) = (await client.get("/api/calls")).json()
        assert (own["caller"], own["customers"][0]["notes"]) == (NUMBER, f"or {NUMBER}")
    async with desk.client("sue") as client:
        assert NUMBER not in (await client.get("/api/calls", headers=ASK)).text
        assert (await client.get(f"/api/calls/{CALL}")).json()["caller"] == HIDDEN
        assert desk.noted == []
        assert (await client.get(f"/api/calls/{CALL}", headers=ASK)).json()["caller"] == NUMBER
        sees(desk, Sight.NEVER)
        assert (await client.get(f"/api/calls/{CALL}", headers=ASK)).json()["caller"] == HIDDEN
        assert (await client.get("/api/me")).json()["numbers"] == "never"
    assert [(one.who, one.what, one.object) for one in desk.noted] == [("sue", NUMBERS, f"call:{CALL}")]
    assert NUMBER not in str(desk.noted)


async def test_the_feed_tells_each_what_is_for_him(desk: Desk) -> None:
    """In the snapshot, in changes, and in changes that were missed."""
    for name, sight, seen in (
        ("ann", Sight.OPENED, NUMBER),
        ("sue", Sight.OPENED, HIDDEN),
        ("sue", Sight.ALWAYS, NUMBER),
    ):
        sees(desk, sight)
        desk.customers[CALL] = [{"id": 1, "name": "Ada", "notes": f"or {NUMBER}"}]
        async with connected(desk.app, GATE.token(PEOPLE[name])) as socket:
            snapshot = await socket.hear()
            desk.customers[CALL] = [{"id": 1, "name": name + sight, "notes": f"and {NUMBER}"}]
            desk.feed.known(CALL)
            while not (change := await socket.hear()).get("calls"):
                pass
        for told, notes in ((snapshot, f"or {seen}"), (change, f"and {seen}")):
            assert (told["calls"][0]["caller"], told["calls"][0]["customers"][0]["notes"]) == (seen, notes)
        missed = f"stream={snapshot['stream']}&after={change['prev']}"
        async with connected(desk.app, GATE.token(PEOPLE[name]), missed) as socket:
            assert (await socket.hear())["calls"] == change["calls"]
