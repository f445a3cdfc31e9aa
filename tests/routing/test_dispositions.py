"""What agents say came of a talk: the tree, the file, the wrap-up that waits for it, the API."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from cti.access import Gate, Person, Role
from cti.calls.part import Work
from cti.calls.words import CallId
from cti.site.files import SiteError, check, parse
from routing.agents import NotAllowed
from routing.dispositions import Disposition, NotADisposition, chosen
from routing.dispositions_api import Talk, routes
from routing.memory_store import MemoryStore
from routing.queues import Queue
from routing.queues_file import QueuesFile
from tests.routing.line import QUEUES, Line
from tests.routing.test_check import told

SALES = (Disposition("Sold", (Disposition("New"), Disposition("Known"))), Disposition("No interest"))
SITE = replace(
    QUEUES,
    by_name={
        **QUEUES,
        "asked": Queue("asked", {"orders": 3}, wrap_up_s=10.0, dispositions="sales"),
        "must": Queue("must", {"orders": 3}, wrap_up_s=10.0, dispositions="sales", disposition_required=True),
        "instant": Queue("instant", {}, wrap_up_s=0.0, dispositions="sales", disposition_required=True),
    },
    dispositions={"sales": SALES},
)
FILE = """\
dispositions:
  sales:
    - Sold: [New, Known]
    - No interest
queues:
  orders: {disposition: {tree: sales, required: true}}
  service: {}
"""


# The tree


@pytest.mark.parametrize(
    ("path", "text"), [(["Sold", "New"], "Sold > New"), (["No interest"], "No interest"), ([], "")]
)
def test_a_path_leads_to_a_result(path: list[str], text: str) -> None:
    assert chosen(SALES, path) == text


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (["Sold"], "Sold is a group: choose one of New, Known"),
        (["Solt"], "there is no disposition 'Solt'; did you mean Sold?"),
        (["Sold", "Old"], "there is no disposition 'Old' under Sold"),
        (["No interest", "New"], "there is no disposition 'New' under No interest"),
    ],
)
def test_a_path_that_leads_nowhere(path: list[str], why: str) -> None:
    with pytest.raises(NotADisposition, match=why.replace("?", r"\?")):
        chosen(SALES, path)


def test_the_file() -> None:
    queues = check(QueuesFile, parse(FILE, "queues.yaml")).build()
    assert (queues.tree("orders"), queues.disposition_required("orders")) == (SALES, True)
    assert (queues.tree("service"), queues.disposition_required("service")) == ((), False)
    assert (queues.tree("gone"), queues.disposition_required("gone")) == ((), False)


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        ("[Sold, Lost, Sold]", "'Sold' is listed twice"),
        ("[Sold: [New, New]]", "'New' is listed twice under 'Sold'"),
        ("[]", "must be a list of 1 to 100 dispositions"),
        ("[Sold: []]", "must be a list of 1 to 100 dispositions under 'Sold'"),
        ("Sold", "must be a list"),
        ("[3]", "'3' is no name of a disposition"),
        ("[Sold > New]", "is no name of a disposition"),
        ("['']", "is no name of a disposition"),
        (f"[{'x' * 61}]", "is no name of a disposition"),
        ("[{Sold: [New], Lost: [Old]}]", "is no name of a disposition"),
        ("[a: [b: [c: [d: [e: [f]]]]]]", "is more than 5 levels deep under 'e'"),
    ],
)
def test_a_tree_that_is_wrong(tree: str, why: str) -> None:
    with pytest.raises(SiteError) as error:
        check(QueuesFile, parse(f"dispositions:\n  sales: {tree}\nqueues: {{a: {{}}}}\n", "q.yaml"))
    (problem,) = error.value.problems
    assert (problem.line, problem.key) == (2, "dispositions.sales")
    assert why in problem.message


def test_a_tree_that_is_not_there() -> None:
    text = "dispositions: {sales: [Sold]}\nqueues:\n  a:\n    disposition: {tree: sale}\n"
    assert told(text) == [
        "q.yaml:4: queues.a.disposition.tree: there is no tree of dispositions 'sale' (did you mean sales?)"
    ]


# The wrap-up


async def talking(queue: str, store: MemoryStore | None = None) -> Line:
    """Alice talks on c1."""
    line = Line(store or MemoryStore(), queues=SITE)
    await line.start()
    for step in ("alice ready", f"c1 queued {queue}", "c1 accepted", "c1 connected"):
        await line.do(step)
    return line


async def talked(queue: str, store: MemoryStore | None = None) -> Line:
    """Alice has just talked on c1."""
    line = await talking(queue, store)
    assert await line.do("c1 ended") == ["alice wrap-up"]
    return line


async def test_wrap_up_lasts_until_it_is_given() -> None:
    line = await talked("must")
    assert await line.wait(3600) == []
    with pytest.raises(NotAllowed, match=r"the disposition of call c1 \(must\) is missing; give it first"):
        await line.do("alice ready")
    with pytest.raises(NotAllowed, match="lasts until the disposition is given"):
        await line.part.extend_wrap_up("alice", 30, line.now)
    assert await line.says("alice", "Sold", "New") == ["alice says Sold > New of c1", "alice ready"]


async def test_what_is_left_of_wrap_up_goes_on() -> None:
    line = await talked("must")
    await line.wait(4)
    assert await line.says("alice", "Sold", "New") == ["alice says Sold > New of c1"]
    assert await line.wait(5) == []
    assert await line.wait(1) == ["alice ready"]


async def test_it_is_given_during_the_talk() -> None:
    line = await talking("must")
    assert await line.says("alice", "Sold", "New") == ["alice says Sold > New of c1"]
    assert await line.do("c1 ended") == ["alice wrap-up"]
    assert await line.wait(10) == ["alice ready"]


async def test_a_queue_without_wrap_up_waits_for_it_too() -> None:
    line = await talked("instant")
    assert await line.says("alice", "Sold", "New") == ["alice says Sold > New of c1", "alice ready"]


async def test_what_was_wished_during_the_talk_comes_true_after_it() -> None:
    line = await talking("must")
    await line.do("alice break")
    await line.do("c1 ended")
    await line.wait(60)
    assert await line.says("alice", "Sold", "New") == ["alice says Sold > New of c1", "alice not ready (break)"]


async def test_one_may_go_home_and_owes_it_still() -> None:
    line = await talked("must")
    assert await line.do("alice break") == ["alice not ready (break)"]
    assert await line.do("alice offline") == ["alice offline"]
    with pytest.raises(NotAllowed, match="give it first"):
        await line.do("alice ready")
    assert await line.says("alice", "Sold", "New") == ["alice says Sold > New of c1"]
    assert await line.do("alice ready") == ["alice ready"]


async def test_where_it_is_asked_and_not_required_nothing_waits() -> None:
    line = await talked("asked")
    assert await line.wait(10) == ["alice ready"]
    assert await line.says("alice", notes="calls again") == ["alice says nothing of c1"]


async def test_notes_alone_are_not_enough_where_it_is_required() -> None:
    line = await talked("must")
    with pytest.raises(NotADisposition, match="the queue must needs one"):
        await line.says("alice", notes="calls again")
    assert await line.wait(3600) == []


async def test_a_new_call_is_not_offered_before() -> None:
    line = await talked("must")
    assert await line.do("c2 queued orders") == ["-> music c2 jazz"]
    await line.wait(60)
    said = await line.says("alice", "Sold", "New")
    assert said == ["alice says Sold > New of c1", "alice ready", *offered("c2")]


def offered(call: str) -> list[str]:
    return [f"offered {call} alice", f"alice reserved {call}", f"-> offer {call} PJSIP/alice 15s"]


async def test_a_restart_forgets_nothing() -> None:
    store = MemoryStore()
    await (await talked("must", store)).wait(1)
    line = Line(store, queues=SITE)
    await line.start()
    await line.settle([])
    assert await line.wait(3600) == []
    assert await line.says("alice", "Sold", "New") == ["alice says Sold > New of c1", "alice ready"]


async def test_a_site_that_asks_no_more_lets_them_go() -> None:
    store = MemoryStore()
    await (await talked("must", store)).wait(1)
    line = Line(store)
    await line.start()
    assert await line.wait(1) == ["alice ready"]


async def test_a_talk_found_under_way_is_asked_for_too() -> None:
    line = Line(MemoryStore(), queues=SITE)
    await line.start()
    for step in ("alice ready", "c1 queued must", "c1 adopted talk"):
        await line.do(step)
    assert await line.do("c1 left talk") == ["alice wrap-up"]
    assert await line.wait(3600) == []


# Over HTTP

PEOPLE = {p.name: p for p in (Person("alice", Role.AGENT), Person("bob", Role.AGENT), Person("sue", Role.SUPERVISOR))}
GATE = Gate(b"x" * 32, PEOPLE)


@dataclass(frozen=True)
class Earlier:
    queue: str
    ended_at: float | None


EARLIER: Mapping[tuple[str, str], Earlier] = {
    ("c7", "alice"): Earlier("asked", None),
    ("c8", "alice"): Earlier("asked", time.time()),
    ("c9", "alice"): Earlier("asked", time.time() - 86_400.0),
}


@pytest.fixture
async def line() -> Line:
    return await talked("must")


@pytest.fixture
async def web(line: Line) -> AsyncIterator[httpx.AsyncClient]:
    async def ask(work: Work) -> None:
        await line._carry_out(await work(line.now))

    async def had(call: CallId, agent: str) -> Talk | None:
        return EARLIER.get((call, agent))

    app = FastAPI()
    app.state.gate = GATE
    app.include_router(routes(line.part, ask, had, UTC))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def as_(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {GATE.token(PEOPLE[name])}"}


SOLD = {"path": ["Sold", "New"], "notes": "  two of them,\nby Friday "}


async def test_an_agent_gives_it_and_is_ready(web: httpx.AsyncClient, line: Line) -> None:
    await line.wait(60)
    with capture_logs() as logs:
        answer = await web.post("/api/calls/c1/disposition", headers=as_("alice"), json=SOLD)
    assert answer.json() == {"call": "c1", "queue": "must", "disposition": "Sold > New"}
    assert line.part.floor.crew.statuses["alice"].state == "ready"
    assert "Friday" not in str(logs)


@pytest.mark.parametrize(
    ("who", "call", "given", "status", "why"),
    [
        ("", "c1", SOLD, 401, "log in"),
        ("bob", "c1", SOLD, 404, "you did not talk on it"),
        ("sue", "c1", SOLD, 404, "no agent of this site"),
        ("alice", "c2", SOLD, 404, "you did not talk on it"),
        ("alice", "c9", SOLD, 409, "the day of this call is over"),
        ("alice", "c1", {"path": ["Sold"]}, 422, "is a group"),
        ("alice", "c1", {"path": []}, 422, "needs one"),
        ("alice", "c8", {}, 422, "give a path, notes, or both"),
        ("alice", "c1", {"path": ["Sold", "New"], "agent": "bob"}, 422, "extra"),
        ("alice", "c1", {"path": ["x"] * 6}, 422, "at most 5"),
        ("alice", "c1", {"path": "Sold"}, 422, "list"),
        ("alice", "c1", {"path": ["Sold", "New"], "notes": "x" * 4001}, 422, "4000"),
        ("alice", "c1", {"path": ["Sold", "New"], "notes": "a\x00b"}, 422, "pattern"),
        ("alice", "c" * 65, SOLD, 422, "64"),
    ],
)
async def test_what_is_refused(
    *, web: httpx.AsyncClient, line: Line, who: str, call: str, given: Any, status: int, why: str
) -> None:
    answer = await web.post(f"/api/calls/{call}/disposition", headers=as_(who) if who else {}, json=given)
    assert (answer.status_code, why in answer.text) == (status, True), answer.text
    assert line.part.floor.crew.statuses["alice"].owes


@pytest.mark.parametrize("call", ["c7", "c8"])
async def test_of_an_earlier_call_of_the_day(web: httpx.AsyncClient, line: Line, call: str) -> None:
    """It is written down; what is owed for the last call is owed still."""
    answer = await web.post(f"/api/calls/{call}/disposition", headers=as_("alice"), json={"path": ["No interest"]})
    assert answer.json() == {"call": call, "queue": "asked", "disposition": "No interest"}
    assert line.part.floor.crew.statuses["alice"].owes


async def test_what_there_is_to_choose_from(web: httpx.AsyncClient) -> None:
    asked, must, _ = (await web.get("/api/dispositions", headers=as_("alice"))).json()
    assert (asked["queue"], asked["required"], must["required"]) == ("asked", False, True)
    assert asked["tree"][0]["name"] == "Sold"
    assert [under["name"] for under in asked["tree"][0]["under"]] == ["New", "Known"]
    assert (await web.get("/api/dispositions")).status_code == 401
