"""Who may call which numbers, and take which callbacks, over HTTP."""

from __future__ import annotations

from cti.access import Person, Role
from cti.calls.commands import Offer
from cti.calls.part import Output, Work
from cti.outbound import Outbound
from routing.agents import Agent
from routing.api import routes as routing_routes
from routing.dial_api import routes
from routing.memory_store import MemoryStore
from tests.cti.desk.desktop import PEOPLE, Desk
from tests.routing.line import Line
from tests.routing.test_callbacks import CALLBACKS, WANTED

AGENTS = {"ann": Agent("ann", "PJSIP/1001", {"bills": 9}), "bob": Agent("bob", "PJSIP/1002", {"english": 9})}


async def test_calls_and_callbacks() -> None:
    line = Line(MemoryStore(), AGENTS, CALLBACKS)
    await line.start()
    for step, _ in WANTED:
        await line.do(step)
    asked: list[Output] = []

    async def ask(work: Work) -> None:
        asked.extend(await work(line.now))

    allowed = Outbound("outside", ("030*",))
    desk = Desk(
        [
            routes(line.part, ask, allowed, lambda number, agent, now: "too many" if number == "030429" else ""),
            routing_routes(line.part, ask),
        ]
    )
    assert PEOPLE["sue"] == Person("sue", Role.SUPERVISOR, "PJSIP/2001")

    async def post(name: str, path: str, **body: str) -> int:
        async with desk.client(name) as client:
            return (await client.post(f"/api/{path}", json=body or None)).status_code

    for name, seen in (("ann", 1), ("bob", 0), ("sue", 1)):
        async with desk.client(name) as client:
            assert len((await client.get("/api/callbacks")).json()) == seen
    assert await post("ann", "calls", number="030123") == 409  # offline
    await line.do("bob break")
    await line.do("ann break")
    assert [await post("bob", "callbacks/c1/take"), await post("sue", "callbacks/c1/take")] == [404, 404]
    assert await post("ann", "callbacks/c1/take") == 202
    assert await post("ann", "calls", number="030123") == 409  # on a call
    for refused in ("0900", "030&SIP/1", "", "030\n"):
        assert await post("bob", "calls", number=refused) == 409
    assert await post("bob", "calls", number="030123", agent="ann") == 403
    assert await post("bob", "calls", number="030429") == 429
    assert await post("sue", "calls", number="030123") == 404  # no agent
    assert await post("sue", "calls", number="030123", agent="bob") == 202
    assert [o.agent for o in asked if isinstance(o, Offer)] == ["ann", "bob"]
