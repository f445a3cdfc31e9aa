"""Who may consult somebody about a caller, whom, and what is asked of the engine then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from cti.calls.call import Call
from cti.calls.commands import Consult, HandOver, Hold, Join, Resume, Withdraw
from cti.calls.events import Accepted, Event
from cti.calls.part import Output, Work
from cti.calls.talk_events import ConsultAsked, Consulting, ConsultOver, Held, Joined, Resumed
from cti.calls.words import OfferId
from cti.desk.consult import Helpers, consult_routes
from cti.outbound import Outbound
from tests.cti.desk.desktop import NOW, Desk
from tests.cti.desk.stories import C1, O1, talks

THIRD = OfferId("o3")
HELD = Held(at=NOW + 9, call=C1, offer=O1)
ASKED = ConsultAsked(at=NOW + 8, call=C1, by="ann", offer=THIRD, agent="bob")
MET: Sequence[Event] = (
    ASKED,
    HELD,
    Accepted(at=NOW + 10, call=C1, offer=THIRD),
    Consulting(at=NOW + 11, call=C1, offer=THIRD),
)
JOINED: Sequence[Event] = (*MET, Resumed(at=NOW + 12, call=C1), Joined(at=NOW + 12, call=C1, offer=THIRD))
FOURTH = OfferId("o4")
IN_FOUR: Sequence[Event] = (
    *JOINED,
    ConsultAsked(at=NOW + 13, call=C1, by="ann", offer=FOURTH, agent="carl", joins=True),
    Joined(at=NOW + 14, call=C1, offer=FOURTH),
)
FULL: Sequence[Event] = tuple(
    event
    for n in range(6)
    for event in (
        ConsultAsked(at=NOW + n, call=C1, by="ann", offer=OfferId(f"p{n}"), number=f"4930{n}", joins=True),
        Joined(at=NOW + n, call=C1, offer=OfferId(f"p{n}")),
    )
)
OVER = ConsultOver(at=NOW, call=C1, offer=THIRD)


async def ask_agent(agent: str, queue: str, call: Call, by: str, now: float) -> Sequence[Output]:
    if agent != "bob" and queue != "orders":
        raise ValueError(f"{agent or queue} is talking")
    return [ASKED]


HELPERS = Helpers(
    agent=ask_agent, ready=lambda: ["bob", "ann"], queues=lambda: ["orders"], numbers=Outbound("outbound", ("4930*",))
)


async def at_desk(*events: Event) -> Desk:
    """A desk where ann talks on the call, and what happened then."""

    async def ask(work: Work) -> None:
        desk.asked += await work(desk.now)

    desk = Desk([consult_routes(ask, lambda: desk.calls, HELPERS)])
    await desk.happens(*talks(), *events)
    return desk


async def asks(desk: Desk, name: str, method: str, what: str = "", body: Any = None) -> int:
    async with desk.client(name) as client:
        return (await client.request(method, f"/api/calls/{C1}/consult{what}", json=body)).status_code


async def test_an_agent_is_asked_and_the_caller_held() -> None:
    desk = await at_desk()
    assert await asks(desk, "ann", "POST", body={"agent": "bob"}) == 202
    assert await asks(desk, "ann", "POST", body={"queue": "orders"}) == 202
    assert desk.asked == [ASKED, Hold(call=C1, offer=O1)] * 2


async def test_a_number_is_rung() -> None:
    desk = await at_desk(HELD)
    assert await asks(desk, "ann", "POST", body={"number": "49301"}) == 202
    told, rings = desk.asked
    assert isinstance(told, ConsultAsked)
    assert isinstance(rings, Consult)
    assert (told.number, rings.number, rings.offer) == ("49301", "49301", told.offer)


@pytest.mark.parametrize(
    "body",
    [{}, {"agent": "bob", "number": "49301"}, {"agent": "bob", "queue": "orders"}, {"agent": ""}, {"who": "bob"}],
)
async def test_exactly_one_is_asked(body: Any) -> None:
    desk = await at_desk()
    assert await asks(desk, "ann", "POST", body=body) == 422


@pytest.mark.parametrize(
    ("happened", "method", "what", "body"),
    [
        ([], "POST", "", {"agent": "eve"}),
        ([], "POST", "", {"queue": "faults"}),
        ([], "POST", "", {"number": "9005551"}),
        ([], "POST", "", {"number": "4930&Local/1"}),
        ([ASKED], "POST", "", {"agent": "bob"}),
        ([ASKED], "POST", "/transfer", None),
        ([ASKED, HELD], "POST", "/join", None),
        (JOINED, "POST", "/join", None),
        (IN_FOUR[:-1], "POST", "", {"agent": "bob"}),
        (IN_FOUR[:-1], "POST", "/join", None),
        (IN_FOUR, "DELETE", "?offer=o9", None),
        (FULL, "POST", "", {"agent": "bob"}),
        ([], "POST", "/transfer", None),
        ([], "DELETE", "", None),
    ],
)
async def test_what_cannot_be_is_refused(happened: Sequence[Event], method: str, what: str, body: Any) -> None:
    desk = await at_desk(*happened)
    assert await asks(desk, "ann", method, what, body) == 409
    assert desk.asked == []


@pytest.mark.parametrize(
    ("happened", "who", "method", "what", "asked"),
    [
        (MET, "ann", "POST", "/transfer", [HandOver(call=C1, offer=THIRD)]),
        (MET, "sue", "POST", "/join", [Join(call=C1, offer=THIRD)]),
        (MET, "ann", "DELETE", "", [Resume(call=C1, offer=O1), OVER]),
        (MET, "bob", "DELETE", "", [OVER]),
        (JOINED, "ann", "POST", "/transfer", [Withdraw(call=C1, offer=O1)]),
        (JOINED, "ann", "DELETE", "", [OVER]),
        (JOINED, "ann", "POST", "", [ASKED]),
        (IN_FOUR, "ann", "POST", "/transfer", [Withdraw(call=C1, offer=O1)]),
        (IN_FOUR, "ann", "DELETE", "", [replace(OVER, offer=FOURTH)]),
        (IN_FOUR, "ann", "DELETE", "?offer=o3", [OVER]),
        (IN_FOUR, "bob", "DELETE", "?offer=o4", [OVER]),
    ],
)
async def test_what_becomes_of_it(
    happened: Sequence[Event], who: str, method: str, what: str, asked: Sequence[Output]
) -> None:
    desk = await at_desk(*happened)
    assert await asks(desk, who, method, what, {"agent": "bob"} if (method, what) == ("POST", "") else None) == 202
    assert desk.asked == list(asked)


async def test_only_who_has_the_caller_may() -> None:
    desk = await at_desk(*MET)
    for method, what in (("POST", ""), ("POST", "/transfer"), ("POST", "/join")):
        assert await asks(desk, "bob", method, what, {"agent": "bob"} if not what else None) == 404
        assert await asks(desk, "", method, what) == 401
    assert desk.asked == []


async def test_who_is_consulted_sees_the_caller_and_cannot_end_the_call() -> None:
    desk = await at_desk(*MET)
    async with desk.client("bob") as client:
        row = (await client.get(f"/api/calls/{C1}")).json()
        assert (row["agent"], row["offer"]) == ("bob", "connected")
        party = {"offer": THIRD, "agent": "bob", "number": "", "state": "connected", "joined": False}
        assert (row["consult"], row["parties"]) == (party, [party])
        assert (await client.post(f"/api/calls/{C1}/hangup")).status_code == 403
    await desk.happens(OVER)
    async with desk.client("bob") as client:
        assert (await client.get(f"/api/calls/{C1}")).status_code == 404


async def test_who_can_be_asked() -> None:
    desk = await at_desk()
    async with desk.client("ann") as client:
        found = (await client.get(f"/api/calls/{C1}/consult")).json()
    assert found == {"agents": ["bob"], "queues": ["orders"], "numbers": ["4930*"]}
