"""Who may hold a caller and send him on, and where to."""

from __future__ import annotations

from typing import Any

import pytest

from cti.calls.commands import Hold, Resume
from cti.calls.events import Accepted, Diverted, Event
from cti.calls.part import Work
from cti.calls.talk_events import Held, PhoneLost, TransferAsked
from cti.desk.control import Ways, control_routes
from cti.outbound import Outbound
from tests.cti.desk.desktop import NOW, Desk
from tests.cti.desk.stories import C1, O1, rings, talks

WAYS = Ways(
    queues=lambda: ["sales", "support"],
    agents=lambda: ["ann", "bob"],
    flows=lambda: ["pin", "main"],
    back=lambda: ["pin"],
    numbers=Outbound("outbound", ("4930*",)),
)
HELD = Held(at=NOW + 9, call=C1, offer=O1)
IN_FLOW = [HELD, Diverted(at=NOW + 10, call=C1, flow="pin", why="transfer", back=True)]
ASKED = TransferAsked(at=NOW + 9, call=C1, by="ann", queue="support")


async def at_desk(*events: Event) -> Desk:
    """A desk where ann talks on the call, and what happened then."""

    async def ask(work: Work) -> None:
        desk.asked += await work(desk.now)

    desk = Desk([control_routes(ask, lambda: desk.calls, WAYS)])
    await desk.happens(*(events or talks()))
    return desk


async def post(desk: Desk, name: str, what: str, body: Any = None) -> int:
    async with desk.client(name) as client:
        return (await client.post(f"/api/calls/{C1}/{what}", json=body)).status_code


@pytest.mark.parametrize("who", ["ann", "sue"])
async def test_who_talks_or_a_supervisor_may(who: str) -> None:
    desk = await at_desk()
    assert await post(desk, who, "hold") == 202
    assert desk.asked == [Hold(call=C1, offer=O1)]
    await desk.happens(HELD)
    assert await post(desk, who, "resume") == 202
    assert desk.asked[1:] == [Resume(call=C1, offer=O1)]


@pytest.mark.parametrize("what", ["hold", "resume", "transfer", "leave", "fetch"])
async def test_nobody_else_may(what: str) -> None:
    desk = await at_desk()
    body = {"queue": "support"} if what == "transfer" else None
    assert await post(desk, "bob", what, body) == 404
    assert await post(desk, "", what, body) == 401
    offered = await at_desk(*rings(), Accepted(at=NOW + 4, call=C1, offer=O1))
    assert await post(offered, "ann", what, body) == 403
    assert await post(offered, "sue", what, body) == 409
    assert desk.asked == offered.asked == []


@pytest.mark.parametrize(
    ("happened", "what", "body"),
    [
        ([HELD], "hold", None),
        ([], "resume", None),
        ([Held(at=NOW + 9, call=C1)], "resume", None),
        ([ASKED], "hold", None),
        ([ASKED], "transfer", {"queue": "sales"}),
        ([], "transfer", {"agent": "ann"}),
        ([], "transfer", {"agent": "nobody"}),
        ([], "transfer", {"queue": "nowhere"}),
        ([], "transfer", {"flow": "nowhere"}),
        ([], "transfer", {"flow": "nowhere", "back": True}),
        ([], "transfer", {"flow": "main", "back": True}),
        (IN_FLOW, "resume", None),
        (IN_FLOW, "hold", None),
        (IN_FLOW, "fetch", None),
        (IN_FLOW, "transfer", {"queue": "support"}),
        ([], "transfer", {"number": "9005551"}),
        ([], "transfer", {"number": "4930&Local/1"}),
    ],
)
async def test_what_cannot_be_done_is_refused(happened: list[Event], what: str, body: Any) -> None:
    desk = await at_desk(*talks(), *happened)
    assert await post(desk, "ann", what, body) == 409
    assert desk.asked == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"queue": "sales", "agent": "bob"},
        {"agent": "bob", "keep_skills": True},
        {"agent": "bob", "back": True},
        {"queue": ""},
        {"queue": "x" * 101},
        {"to": "sales"},
    ],
)
async def test_a_request_that_is_wrong(body: Any) -> None:
    desk = await at_desk()
    assert await post(desk, "ann", "transfer", body) == 422
    assert desk.asked == []


async def test_the_page_that_is_the_phone_goes() -> None:
    desk = await at_desk()
    assert await post(desk, "ann", "leave") == 202
    assert desk.asked == [PhoneLost(at=NOW, call=C1, offer=O1)]


async def test_the_talk_is_to_go_on_at_the_agents_phone() -> None:
    desk = await at_desk(*talks(), HELD)
    assert await post(desk, "ann", "fetch", None) == 202
    [asked] = desk.asked
    assert isinstance(asked, TransferAsked)
    assert (asked.by, asked.agent, bool(asked.queue), asked.again) == ("ann", "ann", True, True)


@pytest.mark.parametrize(
    "where",
    [
        {"queue": "sales", "keep_skills": True},
        {"agent": "bob"},
        {"flow": "pin"},
        {"flow": "pin", "back": True},
        {"number": "4930123"},
    ],
)
async def test_the_caller_is_to_be_sent_on(where: dict[str, Any]) -> None:
    desk = await at_desk()
    assert await post(desk, "ann", "transfer", where) == 202
    assert desk.asked == [TransferAsked(at=NOW, call=C1, by="ann", **where)]
