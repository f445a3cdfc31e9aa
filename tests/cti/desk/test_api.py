from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter

from cti.access import COOKIE
from cti.calls.commands import Command, Hangup, Monitor, StopMonitor
from cti.calls.words import MonitorMode
from cti.desk.guard import BODY_LIMIT
from cti.desk.login import PER_NAME, FailureLimit, Passwords
from tests.cti.desk.desktop import GATE, PASSWORDS, PEOPLE, Desk
from tests.cti.desk.stories import C1, rings, talks, waits


async def test_logging_in_gives_a_cookie_and_a_token() -> None:
    desk = Desk()
    async with desk.client() as client:
        answer = await client.post("/api/login", json={"name": "sue", "password": "secret of sue"})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["name"], body["role"], body["phone"]) == ("sue", "supervisor", True)
        assert GATE.person(body["token"]) == PEOPLE["sue"]
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert (await client.get("/api/me")).json() == {
            "name": "sue",
            "role": "supervisor",
            "phone": True,
            "numbers": "opened",
        }
        assert (await client.post("/api/logout")).status_code == 204
        assert (await client.get("/api/me")).status_code == 401


@pytest.mark.parametrize(("name", "password"), [("sue", "wrong"), ("nobody", "secret of ann"), ("", "")])
async def test_a_wrong_name_looks_like_a_wrong_password(name: str, password: str) -> None:
    async with Desk().client() as client:
        answer = await client.post("/api/login", json={"name": name, "password": password})
        assert answer.status_code == 401
        assert answer.json() == {"error": "name or password is wrong"}


async def test_too_many_failures_of_a_name_have_to_wait() -> None:
    desk = Desk()
    right = {"name": "ann", "password": "secret of ann"}
    async with desk.client() as client:
        for _ in range(PER_NAME):
            assert (await client.post("/api/login", json={"name": "ann", "password": "x"})).status_code == 401
        answer = await client.post("/api/login", json=right)
        assert answer.status_code == 429
        seconds = int(answer.headers["retry-after"])
        assert (await client.post("/api/login", json={**right, "name": "bob"})).status_code == 401
        desk.now += seconds
        assert (await client.post("/api/login", json=right)).status_code == 200


def test_the_limit_counts_tries_that_are_still_under_way() -> None:
    limit = FailureLimit(tries=2, window_s=10)
    limit.count("a", 0.0)
    limit.count("a", 1.0)
    assert limit.wait("a", 2.0) == 8.0
    assert limit.wait("b", 2.0) == 0.0
    limit.forgive("a")
    assert limit.wait("a", 2.0) == 0.0
    assert limit.wait("a", 11.0) == 0.0


def test_a_hash_that_is_none_is_found_at_the_start() -> None:
    with pytest.raises(ValueError, match="ann"):
        Passwords({"ann": "secret", "bob": PASSWORDS["bob"]})


async def test_who_sees_which_calls() -> None:
    desk = Desk()
    await desk.happens(*rings("ann"))
    for name, seen in (("ann", [C1]), ("bob", []), ("sue", [C1])):
        async with desk.client(name) as client:
            answer = await client.get("/api/calls")
            assert [call["id"] for call in answer.json()] == seen
            assert answer.headers["cache-control"] == "no-store"
            assert (await client.get(f"/api/calls/{C1}")).status_code == (200 if seen else 404)


async def test_without_a_token_there_is_nothing() -> None:
    async with Desk().client() as client:
        for path in ("/api/calls", "/api/calls/c1", "/api/me"):
            answer = await client.get(path)
            assert answer.status_code == 401
            assert answer.json() == {"error": "log in first"}


@pytest.mark.parametrize("mode", list(MonitorMode))
async def test_a_supervisor_gets_on_a_call(mode: MonitorMode) -> None:
    desk = Desk()
    await desk.happens(*talks())
    async with desk.client("sue") as client:
        answer = await client.put(f"/api/calls/{C1}/monitor", json={"mode": mode})
        assert answer.status_code == 202
        assert (await client.delete(f"/api/calls/{C1}/monitor")).status_code == 202
    assert desk.asked == [
        Monitor(call=C1, supervisor="sue", phone="PJSIP/2001", mode=mode),
        StopMonitor(call=C1, supervisor="sue"),
    ]


async def test_nobody_listens_where_nobody_talks() -> None:
    desk = Desk()
    await desk.happens(*rings())
    async with desk.client("sue") as client:
        assert (await client.put(f"/api/calls/{C1}/monitor", json={"mode": "listen"})).status_code == 409
        assert (await client.put("/api/calls/none/monitor", json={"mode": "listen"})).status_code == 404
        assert (await client.delete("/api/calls/none/monitor")).status_code == 404
    assert desk.asked == []


async def test_a_supervisor_without_a_phone_cannot_listen() -> None:
    desk = Desk()
    await desk.happens(*talks())
    async with desk.client("max") as client:
        answer = await client.put(f"/api/calls/{C1}/monitor", json={"mode": "listen"})
    assert answer.status_code == 409
    assert "no phone" in answer.json()["error"]
    assert desk.asked == []


async def test_an_agent_listens_to_nobody() -> None:
    desk = Desk()
    await desk.happens(*talks("ann"))
    async with desk.client("ann") as client:
        assert (await client.put(f"/api/calls/{C1}/monitor", json={"mode": "barge"})).status_code == 403
        assert (await client.delete(f"/api/calls/{C1}/monitor")).status_code == 403
    assert desk.asked == []


@pytest.mark.parametrize(
    ("name", "talking", "status", "asked"),
    [
        ("ann", True, 202, [Hangup(call=C1)]),
        ("ann", False, 403, []),
        ("bob", True, 404, []),
        ("sue", False, 202, [Hangup(call=C1)]),
    ],
)
async def test_who_may_hang_up(name: str, talking: bool, status: int, asked: list[Command]) -> None:
    desk = Desk()
    await desk.happens(*(talks("ann") if talking else rings("ann")))
    async with desk.client(name) as client:
        assert (await client.post(f"/api/calls/{C1}/hangup")).status_code == status
    assert desk.asked == asked


async def test_health_says_what_is_wrong() -> None:
    desk = Desk()
    async with desk.client() as client:
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": {"asterisk": ""}})
        desk.trouble["asterisk"] = "not connected"
        answer = await client.get("/healthz")
        assert answer.status_code == 503
        assert answer.json() == {"status": "failing", "checks": {"asterisk": "not connected"}}


async def test_metrics_count_what_is_there() -> None:
    desk = Desk()
    await desk.happens(*waits())
    async with desk.client() as client:
        lines = (await client.get("/metrics")).text.splitlines()
    assert 'cordboard_calls{place="queue"} 1.0' in lines
    assert 'cordboard_agents{state="offline"} 2.0' in lines
    assert 'cordboard_queue_waiting{queue="sales"} 1.0' in lines
    assert 'cordboard_events_total{kind="Queued"} 1.0' in lines


async def test_a_bad_request_says_where_and_never_says_back_what() -> None:
    async with Desk().client() as client:
        answer = await client.post("/api/login", json={"name": "ann", "password": {"deep": "hunter2"}, "more": 1})
    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == ["body.password", "body.more"]
    assert "hunter2" not in answer.text


async def _chunks() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b" " * (BODY_LIMIT // 50)


async def test_a_long_body_is_not_read() -> None:
    async with Desk().client() as client:
        long = await client.post("/api/login", content=b" " * (BODY_LIMIT + 1))
        chunked = await client.post("/api/login", content=_chunks(), headers={"content-type": "application/json"})
        wrong = await client.post("/api/login", content=b"", headers={"content-length": "-5"})
    assert (long.status_code, chunked.status_code, wrong.status_code) == (413, 413, 400)
    assert "bytes" in chunked.json()["error"]


async def test_another_hosts_page_may_not_write() -> None:
    async with Desk().client("sue") as client:
        evil = {"origin": "http://evil.example"}
        assert (await client.post("/api/logout", headers=evil)).status_code == 403
        assert (await client.post("/api/logout", headers={"origin": "http://desk"})).status_code == 204


@pytest.mark.parametrize(
    "path", ["/", "/login.html", "/agent.html", "/supervisor.html", "/icon.svg", "/api/none", "/../x.py"]
)
async def test_every_answer_is_guarded(path: str) -> None:
    async with Desk().client() as client:
        answer = await client.get(path)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    if answer.status_code == 404:
        assert answer.json() == {"error": "Not Found"}


async def test_what_breaks_inside_is_not_told() -> None:
    router = APIRouter()

    @router.get("/api/broken")
    async def broken() -> None:
        raise KeyError("5550 1234")

    async with Desk([router]).client() as client:
        answer = await client.get("/api/broken")
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
    assert answer.headers["x-frame-options"] == "DENY"


async def test_the_description_of_the_api_is_whole() -> None:
    async with Desk().client() as client:
        paths = (await client.get("/api/openapi.json")).json()["paths"]
    assert {"/api/login", "/api/logout", "/api/me", "/api/calls", "/api/calls/{id}/monitor", "/healthz"} <= set(paths)
