"""What the audit log must do, over SQLite and over PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError

from cti.access import Gate, Person, Role
from cti.audit import Entry, Result
from recordings.audit import log as module
from recordings.audit.api import routes
from recordings.audit.log import AuditLog, Wanted, verify
from recordings.store import Store
from recordings.tables import audit
from tests.contracts.postgres import postgres

KEY = bytes(range(32))
ENTRY = Entry(1_700_000_000.123, "sue", "supervisor", "10.0.0.7", "recording.heard", "recording:a/b", Result.DONE)
REFUSED = replace(ENTRY, at=ENTRY.at + 1, who="bob", role="agent", what="record.seen", result=Result.REFUSED)
DETAIL = replace(ENTRY, at=ENTRY.at + 2, what="customers.imported", object="", detail={"refused": 2, "imported": 7})


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "sqlite":
        opened = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/cordboard.db")
        yield opened
        await opened.close()
        return
    async with postgres() as server:
        opened = await Store.open(server)
        yield opened
        await opened.close()


async def written(store: Store, head: Path, *entries: Entry, key: bytes = KEY) -> AuditLog:
    """What a server that started, noted and stopped has left."""
    log = AuditLog(store, key, head)
    await log.start()
    for entry in entries:
        log.put(entry)
    await log.stop()
    assert log.pending == 0
    return log


async def test_it_is_found_again_and_every_change_is_found(store: Store, tmp_path: Path) -> None:
    head = tmp_path / "last.json"
    await written(store, head, ENTRY, REFUSED)
    log = await written(store, head, DETAIL)
    found = await log.search(Wanted(), 10)
    assert [entry for _, entry in found] == [DETAIL, REFUSED, ENTRY]
    assert [e for _, e in await log.search(Wanted(), 10, before=found[1][0])] == [ENTRY]
    for wanted, entries in (
        (Wanted(who="bob"), [REFUSED]),
        (Wanted(result=Result.REFUSED), [REFUSED]),
        (Wanted(object="recording:a/b", what="recording.heard"), [ENTRY]),
        (Wanted(start=ENTRY.at + 1, end=ENTRY.at + 2), [REFUSED]),
        (Wanted(who="mallory"), []),
    ):
        assert [e for _, e in await log.search(wanted, 10)] == entries

    verdict = await verify(store, KEY, head)
    assert (verdict.count, verdict.others, verdict.problems) == (3, 0, [])
    await written(store, tmp_path / "other.json", ENTRY, key=bytes(32))
    assert (await verify(store, KEY, head)).others == 1

    async with store.writing() as connection:
        await connection.execute(update(audit).where(audit.c.number == 2).values(result="nothing to see"))
    assert (await verify(store, KEY, head)).problems == ["entry 2 is not as it was written"]
    async with store.writing() as connection:
        await connection.execute(delete(audit).where(audit.c.number >= 2))
    assert (await verify(store, KEY, head)).problems == ["entries 2 to 3 are missing"]
    await written(store, head, ENTRY)  # a server that goes on does not cover it up
    assert (await verify(store, KEY, head)).problems == ["entries 2 to 3 are missing"]


async def test_nothing_is_lost_while_the_database_is_away(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that failed, and one that was made though its answer was lost, are each written once."""
    monkeypatch.setattr(module, "RETRY_S", 0.0)
    really, tries = store.writing, 0

    class Torn:
        """A transaction whose begin, or whose commit's answer, is lost."""

        async def __aenter__(self) -> object:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise OperationalError("begin", {}, Exception("away"))
            self.whole = really()
            return await self.whole.__aenter__()

        async def __aexit__(self, *how: object) -> None:
            await self.whole.__aexit__(None, None, None)
            if tries == 2:
                raise OperationalError("commit", {}, Exception("away"))

    monkeypatch.setattr(store, "writing", Torn)
    head = tmp_path / "last.json"
    log = await written(store, head, ENTRY, REFUSED)
    assert tries == 2
    assert [entry for _, entry in await log.search(Wanted(), 10)] == [REFUSED, ENTRY]
    assert (await verify(store, KEY, head)).problems == []


async def test_too_many_are_counted(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    log = AuditLog(store, KEY, tmp_path / "last.json")
    for _ in range(5):
        log.put(ENTRY)
    await log.start()
    await log.stop()
    found = [(entry.what, entry.detail) for _, entry in await log.search(Wanted(), 10)]
    assert found == [("audit.lost", {"entries": 3}), *[("recording.heard", {})] * 2]


async def test_it_is_read_by_pages_by_those_who_may(store: Store, tmp_path: Path) -> None:
    log = await written(store, tmp_path / "last.json", *[ENTRY] * 3, REFUSED)
    people = {role.value: Person(role, role) for role in Role}
    app = FastAPI()
    gate = app.state.gate = Gate(KEY, people)
    app.include_router(routes(log))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:

        async def ask(role: Role, **wanted: str | int) -> httpx.Response:
            headers = {"Authorization": f"Bearer {gate.token(people[role])}"}
            return await client.get("/api/audit", params=wanted, headers=headers)

        for role in Role:
            assert (await ask(role)).status_code == (200 if role in (Role.AUDITOR, Role.ADMIN) else 403)
        first = (await ask(Role.AUDITOR, limit=3)).json()
        assert first["entries"][0]["entry"]["result"] == "refused"
        last = (await ask(Role.AUDITOR, limit=3, cursor=first["next"])).json()
        assert (len(first["entries"]), len(last["entries"]), last["next"]) == (3, 1, None)
        for bad in ({"limit": 0}, {"result": "x"}, {"from": "never"}, {"cursor": "a"}, {"other": 1}):
            assert (await ask(Role.ADMIN, **bad)).status_code == 422
