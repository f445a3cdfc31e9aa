"""Who is given a number whole by what: all that is read, asked by each role, in a server with the number in all it has.

A route that is not in the tables gives it to nobody.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from itertools import product

import pytest
import pytest_asyncio

from cti.desk.veil import ASKED, HEADER, OPENED, OWN, PLAIN
from tests.config.test_roles import TABLE
from tests.config.whole_server import CALLER, Server, server

WHOLE = CALLER[-9:]
"""As any line or country writes it."""
HIDDEN = f"***{CALLER[-4:]}"
WHO = ["alice", "agent", "supervisor", "auditor", "admin", "system"]
"""Alice is an agent who has talked with the caller; the agent has not."""

GIVES = {
    "GET /api/calls": "alice",
    "GET /api/calls/{id}": "alice",
    "GET /api/calls/{id}/before": "alice",
    "GET /api/customers/{id}": "alice agent supervisor",
    "GET /api/customers/export": "supervisor admin",
    "GET /api/followups": "alice",
    "GET /api/records": "alice",
    "GET /api/records/{call}": "alice supervisor",
    "GET /api/records/{call}/comments": "alice supervisor",
}
SHOWS = {
    "GET /api/calls/{id}": "supervisor admin",
    "GET /api/customers/{id}": "admin",
    "GET /api/records/{call}": "auditor admin",
    "GET /api/records/{call}/comments": "auditor admin",
}
"""Besides, where it is asked for."""
EXPORTS = "supervisor auditor admin"

_ASKS = {
    "GET /api/followups": {"agent": "alice"},
    "GET /api/reports": {"by": "queue", "from": "2026-01-01", "to": "2030-01-01"},
    "GET /api/reports/file": {"by": "queue", "from": "2026-01-01", "to": "2030-01-01", "format": "csv"},
}
HIDES = {
    "GET /api/calls",
    "GET /api/calls/{id}",
    "GET /api/calls/{id}/before",
    "GET /api/customers",
    "GET /api/customers/{id}",
    "GET /api/followups",
    "GET /api/records",
    "GET /api/records/{call}",
    "GET /api/records/{call}/comments",
    "GET /api/shares/{id}",
}
"""What somebody was given hidden: else the walk would have missed the place."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def planted(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Server, dict[str, list[str]]]]:
    """With the number on a card, in a note, a comment, a follow-up; and values for the parameters of paths."""
    async with server(tmp_path_factory.mktemp("numbers") / "site") as running:

        async def made(who: str, path: str, **body: object) -> str:
            answer = await running.asks(who, method="POST", url=path, json=body)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        said = f"asks to be called at {CALLER}"
        customer = await made("supervisor", "/api/customers", name="Ada", numbers=[CALLER], notes=said)
        comment = {"recording": "2026/o1", "second": 0.1, "text": said}
        await made("supervisor", "/api/records/c1/comments", **comment)
        later = time.time() + 3600
        for who in ("alice", "supervisor"):
            await made(who, "/api/followups", number=CALLER, at=later, text=said, agent="alice")
        share = {"recording": "2026/o1", "role": "agent", "until": later}
        link = await made("supervisor", "/api/records/c1/shares", **share)
        known = {**running.known, "id": [*running.known["id"], customer, link], "format": ["csv", "jsonl"]}
        yield running, known


@pytest.mark.asyncio(loop_scope="module")
async def test_who_is_given_a_number_whole(planted: tuple[Server, dict[str, list[str]]]) -> None:
    running, known = planted
    routes = [route for route in TABLE if route.startswith("GET ")]
    gives: dict[str, set[str]] = {}
    shows: dict[str, set[str]] = {}
    hides: set[str] = set()
    understood: set[str] = set()
    for route, who in product(routes, WHO):
        for path in _paths(route.removeprefix("GET "), known):
            for found, headers in ((gives, {}), (shows, {HEADER: "whole"})):
                answer = await running.asks(who, method="GET", url=path, params=_ASKS.get(route, {}), headers=headers)
                if answer.status_code != 422:
                    understood.add(route)
                if WHOLE in answer.text:
                    found.setdefault(route, set()).add(who)
                elif HIDDEN in answer.text:
                    hides.add(route)
    assert gives == {route: set(names.split()) for route, names in GIVES.items()}
    besides = {route: names - gives.get(route, set()) for route, names in shows.items()}
    assert {route: names for route, names in besides.items() if names} == {
        route: set(names.split()) for route, names in SHOWS.items()
    }
    assert hides >= HIDES
    assert understood == set(routes), "what these want is to be said in _ASKS"


@pytest.mark.asyncio(loop_scope="module")
async def test_who_may_take_numbers_out_and_look_for_one(planted: tuple[Server, dict[str, list[str]]]) -> None:
    running, _ = planted
    for who, format in product(WHO, ("csv", "jsonl")):
        answer = await running.asks(who, method="GET", url=f"/api/records.{format}", params={"whole": "true"})
        assert (WHOLE in answer.text) is (who in EXPORTS.split())
    for path in ("/api/records", "/api/customers"):
        found = await running.asks("supervisor", method="GET", url=path, params={"number": CALLER})
        assert HIDDEN in found.text
    # What was read hidden is not written: the number would be lost.
    (card,) = (await running.asks("admin", method="GET", url="/api/customers")).json()["customers"]
    wrong = {key: card[key] for key in ("version", "name", "notes")}
    refused = await running.asks("admin", method="PUT", url=f"/api/customers/{card['id']}", json=wrong)
    assert refused.status_code == 409
    log = await running.asks("auditor", method="GET", url="/api/audit", params={"what": "numbers.shown"})
    assert {entry["entry"]["who"] for entry in log.json()["entries"]} == {"supervisor", "auditor", "admin"}
    assert WHOLE not in log.text


def test_the_tables_have_no_route_that_is_gone() -> None:
    assert {*OWN, *OPENED, *ASKED, *PLAIN} <= TABLE.keys()


def _paths(path: str, known: dict[str, list[str]]) -> list[str]:
    """The path with all values that lead somewhere in place of its parameter."""
    name = re.search(r"{(\w+)}", path)
    return [path] if name is None else [path.replace(name.group(), one) for one in known[name.group(1)]]
