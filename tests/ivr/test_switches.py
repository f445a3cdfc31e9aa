"""Switches: set by supervisors, kept over restarts, and whatever is in their file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from cti.access import Gate, Person, Role
from ivr.api import routes
from ivr.switches import Switches, named
from tests.ivr.flows import flow

FLOWS = {
    "main": flow("""
    start: door
    nodes:
      door: {hours: {zone: UTC, open: {mon: "08:00-20:00"}}, switch: desk, open: in, closed: out}
      in: {hours: {zone: UTC, open: {mon: "08:00-20:00"}}, open: out, closed: out}
      out: {hangup: true}
    """)
}
PEOPLE = {p.name: p for p in (Person("bob", Role.AGENT), Person("sue", Role.SUPERVISOR))}
GATE = Gate(b"s" * 32, PEOPLE)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.gate = GATE
    app.include_router(routes(Switches(tmp_path / "switches.json"), lambda: FLOWS))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as made:
        yield made


def as_(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {GATE.token(PEOPLE[name])}"}


async def test_a_supervisor_closes_and_it_stays_closed(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert named(FLOWS) == {"desk"}
    assert (await client.get("/api/switches", headers=as_("sue"))).json() == [{"name": "desk", "state": "auto"}]
    answer = await client.put("/api/switches/desk", json={"state": "closed"}, headers=as_("sue"))
    assert answer.json() == {"name": "desk", "state": "closed"}
    assert await Switches(tmp_path / "switches.json").state("desk") == "closed"
    assert (await client.get("/api/switches", headers=as_("sue"))).json() == [answer.json()]


@pytest.mark.parametrize(
    ("name", "body", "who", "status"),
    [
        ("desk", {"state": "closed"}, "bob", 403),
        ("desk", {"state": "closed"}, "", 401),
        ("gone", {"state": "closed"}, "sue", 404),
        ("desk", {"state": "shut"}, "sue", 422),
        ("desk", {"state": "open", "more": 1}, "sue", 422),
        ("desk", {}, "sue", 422),
    ],
)
async def test_who_may_not_and_what_is_wrong(
    client: httpx.AsyncClient, tmp_path: Path, name: str, body: dict[str, object], who: str, status: int
) -> None:
    answer = await client.put(f"/api/switches/{name}", json=body, headers=as_(who) if who else {})
    assert answer.status_code == status
    assert not list(tmp_path.iterdir())


async def test_what_cannot_be_kept_is_not_set(tmp_path: Path) -> None:
    switches = Switches(tmp_path / "gone" / "switches.json")
    with pytest.raises(FileNotFoundError):
        await switches.set("desk", "open")
    assert await switches.state("desk") == "auto"


async def test_that_is_told_to_the_supervisor(client: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "switches.new").mkdir()
    answer = await client.put("/api/switches/desk", json={"state": "open"}, headers=as_("sue"))
    assert answer.status_code == 503


@pytest.mark.parametrize("text", ["", "[]", "{", '{"desk": "ajar"}', '{"desk": 1}', "\xff", "[" * 100_000])
async def test_a_file_of_anything(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.json").write_text(text, encoding="latin-1")
    switches = Switches(tmp_path / "s.json")
    assert await switches.state("desk") == "auto"
    await switches.set("desk", "open")
    assert await Switches(tmp_path / "s.json").state("desk") == "open"
