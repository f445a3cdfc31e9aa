"""Calls as files: every one once, in each format; safe for spreadsheets; for those who may."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from arro3.io import read_parquet
from fastapi import FastAPI

from cti.access import Gate, Person, Role
from cti.audit import Entry, Result
from cti.calls.events import DispositionGiven
from cti.calls.words import CallId
from cti.desk.audited import Audited
from recordings.records import export as module
from recordings.records.export import COLUMNS
from recordings.records.export_api import routes
from recordings.store import Store
from tests.recordings.scenarios import events, rows

PEOPLE = {role.value: Person(role, role) for role in Role}
GATE = Gate(b"s" * 32, PEOPLE)
TALK = """{at} Arrived caller=+4930123456 caller_name={name}
{at} EnteredMenu node=main
{at} Queued queue=sales
{at}.5 Connected offer=o agent=bob
{at}.7 Ended by=caller"""
COUNT = 25


@pytest.fixture
async def noted(monkeypatch: pytest.MonkeyPatch) -> list[Entry]:
    monkeypatch.setattr(module, "PAGE", 10)
    return []


@pytest.fixture
async def client(store: Store, noted: list[Entry]) -> AsyncIterator[httpx.AsyncClient]:
    happened = [e for n in range(COUNT) for e in events(TALK.format(at=100 + n, name=f'=1+1"{n}'), f"c{n:02}")]
    said = DispositionGiven(
        at=200.0, call=CallId("c03"), agent="bob", queue="sales", disposition="Sold", notes='@SUM(A1)\nsaid "so", 好'
    )
    await store.write(rows([*happened, said]))
    app = FastAPI()
    app.state.gate = GATE
    app.include_router(routes(store, lambda number: {number, "+4930123456"}))
    audited = Audited(app, noted.append, lambda: 1000.0)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(audited), base_url="http://test") as made:
        made.headers["Authorization"] = f"Bearer {GATE.token(PEOPLE['supervisor'])}"
        yield made


async def test_each_format_has_every_call_once(client: httpx.AsyncClient) -> None:
    expected = [f"c{n:02}" for n in reversed(range(COUNT))]
    table = await client.get("/api/records.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"] == 'attachment; filename="records.csv"'
    found = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["id"] for row in found] == expected
    assert list(found[0]) == list(COLUMNS)
    row = next(row for row in found if row["id"] == "c03")
    assert (row["caller"], row["arrived_at"], row["talk_s"][:3]) == ("'+4930***456", "1970-01-01T00:01:43.000Z", "0.2")
    assert (row["path"], row["dispositions"], row["connected_at"][-5:]) == ('["main"]', "Sold", ".500Z")
    # No spreadsheet takes it for a formula.
    assert (row["caller_name"], row["notes"]) == ("'=1+1\"3", '\'@SUM(A1)\nsaid "so", 好')

    lines = [json.loads(line) for line in (await client.get("/api/records.jsonl")).content.splitlines()]
    assert [line["id"] for line in lines] == expected
    assert [part["kind"] for part in lines[0]["segments"]] == ["menu", "wait", "talk"]
    assert lines[-4]["dispositions"][0]["notes"] == '@SUM(A1)\nsaid "so", 好'

    parquet = read_parquet(io.BytesIO((await client.get("/api/records.parquet")).content)).read_all()
    assert [parquet.column("id")[at].as_py() for at in range(parquet.num_rows)] == expected
    assert parquet.column("arrived_at")[-1].as_py().timestamp() == 100.0
    assert parquet.column("notes")[-4].as_py() == '@SUM(A1)\nsaid "so", 好'
    assert parquet.column("outcome")[0].as_py() == "answered"


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(("query", "count"), [("number=030 123456&from=110", 15), ("agent=nobody", 0)])
async def test_the_filters_are_those_of_searches(
    client: httpx.AsyncClient, noted: list[Entry], format: str, query: str, count: int
) -> None:
    answer = await client.get(f"/api/records.{format}?{query}")
    match format:
        case "csv":
            found = len(list(csv.reader(io.StringIO(answer.text)))) - 1
        case "jsonl":
            found = len(answer.content.splitlines())
        case _:
            found = read_parquet(io.BytesIO(answer.content)).read_all().num_rows
    assert found == count
    (entry,) = noted
    assert (entry.what, entry.detail["records"], entry.detail["format"]) == ("records.exported", count, format)
    assert "030" not in str(entry)


async def test_each_export_is_noted_and_an_agent_has_none(client: httpx.AsyncClient, noted: list[Entry]) -> None:
    for _ in range(2):
        assert (await client.get("/api/records.csv")).status_code == 200
    for role in (Role.AGENT, Role.SYSTEM):
        refused = await client.get("/api/records.csv", headers={"Authorization": f"Bearer {GATE.token(PEOPLE[role])}"})
        assert refused.status_code == 403
        assert refused.json()["detail"] == f"this is for supervisor, auditor, admin; {role} is {role}"
    assert [(one.who, one.result, one.detail.get("records")) for one in noted] == [
        ("supervisor", Result.DONE, COUNT),
        ("supervisor", Result.DONE, COUNT),
        ("agent", Result.REFUSED, None),
        ("system", Result.REFUSED, None),
    ]
    for bad in ("records.xml", "records.csv?limit=5", "records.csv?from=x", "records.csv?min_wait=-1"):
        assert (await client.get(f"/api/{bad}")).status_code == 422
