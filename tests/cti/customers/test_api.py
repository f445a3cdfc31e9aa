"""The API of customers: who may do what, hostile cards and files, and tables in and out."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook
from structlog.testing import capture_logs

from cti.customers import api, exchange
from cti.customers.api import Contact
from cti.customers.card import Rules
from cti.customers.exchange import UPLOADS
from cti.customers.store import Store
from cti.desk.guard import BODY_LIMIT
from tests.cti.desk.desktop import Desk

RULES = Rules("DE", ("Contract",), {"ann", "bob"})
ADA = {"name": "Ada <script>", "numbers": ["030 123456"], "level": "gold", "owner": "ann", "fields": {"Contract": "7"}}
CALL = Contact("c1", 100.0, "sales", "ann", "answered", 5.0, 60.0)


class Office:
    """A desk with customers."""

    def __init__(self, store: Store) -> None:
        self.changed: list[set[str]] = []
        self.asked: set[str] = set()
        routers = [
            exchange.routes(store, RULES, self._changed, lambda: 100.0),
            api.routes(store, RULES, self._contacts, self._changed, lambda: 100.0),
        ]
        self.desk = Desk(routers, uploads=UPLOADS)

    def _changed(self, numbers: Collection[str]) -> None:
        self.changed.append(set(numbers))

    async def _contacts(self, numbers: Collection[str], most: int) -> Sequence[Contact]:
        self.asked = set(numbers)
        return [CALL]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/cordboard.db")
    yield Office(store)
    await store.close()


@pytest.fixture
async def ann(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    async with office.desk.client("ann") as client:
        yield client


@pytest.fixture
async def sue(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    async with office.desk.client("sue") as client:
        yield client


async def added(client: httpx.AsyncClient, **more: object) -> dict[str, Any]:
    answer = await client.post("/api/customers", json=ADA | more)
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()
    return card


async def test_an_agent_makes_finds_and_changes_cards(office: Office, ann: httpx.AsyncClient) -> None:
    card = await added(ann)
    assert card["numbers"] == ["+4930123456"]
    assert (card["name"], card["version"], card["fields"]) == ("Ada <script>", 1, {"Contract": "7"})
    for query in ({"text": "ada"}, {"text": "123456"}, {"number": "0049 30 123456"}, {}):
        page = (await ann.get("/api/customers", params=query)).json()
        assert page == {"customers": [card | {"numbers": ["+4930***456"]}], "next": None}
    assert (await ann.get("/api/customers", params={"number": "nobody"})).json()["customers"] == []
    path = f"/api/customers/{card['id']}"
    assert (await ann.get(path)).json() == card
    new = {**ADA, "numbers": ["+4930999999"], "version": 1}
    changed = await ann.put(path, json=new)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await ann.put(path, json=new)).status_code == 409
    assert office.changed == [{"+4930123456"}, {"+4930123456", "+4930999999"}]


async def test_all_that_is_wrong_is_told_and_not_said_back(ann: httpx.AsyncClient) -> None:
    wrong = {**ADA, "name": "", "owner": "eve", "numbers": ["hunter2"], "fields": {"Shoe": "43", "name": "x"}}
    answer = await ann.post("/api/customers", json=wrong)
    assert answer.status_code == 422
    assert {problem["where"] for problem in answer.json()["problems"]} == {
        "body.name",
        "body.owner",
        "body.numbers",
        "body.Shoe",
    }
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("id", ["0", "-1", "x", "99999999999999999999"])
async def test_numbers_that_no_card_can_have(ann: httpx.AsyncClient, id: str) -> None:
    assert (await ann.get(f"/api/customers/{id}")).status_code == 422


async def test_what_is_for_supervisors(office: Office, ann: httpx.AsyncClient) -> None:
    card = await added(ann)
    path = f"/api/customers/{card['id']}"
    for method, where, body in (
        ("POST", "/api/customers/preview", None),
        ("POST", "/api/customers/import", None),
        ("GET", "/api/customers/export", None),
        ("POST", f"{path}/merge", {"other": 1}),
        ("DELETE", path, None),
    ):
        assert (await ann.request(method, where, json=body)).status_code == 403
        async with office.desk.client() as nobody:
            assert (await nobody.request(method, where, json=body)).status_code == 401
    assert (await ann.get(path)).status_code == 200


async def test_what_may_be_on_a_card_and_who_has_it(office: Office, ann: httpx.AsyncClient) -> None:
    await added(ann)
    await added(ann, level="", region="North")
    choices = {"fields": ["Contract"], "owners": ["ann", "bob"], "levels": ["gold"], "regions": ["North"]}
    assert (await ann.get("/api/customers/choices")).json() == choices | {"departments": []}
    found = await ann.get("/api/customers", params={"text": "ada", "level": "gold", "owner": "ann"})
    assert [card["level"] for card in found.json()["customers"]] == ["gold"]
    assert (await ann.get("/api/customers", params={"region": "South"})).json()["customers"] == []


async def test_of_two_values_the_one_that_is_taken_stays(office: Office, sue: httpx.AsyncClient) -> None:
    one = await added(sue, email="old@example.com")
    two = await added(sue, name="Ada King", email="new@example.com", level="silver", fields={"Contract": "8"})
    take = {"other": two["id"], "take": ["name", "email", "Contract"]}
    merged = (await sue.post(f"/api/customers/{one['id']}/merge", json=take)).json()
    assert (merged["name"], merged["email"], merged["level"]) == ("Ada King", "new@example.com", "gold")
    assert merged["fields"] == {"Contract": "8"}


async def test_merging_and_deleting(office: Office, sue: httpx.AsyncClient) -> None:
    one, two = await added(sue), await added(sue, numbers=["+8613912345678"], email="a@example.com")
    path = f"/api/customers/{one['id']}"
    with capture_logs() as logs:
        merged = await sue.post(f"{path}/merge", json={"other": two["id"]})
        assert merged.json()["numbers"] == ["+4930123456", "+8613912345678"]
        assert merged.json()["email"] == "a@example.com"
        assert (await sue.post(f"{path}/merge", json={"other": two["id"]})).status_code == 404
        assert (await sue.post(f"{path}/merge", json={"other": one["id"]})).status_code == 409
        assert (await sue.delete(path)).status_code == 204
        assert (await sue.delete(path)).status_code == 404
    assert [(log["event"], log["who"]) for log in logs] == [("customers merged", "sue"), ("customer deleted", "sue")]
    assert "4930" not in str(logs)
    assert office.changed[2:] == [{"+4930123456", "+8613912345678"}] * 2


async def test_contacts_are_asked_for_by_every_spelling(office: Office, ann: httpx.AsyncClient) -> None:
    card = await added(ann)
    answer = await ann.get(f"/api/customers/{card['id']}/contacts")
    assert [contact["call"] for contact in answer.json()] == ["c1"]
    assert {"+4930123456", "030123456", "004930123456"} <= office.asked
    none = await added(ann, numbers=[])
    assert (await ann.get(f"/api/customers/{none['id']}/contacts")).json() == []


def table(good: int, bad: int) -> bytes:
    """Good rows with every so often a bad one among them."""
    rows = ["Name;Phone;Notes"]
    for n in range(good):
        rows.append(f"Customer {n};030 {1000000 + n};=note {n}")
        if n < bad:
            rows.append(
                (f";030 {5000000 + n};", f"X{n};1;", f"Customer {n};030 {1000000 + n};", f"{'x' * 121};;")[n % 4]
            )
    return "\n".join(rows).encode()


async def test_a_table_is_looked_through_then_taken_and_its_bad_rows_come_back(sue: httpx.AsyncClient) -> None:
    content = table(2000, 40)
    looked = (await sue.post("/api/customers/preview", content=content)).json()
    assert (looked["good"], looked["bad"]) == (2000, 40)
    assert (looked["head"], looked["columns"]) == (["Name", "Phone", "Notes"], ["name", "numbers", "notes"])
    assert looked["rows"][0] == ["Customer 0", "030 1000000", "=note 0"]
    assert len(looked["rows"]) == 20
    assert looked["problems"][:4] == [
        {"row": 3, "why": "name is missing"},
        {"row": 5, "why": "numbers is no telephone number"},
        {"row": 7, "why": "a double of row 6"},
        {"row": 9, "why": "name is longer than 120 characters"},
    ]
    assert (await sue.get("/api/customers")).json()["customers"] == []

    taken = await sue.post("/api/customers/import", content=content)
    assert (taken.headers["cordboard-imported"], taken.headers["cordboard-refused"]) == ("2000", "40")
    refused = list(csv.reader(io.StringIO(taken.text.removeprefix("\ufeff"))))
    assert refused[:2] == [["row", "reason", "Name", "Phone", "Notes"], ["3", "name is missing", "", "030 5000000"]]
    assert len(refused) == 41
    (found,) = (await sue.get("/api/customers", params={"text": "030 1001999"})).json()["customers"]
    assert found["name"] == "Customer 1999"

    again = await sue.post("/api/customers/import", content=content)
    assert again.headers["cordboard-imported"] == "0"
    assert "a double of a customer who is there already" in again.text


async def test_one_table_at_a_time_and_how_far_it_is(sue: httpx.AsyncClient) -> None:
    assert (await sue.get("/api/customers/work")).json() is None
    looking = asyncio.create_task(sue.post("/api/customers/preview", content=table(3000, 0)))
    while not (work := (await sue.get("/api/customers/work")).json()) or not work["rows"]:
        assert not looking.done()
        await asyncio.sleep(0)
    assert (work["who"], work["rows"] % 500) == ("sue", 0)
    other = await sue.get("/api/customers/export")
    assert (other.status_code, "try again" in other.json()["error"]) == (409, True)
    assert (await looking).json()["good"] == 3000
    assert (await sue.get("/api/customers/work")).json() is None


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_what_is_given_out_can_be_taken_in_again(sue: httpx.AsyncClient, kind: str) -> None:
    card = await added(sue, notes="=1+1\n-2", name="王芳")
    answer = await sue.get("/api/customers/export", params={"format": kind})
    assert f"customers.{kind}" in answer.headers["content-disposition"]
    if kind == "csv":
        assert '"\'=1+1\n-2"' in answer.text
    else:
        assert "f" not in {cell.data_type for cell in load_workbook(io.BytesIO(answer.content)).worksheets[0][2]}
    await sue.delete(f"/api/customers/{card['id']}")
    taken = await sue.post("/api/customers/import", content=answer.content)
    assert taken.headers["cordboard-imported"] == "1"
    (found,) = (await sue.get("/api/customers")).json()["customers"]
    again = (await sue.get(f"/api/customers/{found['id']}")).json()
    assert again | {"id": card["id"]} == card


@pytest.mark.parametrize(
    ("content", "query", "why"),
    [
        (b"", {}, "empty"),
        (b"\xff\xff\xff", {}, "UTF-8"),
        (b"PK\x03\x04x", {}, "Excel"),
        (b"Phone\n030\n", {}, "no column has the name"),
        (b"a\nb\n", {"columns": "shoe"}, "can be one of these"),
        (b"name\nAda\n" + b'"' + b"x" * 200_000, {}, "line"),
    ],
)
async def test_a_table_that_is_none_is_refused_whole(
    sue: httpx.AsyncClient, content: bytes, query: dict[str, str], why: str
) -> None:
    answer = await sue.post("/api/customers/import", content=content, params=query)
    assert answer.status_code == 422
    assert why in answer.json()["error"]
    assert (await sue.get("/api/customers")).json()["customers"] == []


async def test_a_table_may_be_long_and_nothing_else(sue: httpx.AsyncClient) -> None:
    book = Workbook()
    book.worksheets[0].append(["name"])
    book.worksheets[0].append(["Ada"])
    content = io.BytesIO()
    book.save(content)
    looked = await sue.post("/api/customers/preview", content=content.getvalue())
    assert looked.json()["good"] == 1
    long = b"name\n" + b"Ada\n" * BODY_LIMIT
    assert (await sue.post("/api/customers/preview", content=long)).json()["bad"] == BODY_LIMIT - 1
    assert (await sue.post("/api/customers", content=long)).status_code == 413
    too_long = {"content-length": str(UPLOADS["/api/customers/preview"] + 1)}
    assert (await sue.post("/api/customers/preview", content=b"x", headers=too_long)).status_code == 413
