"""Reviewing by the API: the moments of a call, comments, links that end, and what was heard."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from cti.access import Gate, Person, Role
from cti.audit import FACTS
from cti.calls.words import CallId
from recordings.api import routes as record_routes
from recordings.files import Files
from recordings.records.record import Recording
from recordings.review.api import routes
from recordings.review.journey import moments
from recordings.store import JournalRow, Store
from recordings.words import RecordingState
from tests.recordings.scenarios import events
from tests.recordings.sounds import tone
from tests.recordings.storages import in_folder

PEOPLE = {
    p.name: p
    for p in (
        Person("bob", Role.AGENT),
        Person("cat", Role.AGENT),
        Person("sue", Role.SUPERVISOR),
        Person("max", Role.SUPERVISOR),
        Person("ada", Role.AUDITOR),
    )
}
GATE = Gate(b"s" * 32, PEOPLE)
TOKENS = {name: GATE.token(person) for name, person in PEOPLE.items()}
STEM = "2026/o1"
TALK = f"""
100 Arrived
101 EnteredMenu flow=main node=pin verb=collect
102 Digit digit=4
102.5 Digit digit=2
103 Chosen node=main value=1
104 Queued queue=sales
105 Offered offer=o1 agent=bob recording={STEM}
106 Connected offer=o1 agent=bob
110 Digit digit=7
112 ConsultAsked offer=o2 by=bob agent=cat
114 Joined offer=o2
116 TransferAsked by=bob queue=sales agent=bob
118 TransferAsked by=bob queue=support
120 Ended by=caller
"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Desks:
    """Requests as one of the people. ``said`` is what the last one would add to the audit log."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.said: Mapping[str, str | int] = {}

    async def ask(self, name: str, method: str, path: str, status: int, body: Any = None) -> Any:
        async def noting(scope: Any, receive: Any, send: Any) -> None:
            await self._app(scope, receive, send)
            self.said = scope.get(FACTS, {})

        headers = {"Authorization": f"Bearer {TOKENS[name]}"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=noting), base_url="http://test") as client:
            answer = await client.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desks(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desks]:
    folder = tmp_path_factory.mktemp("review")
    (folder / "recordings" / "2026").mkdir(parents=True)
    store = await Store.open(f"sqlite+aiosqlite:///{shutil.copy(migrated, folder / 'cordboard.db')}")
    files = Files(folder / "recordings")
    whole = Recording(
        stem=STEM, call=CallId("c1"), agent="bob", started_at=106.0, state=RecordingState.WHOLE, length_s=14.0
    )
    tape = Recording(stem="2026/t1", call=CallId("c1"), agent="", started_at=101.0, taped=True)
    await store.write([JournalRow("run", n, e) for n, e in enumerate(events(TALK, "c1"), 1)], [whole, tape])
    tone(files.stereo(STEM), 440, 1.0)
    app = FastAPI()
    app.state.gate = GATE
    app.include_router(record_routes(store, in_folder(store, files)))
    app.include_router(routes(store))
    yield Desks(app)
    await store.close()


async def test_the_moments_of_a_call(desks: Desks) -> None:
    """Keys pressed in one go are one moment, without which and how many; a phone that rings again is none."""
    found = await desks.ask("bob", "GET", "/api/records/c1/journey", 200)
    assert [(m["at"], m["kind"], m["who"], m["what"]) for m in found] == [
        (101, "menu", "", "pin"),
        (102, "keys", "", ""),
        (103, "choice", "", "1"),
        (110, "keys", "", ""),
        (114, "conference", "cat", ""),
        (118, "transfer", "bob", "support"),
    ]
    assert moments([]) == ()
    await desks.ask("cat", "GET", "/api/records/c1/journey", 404)


async def test_comments_are_of_who_made_them(desks: Desks) -> None:
    where = "/api/records/c1/comments"
    late = await desks.ask("sue", "POST", where, 201, {"recording": STEM, "second": 9.5, "text": " <b>well</b> said "})
    early = await desks.ask("bob", "POST", where, 201, {"recording": STEM, "second": 2, "text": "here"})
    assert (late["by"], late["text"], late["changed_at"]) == ("sue", "<b>well</b> said", None)
    changed = await desks.ask("sue", "PATCH", f"/api/comments/{late['id']}", 200, {"text": "very well said"})
    assert changed["changed_at"] >= late["made_at"]
    for name in ("bob", "ada", "max"):
        found = await desks.ask(name, "GET", where, 200)
        assert [(c["second"], c["by"], c["text"]) for c in found] == [
            (2, "bob", "here"),
            (9.5, "sue", "very well said"),
        ]
    for name, status in (("bob", 404), ("max", 404), ("ada", 403)):
        await desks.ask(name, "PATCH", f"/api/comments/{late['id']}", status, {"text": "no"})
        await desks.ask(name, "DELETE", f"/api/comments/{late['id']}", status)
    await desks.ask("ada", "POST", where, 403, {"recording": STEM, "second": 0, "text": "x"})
    await desks.ask("cat", "POST", where, 404, {"recording": STEM, "second": 0, "text": "x"})
    await desks.ask("sue", "POST", where, 404, {"recording": "2026/o9", "second": 0, "text": "x"})
    await desks.ask("bob", "DELETE", f"/api/comments/{early['id']}", 204)
    assert desks.said == {"call": "c1"}
    await desks.ask("bob", "DELETE", f"/api/comments/{early['id']}", 404)
    for wrong in (
        {"text": "  "},
        {"text": "x" * 2001},
        {"text": "a\0b"},
        {"second": -1},
        {"second": 1e9},
        {"colour": "red"},
    ):
        body = {"recording": STEM, "second": 0, "text": "x"} | wrong
        await desks.ask("sue", "POST", where, 422, body)


async def test_a_link_is_good_for_a_role_until_it_ends(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    where, now = "/api/records/c1/shares", time.time()
    body: dict[str, Any] = {"recording": STEM, "role": "agent", "until": now + 3600, "second": 4}
    sound = f"/api/recordings/{STEM}"
    await desks.ask("cat", "GET", sound, 404)
    made = await desks.ask("sue", "POST", where, 201, body)
    assert desks.said == {"share": made["id"], "to": "agent", "recording": STEM, "until": int(now + 3600)}
    for name in ("cat", "bob", "max", "ada"):
        opened = await desks.ask(name, "GET", f"/api/shares/{made['id']}", 200)
        assert [r["stem"] for r in opened["details"]["recordings"]] == [STEM]
        assert {c["recording"] for c in opened["comments"]} <= {STEM}
        assert opened["share"]["second"] == 4
        assert desks.said == {"call": "c1", "recording": STEM}
        await desks.ask(name, "GET", f"{sound}?share={made['id']}", 200)
    await desks.ask("cat", "GET", f"/api/recordings/2026/t1?share={made['id']}", 404)
    await desks.ask("cat", "GET", "/api/records/c1", 404)
    assert [s["id"] for s in await desks.ask("ada", "GET", "/api/shares?call=c1", 200)] == [made["id"]]
    assert await desks.ask("max", "GET", "/api/shares?call=c2", 200) == []
    await desks.ask("cat", "GET", "/api/shares", 403)

    heads = await desks.ask("max", "POST", where, 201, body | {"role": "supervisor"})
    await desks.ask("cat", "GET", f"/api/shares/{heads['id']}", 404)
    await desks.ask("sue", "DELETE", f"/api/shares/{heads['id']}", 204)
    await desks.ask("max", "GET", f"/api/shares/{heads['id']}", 404)
    await desks.ask("max", "DELETE", f"/api/shares/{heads['id']}", 404)
    for name in ("cat", "ada"):
        await desks.ask(name, "POST", where, 403, body)
        await desks.ask(name, "DELETE", f"/api/shares/{made['id']}", 403)
    for wrong in (
        {"until": now - 1},
        {"until": now + 32 * 86_400},
        {"role": "system"},
        {"role": "king"},
        {"second": -1},
    ):
        await desks.ask("sue", "POST", where, 422, body | wrong)

    monkeypatch.setattr(time, "time", lambda: now + 3601)
    await desks.ask("cat", "GET", f"/api/shares/{made['id']}", 404)
    await desks.ask("cat", "GET", f"{sound}?share={made['id']}", 404)
    assert await desks.ask("sue", "GET", "/api/shares", 200) == []


async def test_which_part_was_heard_is_for_the_audit_log(desks: Desks) -> None:
    where = f"/api/recordings/{STEM}/heard"
    await desks.ask("bob", "POST", where, 204, {"parts": [[0, 12.4], [30, 45]]})
    assert desks.said == {"call": "c1", "seconds": "0-12, 30-45"}
    await desks.ask("ada", "POST", where, 204, {"parts": [[0, 1]]})
    await desks.ask("cat", "POST", where, 404, {"parts": [[0, 1]]})
    made = await desks.ask(
        "sue",
        "POST",
        "/api/records/c1/shares",
        201,
        {"recording": STEM, "role": "agent", "until": time.time() + 60},
    )
    await desks.ask("cat", "POST", where, 204, {"parts": [[0, 1]], "share": made["id"]})
    for parts in ([], [[3, 2]], [[-1, 2]], [[0, 1]] * 201, [[0]], "all"):
        await desks.ask("bob", "POST", where, 422, {"parts": parts})
