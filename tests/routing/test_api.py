from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from fastapi import FastAPI

from cti.access import Gate, Person, Role
from cti.calls.part import Work
from routing.api import routes
from routing.memory_store import MemoryStore
from tests.routing.line import Line

PEOPLE = {
    "alice": Person("alice", Role.AGENT, "PJSIP/alice"),
    "sue": Person("sue", Role.SUPERVISOR),
    "root": Person("root", Role.ADMIN),
}


@pytest.fixture
async def line() -> Line:
    line = Line(MemoryStore())
    await line.start()
    return line


@pytest.fixture
async def web(line: Line) -> AsyncIterator[httpx.AsyncClient]:
    async def ask(work: Work) -> None:
        await line._carry_out(await work(line.now))

    app = FastAPI()
    app.state.gate = Gate(b"x" * 32, PEOPLE)
    app.include_router(routes(line.part, ask))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def as_(name: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {Gate(b'x' * 32, PEOPLE).token(PEOPLE[name])}"}


async def test_nobody_gets_in_without_a_token(web: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/api/agents"), ("GET", "/api/queues"), ("POST", "/api/agents/alice/state")):
        assert (await web.request(method, path, json={"state": "ready"})).status_code == 401


async def test_a_supervisor_sees_all_and_an_agent_himself(web: httpx.AsyncClient) -> None:
    seen = (await web.get("/api/agents", headers=as_("sue"))).json()
    assert [agent["name"] for agent in seen] == ["alice", "bob", "carl"]
    (own,) = (await web.get("/api/agents", headers=as_("alice"))).json()
    assert own == {
        "name": "alice",
        "state": "offline",
        "since": 1000.0,
        "reason": "",
        "call": None,
        "after_call": None,
        "until": None,
        "phone": "PJSIP/alice",
        "phones": ["PJSIP/alice"],
        "skills": {"orders": 8},
        "groups": [],
        "last_call": None,
        "last_queue": "",
        "owes": False,
    }


async def test_one_agent_is_for_himself_and_for_supervisors(web: httpx.AsyncClient) -> None:
    asked = (("alice", "alice", 200), ("sue", "alice", 200), ("alice", "bob", 403), ("sue", "nobody", 404))
    for who, name, status in asked:
        answer = await web.get(f"/api/agents/{name}", headers=as_(who))
        assert answer.status_code == status
        assert status != 200 or answer.json()["name"] == name
    assert (await web.get("/api/agents/alice")).status_code == 401


async def test_states_are_asked_for(web: httpx.AsyncClient, line: Line) -> None:
    answer = await web.post("/api/agents/alice/state", headers=as_("alice"), json={"state": "ready"})
    assert (answer.status_code, answer.json()["state"]) == (200, "ready")
    await line.do("c1 queued orders")
    asked = {"state": "not ready", "reason": "  lunch "}
    answer = await web.post("/api/agents/alice/state", headers=as_("sue"), json=asked)
    assert answer.json()["state"] == "reserved"
    assert answer.json()["call"] == "c1"
    assert answer.json()["after_call"] == "not ready"


@pytest.mark.parametrize(
    ("who", "agent", "asked", "status", "told"),
    [
        ("alice", "bob", {"state": "ready"}, 403, "own state"),
        ("alice", "alice", {"state": "talking"}, 409, "follows from a call"),
        ("sue", "mallory", {"state": "ready"}, 404, "mallory"),
        ("root", "mal%0d%0alory", {"state": "ready"}, 404, "no agent"),
        ("alice", "alice", {"state": "asleep"}, 422, "enum"),
        ("alice", "alice", {"state": "ready", "reason": "x" * 101}, 422, "100"),
        ("alice", "alice", {"state": "ready", "reason": "a\r\nb"}, 422, "pattern"),
        ("alice", "alice", {"state": "ready", "extra": 1}, 422, "extra"),
        ("alice", "alice", [], 422, "valid"),
        ("alice", "alice", {"state": "ready", "phone": "PJSIP/bob"}, 422, "not a phone of alice"),
    ],
)
async def test_what_is_wrong_is_told(
    *, web: httpx.AsyncClient, line: Line, who: str, agent: str, asked: object, status: int, told: str
) -> None:
    answer = await web.post(f"/api/agents/{agent}/state", headers=as_(who), json=asked)
    assert answer.status_code == status
    assert told in answer.text
    assert {s.state.value for s in line.part.floor.crew.statuses.values()} == {"offline"}


async def test_queues_are_counted(web: httpx.AsyncClient, line: Line) -> None:
    await line.do("c1 queued orders english")
    await line.do("alice ready")
    orders, vip = (await web.get("/api/queues", headers=as_("alice"))).json()
    assert orders["longest_wait_s"] > 0
    assert {**orders, "longest_wait_s": 0} == {
        "name": "orders",
        "waiting": 1,
        "longest_wait_s": 0,
        "estimate_s": None,
        "ready": 1,
        "logged_in": 1,
        "needs": {"orders": 3},
        "priority": 0,
    }
    assert (vip["waiting"], vip["longest_wait_s"], vip["priority"]) == (0, 0.0, 5)


async def test_wrap_up_is_made_longer(web: httpx.AsyncClient, line: Line) -> None:
    refused = await web.post("/api/agents/alice/wrap-up", headers=as_("alice"), json={"seconds": 30})
    assert (refused.status_code, "not in wrap-up" in refused.text) == (409, True)
    for step in ("alice ready", "c1 queued orders", "c1 accepted", "c1 connected", "c1 left talk"):
        await line.do(step)
    answer = await web.post("/api/agents/alice/wrap-up", headers=as_("alice"), json={"seconds": 30})
    assert (answer.json()["state"], answer.json()["until"]) == ("wrap-up", 1040.0)
    assert (await web.post("/api/agents/alice/wrap-up", headers=as_("alice"), json={"seconds": 0})).status_code == 422
    assert (await web.post("/api/agents/bob/wrap-up", headers=as_("alice"), json={"seconds": 9})).status_code == 403


async def test_why_a_call_is_still_waiting(web: httpx.AsyncClient, line: Line) -> None:
    await line.do("c1 queued orders")
    assert (await web.get("/api/calls/c1/why", headers=as_("alice"))).status_code == 403
    answer = (await web.get("/api/calls/c1/why", headers=as_("sue"))).json()
    assert (answer["position"], answer["needs"]) == (1, "orders 3")
    assert answer["agents"] == {"logged out": 2, "hasn't orders 3": 1}
    assert (await web.get("/api/calls/c2/why", headers=as_("sue"))).status_code == 404


async def test_callbacks_are_seen_and_given_up(web: httpx.AsyncClient, line: Line) -> None:
    await line.do("c1 wants orders 0301234 990")
    (found,) = (await web.get("/api/callbacks", headers=as_("sue"))).json()
    assert (found["id"], found["number"], found["queue"], found["since"]) == ("c1", "0301234", "orders", 990.0)
    assert (await web.get("/api/callbacks", headers=as_("alice"))).json() == [found]  # one of her queues
    assert (await web.delete("/api/callbacks/c1", headers=as_("alice"))).status_code == 403
    await line.do("alice ready")
    assert (await web.delete("/api/callbacks/c1", headers=as_("sue"))).status_code == 409
    await line.do("alice break")
    await line.wait(20)
    assert (await web.delete("/api/callbacks/c1", headers=as_("sue"))).status_code == 204
    assert (await web.delete("/api/callbacks/c1", headers=as_("sue"))).status_code == 404
    assert (await web.get("/api/callbacks", headers=as_("sue"))).json() == []
