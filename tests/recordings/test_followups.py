"""Follow-ups: who may have which, and that each is told of once, at its time, whatever happens between."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cti.access import Gate, Person, Role
from cti.calls.events import FollowUpDue
from cti.calls.part import Output, Work
from recordings.desk import followups
from recordings.desk.api import routes
from recordings.desk.day import DaysPart
from recordings.desk.followups import FollowUp, FollowUpsPart, untold
from recordings.store import JournalRow, Store

PEOPLE = {p.name: p for p in (Person("bob", Role.AGENT), Person("cat", Role.AGENT), Person("sue", Role.SUPERVISOR))}
GATE = Gate(b"s" * 32, PEOPLE)
NUMBER = "+49 30 1234"


def followup(id: str, at: float) -> FollowUp:
    return FollowUp(id=id, agent="bob", made_by="bob", made_at=0.0, at=at, number=NUMBER, text="the offer")


async def due(part: FollowUpsPart, now: float) -> list[str]:
    out: list[Output] = [*await part.on_time(now)]
    return [output.followup for output in out if isinstance(output, FollowUpDue)]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("set"), st.sampled_from("abc"), st.integers(0, 50)),
            st.tuples(st.just("drop"), st.sampled_from("abc"), st.just(0)),
            st.tuples(st.just("wait"), st.just(""), st.integers(0, 20)),
        )
    )
)
async def test_each_is_told_of_once_and_in_time(steps: list[tuple[str, str, int]]) -> None:
    part, expected, now = FollowUpsPart(), dict[str, float](), 0.0
    for what, id, number in steps:
        if what == "set":
            expected[id] = float(number)
            part.set(followup(id, float(number)))
        elif what == "drop":
            expected.pop(id, None)
            part.drop(id)
        else:
            now += number
            told = await due(part, now)
            assert sorted(told) == sorted(id for id, at in expected.items() if at <= now)
            expected = {id: at for id, at in expected.items() if at > now}
        assert part.next_time() == min(expected.values(), default=None)


async def test_what_was_told_is_not_told_again_after_a_restart(store: Store) -> None:
    async with store.writing() as connection:
        for id, at in (("a", 10.0), ("b", 10.0), ("c", 90.0)):
            assert await followups.add(connection, followup(id, at))
        await followups.change(connection, "b", at=70.0)  # put off before it was told, and the telling came late
    told = [FollowUpDue(at=11.0, agent="bob", followup=id) for id in ("a", "b")]
    await store.write([JournalRow("run", n, event) for n, event in enumerate(told, 1)])
    async with store.connect() as connection:
        assert [one.id for one in await untold(connection)] == ["b", "c"]


@pytest.fixture
def part() -> FollowUpsPart:
    return FollowUpsPart()


@pytest.fixture
def days(store: Store) -> DaysPart:
    return DaysPart(store, UTC)


@pytest.fixture
async def web(store: Store, part: FollowUpsPart, days: DaysPart) -> AsyncIterator[httpx.AsyncClient]:
    async def ask(work: Work) -> None:
        await work(time.time())

    app = FastAPI()
    app.state.gate = GATE
    app.include_router(routes(store, part, ask, ("bob", "cat"), days, {"sales": 20.0}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def as_(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {GATE.token(PEOPLE[name])}"}


def wanted(**other: Any) -> dict[str, Any]:
    return {"number": NUMBER, "at": time.time() + 3600, "text": "asks about\nthe offer", **other}


async def listed(web: httpx.AsyncClient, who: str, query: str = "") -> list[str]:
    answer = await web.get(f"/api/followups{query}", headers=as_(who))
    assert answer.status_code == 200, answer.text
    return [one["text"] for one in answer.json()]


async def test_one_is_made_put_off_and_done(web: httpx.AsyncClient, part: FollowUpsPart) -> None:
    with capture_logs() as logs:
        made = await web.post("/api/followups", headers=as_("bob"), json=wanted(call="c1"))
        assert made.status_code == 201, made.text
        one = made.json()
        assert (one["agent"], one["made_by"], one["number"], one["call"]) == ("bob", "bob", NUMBER, "c1")
        assert part.next_time() == one["at"]
        assert await due(part, one["at"]) == [one["id"]]

        later = {"at": one["at"] + 3600}
        put_off = await web.patch(f"/api/followups/{one['id']}", headers=as_("bob"), json=later)
        assert (put_off.json()["at"], part.next_time()) == (later["at"], later["at"])

        done = await web.patch(f"/api/followups/{one['id']}", headers=as_("sue"), json={"done": True})
        assert done.json()["done_at"] is not None
        assert part.next_time() is None
    assert (await web.patch(f"/api/followups/{one['id']}", headers=as_("bob"), json=later)).status_code == 409
    assert (await listed(web, "bob"), await listed(web, "bob", "?done=true")) == ([], [one["text"]])
    assert NUMBER not in str(logs)


async def test_an_agent_has_his_own_and_a_supervisor_all(web: httpx.AsyncClient) -> None:
    mine = (await web.post("/api/followups", headers=as_("bob"), json=wanted(text="mine"))).json()
    for_bob = wanted(text="sooner", agent="bob", at=time.time() + 60)
    assert (await web.post("/api/followups", headers=as_("cat"), json=for_bob)).status_code == 403
    assert (await web.post("/api/followups", headers=as_("sue"), json=for_bob)).status_code == 201
    assert await listed(web, "bob") == ["sooner", "mine"]
    assert await listed(web, "sue", "?agent=bob") == ["sooner", "mine"]
    assert await listed(web, "cat") == []
    assert (await web.get("/api/followups?agent=bob", headers=as_("cat"))).status_code == 403
    assert (await web.get("/api/followups", headers=as_("sue"))).status_code == 404  # she is no agent
    assert (await web.get("/api/followups")).status_code == 401
    done = await web.patch(f"/api/followups/{mine['id']}", headers=as_("cat"), json={"done": True})
    assert (done.status_code, await listed(web, "bob")) == (404, ["sooner", "mine"])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"number": "call me"}, "pattern"),
        ({"number": "<script>"}, "pattern"),
        ({"number": "1\r\nAction: Originate"}, "pattern"),
        ({"number": "1" * 41}, "40"),
        ({"at": 5.0}, "in the future"),
        ({"at": "2126-01-01"}, "within two years"),
        ({"at": "soon"}, "Unix seconds"),
        ({"text": "x" * 1001}, "1000"),
        ({"text": "a\x00b"}, "pattern"),
        ({"agent": "eve"}, "supervisors"),
        ({"done": True}, "extra"),
    ],
)
async def test_what_is_wrong_is_told(web: httpx.AsyncClient, given: dict[str, Any], why: str) -> None:
    answer = await web.post("/api/followups", headers=as_("bob"), json=wanted(**given))
    assert answer.status_code in (403, 422)
    assert why in answer.text
    assert await listed(web, "bob") == []


@pytest.mark.parametrize("given", [{}, {"done": False}, {"done": True, "at": 5.0}, {"text": "x"}, []])
async def test_a_change_is_one_thing(web: httpx.AsyncClient, given: Any) -> None:
    made = (await web.post("/api/followups", headers=as_("bob"), json=wanted())).json()
    answer = await web.patch(f"/api/followups/{made['id']}", headers=as_("bob"), json=given)
    assert answer.status_code == 422


async def test_there_is_an_end_to_how_many(web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followups, "MOST_OPEN", 2)
    answers = [await web.post("/api/followups", headers=as_("bob"), json=wanted()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 409]


async def test_a_day_is_for_oneself_and_supervisors(web: httpx.AsyncClient, days: DaysPart) -> None:
    assert (await web.get("/api/agents/bob/day", headers=as_("bob"))).status_code == 503
    await days.read(time.time())
    for who, name, status in (("bob", "bob", 200), ("sue", "bob", 200), ("cat", "bob", 403), ("sue", "eve", 404)):
        answer = await web.get(f"/api/agents/{name}/day", headers=as_(who))
        assert answer.status_code == status
    assert (await web.get("/api/agents/bob/day")).status_code == 401
    day = (await web.get("/api/agents/bob/day", headers=as_("bob"))).json()
    assert (day["agent"], day["answered"], day["aht_s"]) == ("bob", 0, None)
