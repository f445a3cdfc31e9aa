"""Reports over HTTP: who may see what, as JSON and as files, and what is asked for wrongly."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openpyxl import load_workbook

from cti.access import Gate, Person, Role
from recordings.reports.api import routes
from recordings.reports.counting import Rules
from recordings.reports.figures import By, of
from recordings.reports.files import Format, written
from recordings.reports.intervals import Interval, begun
from recordings.reports.keeper import Keeper
from recordings.reports.query import Line, Report
from recordings.reports.rollups import Rollups
from recordings.reports.schedule import due
from recordings.store import Store
from tests.recordings.reports.test_rollups import LOST, NINE, answered, told
from tests.recordings.scenarios import rows

PEOPLE = {
    "sue": Person("sue", Role.SUPERVISOR),
    "alice": Person("alice", Role.AGENT),
    "sam": Person("sam", Role.SYSTEM),
}
GATE = Gate(bytes(range(32)), PEOPLE)


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    await store.write(
        rows([*answered("a", NINE, "4711", 10), *answered("b", NINE + 900, "4712", 10, "bob"), *told(LOST, "c")])
    )
    keeper = Keeper(Rollups(store, Rules({"orders": 20.0}, 5.0)))
    app = FastAPI()
    app.state.gate = GATE
    app.include_router(routes(store, keeper, {"day": ["alice", "bob"]}, None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client
    await keeper.close()


async def asked(client: httpx.AsyncClient, who: str, path: str = "/api/reports", **query: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {GATE.token(PEOPLE[who])}"}
    whole = {
        "from": str(NINE),
        "to": str(NINE + 3600),
        "by": "queue",
        **{key: str(value) for key, value in query.items()},
    }
    return await client.get(path, params=whole, headers=headers)


async def test_a_report_as_json_and_as_files(client: httpx.AsyncClient) -> None:
    found = (await asked(client, "sue", interval="quarter")).json()
    assert [(line["name"], line["start"] - NINE, line["figures"]["offered"]) for line in found["lines"]] == [
        ("orders", 0, 2),
        ("orders", 900, 1),
    ]
    assert (found["total"]["figures"]["offered"], found["total"]["figures"]["connection_rate"]) == (3, 0.6667)
    day = (await asked(client, "sue", **{"from": "1998-07-09", "to": "1998-07-10T02:00", "interval": "day"})).json()
    assert [line["figures"]["offered"] for line in day["lines"]] == [3], day["total"]
    assert [head["name"] for head in found["heads"]] == list(found["total"]["figures"])
    team = (await asked(client, "sue", by="team")).json()
    assert [(line["name"], line["figures"]["talks"]) for line in team["lines"]] == [("day", 2)]
    text = (await asked(client, "sue", "/api/reports/file", format="csv")).content.decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text)))
    assert [(row["queue"], row["offered"], row["abandoned"]) for row in table] == [("orders", "3", "1"), ("", "3", "1")]
    answer = await asked(client, "sue", "/api/reports/file", format="xlsx", by="agent")
    assert "report-agent.xlsx" in answer.headers["content-disposition"]
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert [[cell.value for cell in row][2:4] for row in sheet.iter_rows()] == [
        ["agent", "talks"], ["alice", 1], ["bob", 1], [None, 2],
    ]  # fmt: skip


async def test_an_agent_sees_his_own(client: httpx.AsyncClient) -> None:
    own = (await asked(client, "alice", by="agent")).json()
    assert [line["name"] for line in own["lines"]] == ["alice"]
    assert own["total"]["figures"]["talks"] == 1
    assert (await asked(client, "alice", by="agent", name="alice")).status_code == 200
    for query in ({"by": "agent", "name": "bob"}, {"by": "queue"}, {"by": "team"}):
        assert (await asked(client, "alice", **query)).status_code == 403
    assert (await asked(client, "alice", "/api/reports/file", by="queue", format="csv")).status_code == 403
    assert (await asked(client, "sam")).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {"from": NINE + 3600},
        {"from": "soon"},
        {"from": "-1e300"},
        {"to": NINE + 400 * 86_400, "interval": "hour"},
        {"to": NINE + 4000 * 86_400},
        {"by": "moon"},
        {"name": "x" * 200},
        {"more": 1},
    ],
)
async def test_what_cannot_be_asked(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert (await asked(client, "sue", **query)).status_code == 422


def test_a_file_has_no_formulas() -> None:
    line = Line("=cmd|' /C calc'!A0", NINE, NINE + 900, {figure.name: None for figure in of(By.NODE)})
    text = written(Report(By.NODE, of(By.NODE), [line], line), None, Format.CSV).decode("utf-8-sig")
    assert ",'=cmd|" in text


def test_when_a_report_is_due() -> None:
    day = begun(time.time(), Interval.DAY, None)
    assert due(day + 7 * 3600, Interval.DAY, 420, None, None) is None
    assert due(day + 7 * 3600 - 1, Interval.DAY, 420, day - 86_400, None) is None
    span = due(day + 7 * 3600, Interval.DAY, 420, begun(day - 1, Interval.DAY, None), None)
    assert span == (begun(day - 1, Interval.DAY, None), day)
    assert due(day + 8 * 3600, Interval.DAY, 420, day, None) is None
