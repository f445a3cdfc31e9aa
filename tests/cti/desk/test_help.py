"""An agent calls a supervisor in, and what keys may do with calls and see of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cti.access import Scope
from cti.calls.events import Ended, Event, Left
from cti.calls.part import Work
from cti.calls.talk_events import HelpAsked, HelpDropped, MonitorStarted
from cti.calls.words import MonitorMode, Party, Place
from cti.customers.callers import row
from cti.customers.card import Card
from cti.desk.control import Ways, control_routes
from cti.desk.help import routes
from cti.keys import KeyFolder
from cti.outbound import Outbound
from tests.cti.desk.desktop import NOW, Desk, connected
from tests.cti.desk.stories import C1, rings, talks

ASKED = HelpAsked(at=NOW + 9, call=C1, by="ann")
LEFT = Left(at=NOW + 10, call=C1, place=Place.TALK, why="talk over")
WAYS = Ways(queues=lambda: ["sales"], agents=list, flows=list, back=list, numbers=Outbound())


async def at_desk(*events: Event, keys: KeyFolder | None = None) -> Desk:
    async def ask(work: Work) -> None:
        desk.asked += await work(desk.now)

    desk = Desk([routes(ask, lambda: desk.calls), control_routes(ask, lambda: desk.calls, WAYS)], keys=keys)
    await desk.happens(*events)
    return desk


async def ask(desk: Desk, name: str, method: str, what: str = "help", key: str = "", body: Any = None) -> int:
    async with desk.client(name) as client:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return (await client.request(method, f"/api/calls/{C1}/{what}", headers=headers, json=body)).status_code


async def test_who_may_call_and_when() -> None:
    desk = await at_desk(*talks())
    assert [await ask(desk, name, "POST") for name in ("bob", "", "ann")] == [404, 401, 202]
    assert desk.asked == [HelpAsked(at=NOW, call=C1, by="ann")]
    assert await ask(desk, "ann", "DELETE") == 409
    await desk.happens(ASKED)
    assert [await ask(desk, "ann", method) for method in ("POST", "DELETE")] == [409, 202]
    assert desk.asked[1:] == [HelpDropped(at=NOW, call=C1, by="ann")]
    assert await ask(await at_desk(*rings()), "ann", "POST") == 403


@pytest.mark.parametrize(
    ("after", "since"),
    [
        ([], NOW + 9),
        ([ASKED], NOW + 9),
        ([MonitorStarted(at=NOW + 10, call=C1, supervisor="sue", mode=MonitorMode.LISTEN)], None),
        ([HelpDropped(at=NOW + 10, call=C1, by="ann")], None),
        ([LEFT], None),
        ([LEFT, ASKED], None),
    ],
)
async def test_supervisors_see_it_until_it_is_answered_or_over(after: list[Event], since: float | None) -> None:
    desk = await at_desk(*talks(), ASKED, *after)
    assert [call["help_since"] for call in desk.view.seen_by(None)["calls"]] == [since]
    await desk.happens(Ended(at=NOW + 11, call=C1, by=Party.CALLER))
    assert desk.view.seen_by(None)["calls"] == []


async def test_a_key_may_control_calls_with_its_scope(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    good, other = keys.add("crm", [Scope.CALLS_CONTROL]), keys.add("wall", [Scope.CALLS_READ, Scope.EVENTS])
    desk = await at_desk(*talks(), keys=keys)
    for what, body in (("hold", None), ("transfer", {"queue": "sales"}), ("help", None)):
        assert await ask(desk, "", "POST", what, other, body) == 403
        assert await ask(desk, "", "POST", what, good, body) == 202
    assert len(desk.asked) == 3


@pytest.mark.parametrize("scopes", [[], [Scope.CUSTOMERS_READ]])
async def test_who_the_customers_are_needs_its_scope(tmp_path: Path, scopes: list[Scope]) -> None:
    """In the lists of calls, and in the feed: snapshot, change, and what was missed."""
    keys = KeyFolder(tmp_path)
    key = keys.add("crm", [Scope.CALLS_READ, Scope.EVENTS, *scopes])
    desk = await at_desk(keys=keys)
    desk.customers[C1] = [row(Card(id=1, version=1, changed_at=NOW, name="Ada Byron"))]
    heard = []
    async with connected(desk.app, key) as socket:
        heard.append(await socket.hear())
        await desk.happens(*rings())
        while not heard[-1].get("calls"):
            heard.append(await socket.hear())
    query = f"stream={heard[0]['stream']}&after={heard[0]['seq']}"
    for asked in (query, ""):
        async with connected(desk.app, key, asked) as socket:
            heard.append(await socket.hear())
    async with desk.client() as client:
        headers = {"authorization": f"Bearer {key}"}
        answers = [(await client.get(f"/api/calls{one}", headers=headers)).text for one in ("", f"/{C1}")]
    assert [bool(scopes)] * 2 == ["Ada" in answer for answer in answers]
    told = [message for message in heard if message.get("calls")]
    assert len(told) >= 3
    assert all(("Ada" in str(message)) is bool(scopes) for message in told)
