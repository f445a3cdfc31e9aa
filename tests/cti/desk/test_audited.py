"""What goes into the audit log, and what must not."""

from __future__ import annotations

from cti.access import COOKIE
from cti.audit import Entry, Result
from tests.cti.desk.desktop import GATE, PEOPLE, Desk, connected
from tests.cti.desk.stories import C1, talks


def short(entries: list[Entry]) -> list[tuple[str, str, str, str]]:
    return [(e.who, e.what, e.object, e.result) for e in entries]


async def test_log_ins_and_their_failures_but_never_what_was_typed() -> None:
    desk = Desk()
    async with desk.client() as client:
        for name, password in (("ann", "secret of ann"), ("ann", "wrong"), ("my p4ssword!", "ann"), ("", "")):
            await client.post("/api/login", json={"name": name, "password": password})
        await client.post("/api/login", json={"name": "ann"})  # no log-in at all
        await client.get("/api/calls", headers={"Cookie": ""})
        client.cookies.clear()
        client.cookies.set(COOKIE, GATE.token(PEOPLE["ann"]))
        await client.post("/api/logout")
    refused = ("", "login", "", Result.REFUSED)
    assert short(desk.noted) == [
        ("ann", "login", "", Result.DONE),
        ("ann", "login", "", Result.REFUSED),
        refused,
        refused,
        ("ann", "logout", "", Result.DONE),
    ]
    assert {(e.at, e.address) for e in desk.noted} == {(desk.now, "127.0.0.1")}
    assert "p4ssword" not in repr(desk.noted)


async def test_who_is_not_logged_in_cannot_fill_the_log() -> None:
    desk = Desk()
    async with desk.client() as client:
        for path in ("/api/records/a", "/api/customers/1", "/api/nothing", "/nothing.html", "/healthz"):
            await client.get(path)
        for _ in range(80):
            await client.post("/api/login", json={"name": "nobody", "password": "x"})
    assert len(desk.noted) < 20  # then it has to wait


async def test_listening_in_says_how() -> None:
    desk = Desk()
    await desk.happens(*talks())
    async with desk.client("sue") as client:
        for mode in ("listen", "whisper", "barge"):
            await client.put(f"/api/calls/{C1}/monitor", json={"mode": mode})
        await client.delete(f"/api/calls/{C1}/monitor")
    async with desk.client("max") as client:
        await client.put(f"/api/calls/{C1}/monitor", json={"mode": "listen"})  # has no phone
    monitor, here = "call.monitor", f"call:{C1}"
    assert short(desk.noted) == [
        *[("sue", monitor, here, Result.DONE)] * 3,
        ("sue", "call.monitor-end", here, Result.DONE),
        ("max", monitor, here, Result.FAILED),
    ]
    assert [e.detail.get("mode") for e in desk.noted] == ["listen", "whisper", "barge", None, "listen"]
    assert desk.noted[0].role == "supervisor"


async def test_what_is_refused_is_noted_once_a_minute_whatever_was_asked_for() -> None:
    desk = Desk()
    await desk.happens(*talks())
    async with desk.client("bob") as client:
        for _ in range(3):
            assert (await client.get(f"/api/calls/{C1}")).status_code == 404
        assert (await client.post(f"/api/calls/{C1}/hangup")).status_code == 404
        assert (await client.put(f"/api/calls/{C1}/monitor", json={"mode": "barge"})).status_code == 403
        assert (await client.get("/api/calls/%2B49%20170%0A1<script>")).status_code == 404
        desk.now += 61
        assert (await client.get(f"/api/calls/{C1}")).status_code == 404
    assert short(desk.noted) == [
        ("bob", "request", f"GET /api/calls/{C1}", Result.REFUSED),
        ("bob", "call.hangup", f"call:{C1}", Result.REFUSED),
        ("bob", "call.monitor", f"call:{C1}", Result.REFUSED),
        ("bob", "request", "GET /api/calls/+49?170?1?script?", Result.REFUSED),
        ("bob", "request", f"GET /api/calls/{C1}", Result.REFUSED),
    ]


async def test_another_hosts_page_that_would_follow_the_feed() -> None:
    desk = Desk()
    async with connected(desk.app, GATE.token(PEOPLE["ann"]), origin="http://evil") as socket:
        assert await socket.closed() == 4403
    assert short(desk.noted) == [("ann", "request", "GET /ws", Result.REFUSED)]
