"""What was before with a caller, for who has him on the line now."""

from __future__ import annotations

import time
from collections.abc import Collection

import httpx
from fastapi import FastAPI

from cti.access import Gate, Person, Role
from cti.calls.events import DispositionGiven
from cti.calls.words import CallId
from recordings.desk import followups
from recordings.desk.before import routes
from recordings.desk.followups import FollowUp
from recordings.records.record import Recording
from recordings.store import JournalRow, Store
from tests.recordings.test_contacts import ANN, call, remember

PEOPLE = {p.name: p for p in (Person("bob", Role.AGENT), Person("cat", Role.AGENT))}
GATE = Gate(b"s" * 32, PEOPLE)
NOW = CallId("now")


async def numbers(call: CallId, who: Person) -> Collection[str] | None:
    """Bob has the call of Ann."""
    return [ANN, "030123"] if (call, who.name) == (NOW, "bob") else None


def promised(id: str, number: str, done_at: float | None = None) -> FollowUp:
    return FollowUp(id=id, agent="cat", made_by="cat", made_at=0.0, at=500.0, number=number, done_at=done_at)


async def test_the_last_calls_what_was_said_and_what_was_promised(store: Store) -> None:
    await remember(store, call("a", 100, ANN, "cat"), call("b", 200, "030123", "bob"), call("c", 300, "5550", "bob"))
    said = DispositionGiven(at=110, call=CallId("a"), agent="cat", queue="orders", disposition="Sold", notes="<b>")
    await store.write(
        [JournalRow("other", 1, said)], [Recording(stem="s", call=CallId("a"), agent="cat", started_at=9)]
    )
    async with store.writing() as connection:
        await followups.add(connection, promised("f1", ANN))
        await followups.add(connection, promised("f2", "5550"))
        await followups.add(connection, promised("f3", ANN, done_at=1.0))
    app = FastAPI()
    app.state.gate = GATE
    app.include_router(routes(store, numbers))

    async def get(name: str, call: str = NOW) -> httpx.Response:
        headers = {"authorization": f"Bearer {GATE.token(PEOPLE[name], time.time())}"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as client:
            return await client.get(f"/api/calls/{call}/before", headers=headers)

    found = (await get("bob")).json()
    assert [contact["id"] for contact in found["contacts"]] == ["b", "a"]
    assert [(one["call"], one["disposition"], one["notes"]) for one in found["said"]] == [("a", "Sold", "<b>")]
    assert [(one["stem"], one["agent"]) for one in found["recordings"]] == [("s", "cat")]
    assert [one["id"] for one in found["followups"]] == ["f1"]
    assert [(await get("cat")).status_code, (await get("bob", "other")).status_code] == [404, 404]
