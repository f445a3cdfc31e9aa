"""Logging in as a page and as a program, what renews a log-in, and what ends it."""

from __future__ import annotations

import time
from datetime import datetime, tzinfo

import httpx
import pytest

from cti.access import COOKIE, SESSION_S, Person, Role
from cti.audit import Result
from cti.desk.audited import REFUSAL
from cti.desk.feed import ALIVE_S, LOG_IN_FIRST
from cti.desk.login_api import REFRESH, REFRESH_COOKIE
from cti.sessions import GRACE_S
from tests.cti.desk.desktop import PEOPLE, Desk, connected
from tests.cti.desk.stories import rings, talks

PAGE = {"origin": "http://desk", "user-agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/150.0"}


@pytest.fixture
def desk() -> Desk:
    return Desk(bound=True)


async def logged_in(desk: Desk, client: httpx.AsyncClient, name: str) -> httpx.Response:
    desk.now += 1
    answer = await client.post("/api/login", json={"name": name, "password": f"secret of {name}"})
    assert answer.status_code == 200
    return answer


def page(desk: Desk) -> httpx.AsyncClient:
    client = desk.client()
    client.headers.update(PAGE)
    return client


async def test_a_page_gets_tokens_that_no_script_reads_and_a_program_gets_one(desk: Desk) -> None:
    async with page(desk) as browser, desk.client() as program:
        answer = await logged_in(desk, browser, "ann")
        assert answer.json()["token"] == ""
        cookies = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
        assert cookies.keys() == {COOKIE, REFRESH_COOKIE}
        assert all("HttpOnly" in line and "SameSite=strict" in line for line in cookies.values())
        assert f"Path={REFRESH};" in cookies[REFRESH_COOKIE] + ";"
        token = (await logged_in(desk, program, "ann")).json()["token"]
        assert list(program.cookies) == [COOKIE]
        mine = (await program.get("/api/sessions", headers={"authorization": f"Bearer {token}"})).json()
        assert [(one["browser"], one["address"], one["here"]) for one in mine] == [
            ("Firefox, Windows", "127.0.0.1", False),
            ("python-httpx", "127.0.0.1", True),
        ]


class AnHourLater(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> AnHourLater:
        return cls.fromtimestamp(time.time() + 3600, tz)


async def test_a_pages_token_is_short_and_its_feed_follows_the_session(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with page(desk) as browser:
        await logged_in(desk, browser, "ann")
        async with connected(desk.app, cookie=f"{COOKIE}={browser.cookies[COOKIE]}") as socket:
            assert (await socket.hear())["type"] == "snapshot"
            with monkeypatch.context() as later:
                later.setattr("jwt.api_jwt.datetime", AnHourLater)
                assert (await browser.get("/api/me")).status_code == 401
                async with connected(desk.app, cookie=f"{COOKIE}={browser.cookies[COOKIE]}") as late:
                    assert await late.closed() == LOG_IN_FIRST
                desk.now += ALIVE_S
                await desk.happens(*rings("ann"))
                assert (await socket.hear())["type"] == "change"
                assert (await browser.post("/api/logout")).status_code == 204, "who logs out late is logged out too"
            assert desk.sessions.all() == []
            desk.now += ALIVE_S
            await desk.happens(*talks("ann")[-1:])
            while (last := await socket.from_app.get())["type"] != "websocket.close":
                assert last["type"] == "websocket.send"
            assert last["code"] == LOG_IN_FIRST


async def test_a_page_is_renewed_until_its_session_ends(desk: Desk) -> None:
    async with page(desk) as browser:
        assert (await browser.post(REFRESH)).status_code == 401
        await logged_in(desk, browser, "ann")
        for _ in range(3):
            desk.now += 600
            before = browser.cookies[REFRESH_COOKIE]
            assert (await browser.post(REFRESH)).status_code == 204
            assert browser.cookies[REFRESH_COOKIE] != before
            assert (await browser.get("/api/me")).json()["name"] == "ann"
        desk.now += SESSION_S - 1800
        assert (await browser.post(REFRESH)).status_code == 401
        assert (await browser.get("/api/me")).status_code == 401


async def test_a_stolen_refresh_token_ends_the_session_and_is_noted(desk: Desk) -> None:
    async with page(desk) as browser, page(desk) as thief:
        await logged_in(desk, browser, "ann")
        thief.cookies.set(REFRESH_COOKIE, browser.cookies[REFRESH_COOKIE])
        assert (await thief.post(REFRESH)).status_code == 204
        desk.now += GRACE_S + 1
        assert (await browser.post(REFRESH)).status_code == 403
        assert (await thief.get("/api/me")).status_code == 401
        assert (await thief.post(REFRESH)).status_code == 401
    noted = [(entry.who, entry.what, entry.object, entry.result) for entry in desk.noted]
    assert noted[1:] == [("ann", REFUSAL, f"POST {REFRESH}", Result.REFUSED)]


async def test_a_role_that_was_changed_is_not_renewed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with page(desk) as browser:
        await logged_in(desk, browser, "ann")
        monkeypatch.setitem(PEOPLE, "ann", Person("ann", Role.SUPERVISOR))
        assert (await browser.post(REFRESH)).status_code == 401
        monkeypatch.delitem(PEOPLE, "ann")
        assert (await browser.post(REFRESH)).status_code == 401


async def test_people_see_and_end_their_own(desk: Desk) -> None:
    async with page(desk) as here, page(desk) as home, page(desk) as sue:
        for browser, name in ((here, "ann"), (home, "ann"), (sue, "sue")):
            await logged_in(desk, browser, name)
        mine = (await here.get("/api/sessions")).json()
        assert [(one["name"], one["here"]) for one in mine] == [("ann", True), ("ann", False)]
        (sues,) = (await sue.get("/api/sessions")).json()
        assert (await here.delete(f"/api/sessions/{sues['id']}")).status_code == 404
        assert (await here.get("/api/people/sessions")).status_code == 403
        assert (await here.delete("/api/people/sue/sessions")).status_code == 403
        assert (await here.delete("/api/sessions")).json() == {"ended": 1}
        assert (await home.get("/api/me")).status_code == 401
        assert (await here.get("/api/me")).status_code == 200
        await logged_in(desk, here, "ann")
        (again,) = (await here.get("/api/sessions")).json()
        assert again["id"] != mine[0]["id"], "who logs in anew where he was has one session still"
        assert (await here.delete(f"/api/sessions/{again['id']}")).status_code == 204
        assert (await here.get("/api/me")).status_code == 401
    assert [entry.detail for entry in desk.noted if entry.what == "session.ended"] == [{}, {}, {"ended": 1}, {}]


async def test_an_administrator_sees_and_ends_everybodys(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PEOPLE, "max", Person("max", Role.ADMIN))
    async with page(desk) as ann, page(desk) as bob, page(desk) as admin:
        for browser, name in ((ann, "ann"), (bob, "bob"), (admin, "max")):
            await logged_in(desk, browser, name)
        seen = (await admin.get("/api/people/sessions")).json()
        assert [(one["name"], one["here"]) for one in seen] == [("ann", False), ("bob", False), ("max", True)]
        assert (await admin.delete(f"/api/people/bob/sessions/{seen[0]['id']}")).status_code == 404
        assert (await admin.delete(f"/api/people/ann/sessions/{seen[0]['id']}")).status_code == 204
        assert (await admin.delete("/api/people/bob/sessions")).json() == {"ended": 1}
        assert {(await browser.get("/api/me")).status_code for browser in (ann, bob)} == {401}
        assert (await admin.get("/api/me")).status_code == 200
    ended = [(entry.who, entry.object, entry.result) for entry in desk.noted if entry.what == "session.ended"]
    done = Result.DONE
    assert ended == [
        ("max", "person:bob", Result.REFUSED),
        ("max", "person:ann", done),
        ("max", "person:bob", done),
    ]
