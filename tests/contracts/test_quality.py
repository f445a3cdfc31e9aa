"""Grading, over SQLite and over PostgreSQL: samples, reviews from their draft to the agent's answer, comparisons."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from cti.access import Gate, Person, Role
from cti.calls.words import CallId
from recordings.quality.api import routes
from recordings.quality.forms import Answer, Form, Question, Section
from recordings.quality.samples import Rule, Week
from recordings.quality.store import forget_words, keep_forms
from recordings.quality.team_api import routes as team_routes
from recordings.records.record import CallRecord, Recording, Segment
from recordings.rows import plain
from recordings.store import Store
from recordings.tables import calls, recordings, segments
from recordings.words import Outcome, RecordingState, SegmentKind
from tests.contracts.postgres import postgres
from tests.recordings.quality.test_forms import FORM

PEOPLE = {
    name: Person(name, role)
    for name, role in (
        ("alice", Role.AGENT),
        ("bob", Role.AGENT),
        ("sue", Role.SUPERVISOR),
        ("kim", Role.SUPERVISOR),
        ("ada", Role.AUDITOR),
        ("sam", Role.SYSTEM),
    )
}
GATE = Gate(b"s" * 32, PEOPLE)
WEEK = Week(date(2026, 2, 9))
MONDAY, _ = WEEK.span(UTC)
OTHER = Form(
    "short", "Short", (Section("all", "All", 100, (Question("good", "Good?", (Answer("Yes", 1), Answer("No", 0))),)),)
)
RULE = Rule("weekly", "service", 2, ("sue", "kim"), longer_than_s=30.0)
GOOD = {"greeting": "Fully", "identity": "Yes", "thanked": "Yes"}
REMARK = {"question": "greeting", "text": "<b>well</b> & <script>alert(1)</script>", "at_s": 3.5}


def talked(number: int, agent: str, day: float, length_s: float = 60.0) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """The rows of a call that an agent talked on, with its recording; day 0 is the Monday."""
    id, at = CallId(f"c{number}"), MONDAY + day * 86_400
    record = CallRecord(
        id=id, caller="5550123", arrived_at=at, ended_at=at + length_s, queue="sales", agent=agent, talk_s=length_s,
        outcome=Outcome.ANSWERED, scores=(("satisfied", number % 5 + 1),) if number % 2 else (),
    )  # fmt: skip
    part = Segment(
        call=id, number=1, kind=SegmentKind.TALK, started_at=at, ended_at=at + length_s, agent=agent, queue="sales",
        recording=f"s{number}",
    )  # fmt: skip
    sound = Recording(
        stem=f"s{number}", call=id, agent=agent, started_at=at, state=RecordingState.WHOLE, length_s=length_s
    )
    return plain(record), plain(part), plain(sound)


@dataclass
class Web:
    """The routes, asked by one of the people."""

    client: httpx.AsyncClient

    async def ask(self, who: str, method: str, path: str, status: int = 200, **body: Any) -> Any:
        query, sent = (body, None) if method == "GET" else (None, body)
        headers = {"Authorization": f"Bearer {GATE.token(PEOPLE[who])}"}
        answer = await self.client.request(method, f"/api/quality{path}", headers=headers, params=query, json=sent)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def begun(self, who: str = "sue", call: str = "c1", agent: str = "alice") -> str:
        return str((await self.ask(who, "POST", "/reviews", call=call, agent=agent, form="service"))["id"])


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "sqlite":
        opened = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/cordboard.db")
        yield opened
        await opened.close()
        return
    async with postgres() as url:
        opened = await Store.open(url)
        yield opened
        await opened.close()


async def filled(store: Store) -> Web:
    """Alice talked 5 times in the week, of which once too shortly and once unrecorded, Bob once, and once before."""
    rows = [talked(n, "alice", n) for n in range(1, 4)]
    rows += [talked(4, "alice", 4, 20.0), talked(5, "alice", 5), talked(6, "bob", 1), talked(7, "bob", -1)]
    async with store.writing() as connection:
        await connection.execute(insert(calls), [call for call, _, _ in rows])
        await connection.execute(insert(segments), [part for _, part, _ in rows])
        await connection.execute(insert(recordings), [sound for _, _, sound in rows if sound["stem"] != "s5"])
        await keep_forms(connection, [FORM, OTHER], 0.0)
    return over(store, {"service": FORM, "short": OTHER})


def over(store: Store, forms: Mapping[str, Form]) -> Web:
    app = FastAPI()
    app.state.gate = GATE
    app.include_router(routes(store, forms))
    app.include_router(team_routes(store, forms, {"weekly": RULE}, ("kim", "sue"), UTC))
    return Web(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test"))


async def test_grading(store: Store) -> None:
    """All over one database, since making one takes a while; each part is of calls of its own."""
    web = await filled(store)
    await a_sample(web)
    await a_review_and_its_answer(web)
    await a_customer_is_forgotten(store, web)
    await graders_compared(web)
    await what_is_refused(web)
    await a_form_that_changes(store)
    await figures(web)


async def a_sample(web: Web) -> None:
    drawn = await web.ask("sue", "POST", "/samples/weekly", week="2026-W07")
    assert drawn == [{"agent": "alice", "drawn": 2, "wanted": 2}, {"agent": "bob", "drawn": 1, "wanted": 2}]
    assert await web.ask("kim", "POST", "/samples/weekly", week="2026-W07") == drawn
    found = await web.ask("ada", "GET", "/reviews")
    assert len(found) == 3
    assert {one["call"] for one in found} <= {"c1", "c2", "c3", "c6"}
    told = await web.ask("ada", "GET", "/samples")
    assert {(one["grader"], one["assigned"], one["done"]) for one in told["progress"]} in (
        {("sue", 2, 0), ("kim", 1, 0)},
        {("sue", 1, 0), ("kim", 2, 0)},
    )
    first = found[0]
    await web.ask(first["grader"], "POST", f"/reviews/{first['id']}/submit", answers=GOOD)
    told = await web.ask("ada", "GET", "/samples")
    assert [one["done"] for one in told["progress"] if one["grader"] == first["grader"]] == [1]
    assert (told["rules"][0]["name"], told["progress"][0]["week"]) == ("weekly", "2026-W07")
    await web.ask("sue", "POST", "/samples/weekly", 409, week="2126-W07")
    await web.ask("sue", "POST", "/samples/weekly", 422, week="soon")
    await web.ask("sue", "POST", "/samples/daily", 404, week="2026-W07")
    await web.ask("ada", "POST", "/samples/weekly", 403, week="2026-W07")
    await web.ask("alice", "GET", "/samples", 403)


async def a_review_and_its_answer(web: Web) -> None:
    id = await web.begun(call="c4")
    assert await web.begun(call="c4") == id
    await web.ask("sue", "PUT", f"/reviews/{id}/draft", 204, answers={"greeting": "No"}, remarks=[REMARK])
    assert (await web.ask("sue", "GET", f"/reviews/{id}"))["content"]["remarks"] == [REMARK]
    assert (await web.ask("kim", "GET", f"/reviews/{id}"))["content"]["answers"] == {}
    await web.ask("sue", "POST", f"/reviews/{id}/submit", 422, answers={"greeting": "No"})
    await web.ask("alice", "GET", f"/reviews/{id}", 404)
    await web.ask("sue", "POST", f"/reviews/{id}/release", 409)

    said = await web.ask("sue", "POST", f"/reviews/{id}/submit", answers=GOOD | {"greeting": "No"}, remarks=[REMARK])
    assert (said["review"]["state"], said["review"]["score"]) == ("submitted", 70.0)
    await web.ask("kim", "POST", f"/reviews/{id}/correct", 422, answers=GOOD)
    await web.ask("kim", "POST", f"/reviews/{id}/correct", answers=GOOD | {"identity": "No"}, reasons="heard it again")
    await web.ask("alice", "GET", f"/reviews/{id}", 404)
    assert await web.ask("alice", "GET", "/reviews") == []
    await web.ask("sue", "POST", f"/reviews/{id}/release")

    mine = await web.ask("alice", "GET", f"/reviews/{id}")
    assert (mine["review"]["score"], mine["review"]["fatal"], mine["score"]["fatal"]) == (0.0, True, ["identity"])
    assert [step["deed"] for step in mine["steps"]] == ["release"]
    assert [one["id"] for one in await web.ask("alice", "GET", "/reviews")] == [id]
    await web.ask("bob", "GET", f"/reviews/{id}", 404)
    await web.ask("bob", "GET", "/reviews", 403, agent="alice")
    await web.ask("bob", "POST", f"/reviews/{id}/answer", 404, accepts=True)
    await web.ask("sue", "POST", f"/reviews/{id}/answer", 403, accepts=True)
    await web.ask("alice", "POST", f"/reviews/{id}/answer", 422, accepts=False)
    await web.ask("alice", "POST", f"/reviews/{id}/answer", accepts=False, reasons="I did ask, at 0:12")
    await web.ask("alice", "POST", f"/reviews/{id}/answer", 409, accepts=True)
    await web.ask("alice", "POST", f"/reviews/{id}/uphold", 403, reasons="no")

    end = await web.ask("sue", "POST", f"/reviews/{id}/correct", answers=GOOD, reasons="so it is")
    assert (end["review"]["state"], end["review"]["score"], end["review"]["fatal"]) == ("closed", 100.0, False)
    assert [(step["who"], step["deed"], step["score"], step["reasons"]) for step in end["steps"]] == [
        ("sue", "submit", 70.0, ""),
        ("kim", "correct", 0.0, "heard it again"),
        ("sue", "release", None, ""),
        ("alice", "object", None, "I did ask, at 0:12"),
        ("sue", "correct", 100.0, "so it is"),
    ]
    assert end["steps"][0]["content"]["remarks"] == [REMARK]

    upheld = await web.begun(call="c7", agent="bob")
    await web.ask("sue", "POST", f"/reviews/{upheld}/submit", answers=GOOD)
    await web.ask("sue", "POST", f"/reviews/{upheld}/release")
    await web.ask("bob", "POST", f"/reviews/{upheld}/answer", accepts=True)
    await web.ask("sue", "POST", f"/reviews/{upheld}/correct", 409, answers=GOOD, reasons="late")


async def a_customer_is_forgotten(store: Store, web: Web) -> None:
    async with store.writing() as connection:
        await forget_words(connection, "c4")
    [one] = await web.ask("alice", "GET", "/reviews")
    told = await web.ask("sue", "GET", f"/reviews/{one['id']}")
    assert told["review"]["score"] == 100.0
    assert {step["reasons"] for step in told["steps"]} == {""}
    assert told["steps"][0]["content"] == {"answers": GOOD | {"greeting": "No"}, "remarks": []}


async def graders_compared(web: Web) -> None:
    asked: dict[str, Any] = {"call": "c5", "agent": "alice", "form": "service"}
    id = (await web.ask("sue", "POST", "/calibrations", 201, **asked, graders=["sue", "kim"]))["id"]
    await web.ask("sue", "POST", "/calibrations", 409, **asked, graders=["sue", "kim"])
    await web.ask("sue", "POST", "/calibrations", 422, **asked, graders=["sue", "alice"])
    await web.ask("sue", "POST", "/calibrations", 422, **asked, graders=["sue", "sue"])
    of = {grader: (await web.ask(grader, "GET", "/reviews", call="c5"))[0]["id"] for grader in ("sue", "kim")}
    await web.ask("sue", "POST", f"/reviews/{of['sue']}/submit", answers=GOOD)
    await web.ask("kim", "GET", f"/reviews/{of['sue']}", 404)  # each scores by himself
    early = await web.ask("kim", "GET", f"/calibrations/{id}")
    assert (early["compared"], early["contents"], {one["score"] for one in early["reviews"]}) == (None, {}, {None})
    await web.ask("kim", "POST", f"/reviews/{of['kim']}/submit", answers=GOOD | {"greeting": "Partly"})
    found = (await web.ask("ada", "GET", f"/calibrations/{id}"))["compared"]
    assert (round(found["alike"], 2), round(found["kappa"], 2), found["apart"]) == (0.67, 0.4, ["greeting"])
    assert (await web.ask("ada", "GET", "/calibrations"))[0]["id"] == id
    await web.ask("sue", "POST", f"/reviews/{of['sue']}/release", 409)
    await web.ask("alice", "GET", f"/reviews/{of['sue']}", 404)
    await web.ask("ada", "GET", "/calibrations/none", 404)


async def what_is_refused(web: Web) -> None:
    begin: dict[str, Any] = {"call": "c1", "agent": "alice", "form": "service"}
    await web.ask("sue", "POST", "/reviews", 404, **begin | {"call": "c99"})
    await web.ask("sue", "POST", "/reviews", 422, **begin | {"agent": "bob"})
    await web.ask("sue", "POST", "/reviews", 422, **begin | {"form": "none"})
    for who in ("alice", "ada", "sam"):
        await web.ask(who, "POST", "/reviews", 403, **begin)
    await web.ask("sam", "GET", "/reviews", 403)
    id = (await web.ask("sue", "POST", "/reviews", **begin | {"form": "short"}))["id"]
    await web.ask("kim", "PUT", f"/reviews/{id}/draft", 403)
    await web.ask("kim", "POST", f"/reviews/{id}/submit", 403, answers={"good": "Yes"})
    await web.ask("sue", "POST", "/reviews/none/submit", 404, answers={"good": "Yes"})
    for wrong in (
        {"answers": {"good": "Maybe"}},
        {"answers": {"goood": "Yes"}},
        {"answers": {"good": "Yes"}, "score": 100},
        {"remarks": [{"question": "bad", "text": "x"}]},
        {"remarks": [{"text": ""}]},
        {"remarks": [{"text": "a\x00b"}]},
        {"remarks": [{"text": "x" * 2001}]},
        {"remarks": [{"text": "x", "at_s": -1}]},
        {"remarks": [{"text": "x"}] * 201},
    ):
        await web.ask("sue", "PUT", f"/reviews/{id}/draft", 422, **wrong)
    assert (await web.ask("sue", "GET", f"/reviews/{id}"))["content"] == {"answers": {}, "remarks": []}


async def a_form_that_changes(store: Store) -> None:
    """What was begun by the form as it was stays by it."""
    changed = Form(
        "short",
        "Shorter",
        (Section("all", "All", 100, (Question("fine", "Fine?", (Answer("Yes", 1), Answer("No", 0))),)),),
    )
    async with store.writing() as connection:
        await keep_forms(connection, [changed], 1.0)
        await keep_forms(connection, [changed], 2.0)
    web = over(store, {"service": FORM, "short": changed})
    before = (await web.ask("sue", "POST", "/reviews", call="c1", agent="alice", form="short"))["id"]
    after = (await web.ask("sue", "POST", "/reviews", call="c2", agent="alice", form="short"))["id"]
    assert (await web.ask("sue", "GET", f"/reviews/{before}"))["form"]["title"] == "Short"
    await web.ask("sue", "POST", f"/reviews/{before}/submit", answers={"good": "No"})
    await web.ask("sue", "POST", f"/reviews/{after}/submit", 422, answers={"good": "No"})
    assert (await web.ask("sue", "POST", f"/reviews/{after}/submit", answers={"fine": "Yes"}))["score"]["total"] == 100


async def figures(web: Web) -> None:
    span: dict[str, Any] = {"from": MONDAY - 7 * 86_400, "to": MONDAY + 7 * 86_400}
    found = await web.ask("ada", "GET", "/figures", **span)
    agents = {line["name"]: line for line in found["agents"]}
    # Surveys of calls 1, 3 and 5: 2, 4 and 1; of Bob's 7: 3.
    assert agents["alice"]["surveys"] == {"satisfied": {"count": 3, "mean": 2.33}}
    assert agents["bob"]["surveys"] == {"satisfied": {"count": 1, "mean": 3.0}}
    assert [(line["name"], line["surveys"]["satisfied"]["count"]) for line in found["queues"]] == [("sales", 4)]
    assert sum(line["quality"]["count"] for line in found["agents"]) == found["queues"][0]["quality"]["count"]
    # Alice is given what is released: the one of 100.
    mine = await web.ask("alice", "GET", "/figures", **span)
    assert [(line["name"], line["quality"]) for line in mine["agents"]] == [("alice", {"count": 1, "mean": 100.0})]
    await web.ask("alice", "GET", "/figures", 422, **span | {"to": MONDAY + 200 * 86_400})
    await web.ask("sam", "GET", "/figures", 403, **span)
