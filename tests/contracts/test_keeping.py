"""Retention, legal holds, deletion with proof, and erasure, over SQLite and over PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from cti.access import Gate, Person, Role
from cti.calls.events import DispositionGiven
from cti.calls.words import CallId
from recordings.desk import followups
from recordings.desk.followups import FollowUp
from recordings.files import Files
from recordings.ledger.ledger import Ledger
from recordings.records.record import Recording
from recordings.storage import holds
from recordings.storage.api import NobodySuch, routes
from recordings.storage.bucket import Bucket
from recordings.storage.catalogue import HERE, Catalogue
from recordings.storage.erasure import Erasure, Report, erase, keep, mark
from recordings.storage.erasure import made as erasures_made
from recordings.storage.faults import Away, NotThere
from recordings.storage.keys import Ring
from recordings.storage.life import Life, Swept
from recordings.storage.masking import MASK
from recordings.storage.retention import DAY_S, Rule
from recordings.storage.storage import SEALED_HERE, Deleted, Storage
from recordings.storage.tables import stored
from recordings.store import JournalRow, Store
from recordings.tables import journal, ledger
from recordings.words import RecordingState
from tests.contracts.postgres import postgres
from tests.recordings.scenarios import events

NUMBER = "+493012345678"
WAYS = (NUMBER, "03012345678")
TALK = """100 Arrived caller={number} caller_name=Ada_Lovelace channel=Local/{number}@out-1
101 EnteredMenu node=account
102 Chosen node=account value=204815
103 Chosen node=kind value=2
105 Queued queue=sales
106 Offered offer=o-{call} agent=bob recording=2026/{call}
107 Connected offer=o-{call} agent=bob
108 CallbackWanted number={number} queue=sales
110 Transferred to={number}
120 Ended by=caller"""


@dataclass(slots=True)
class Site:
    folder: Path
    records: Store
    storage: Storage

    def life(self, *rules: Rule) -> Life:
        return Life(self.records, self.storage, rules)

    async def call(self, call: str, number: str = "4799", sound: bytes = b"sound", **put: bool) -> Path:
        """A call that is over, its files in the recordings folder; put away with ``away``."""
        happened = [*events(TALK.format(number=number, call=call), call)]
        said = DispositionGiven(
            at=130.0, call=CallId(call), agent="bob", queue="sales", disposition="Sold > New", notes="Ada lives at 7"
        )
        path = self.storage.files.stereo(f"2026/{call}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound)
        self.storage.files.caller(f"2026/{call}").write_bytes(b"caller")
        whole = Recording(
            stem=f"2026/{call}", call=CallId(call), agent="bob", started_at=107.0, state=RecordingState.WHOLE,
            length_s=3.0, file=f"2026/{call}.wav",
        )  # fmt: skip
        rows = [JournalRow(call, number, event) for number, event in enumerate([*happened, said], 1)]
        await self.records.write(rows, [whole])
        if put.get("away"):
            await self.storage.put(whole.stem, path, 200.0)
        return path

    async def entries(self, what: str) -> dict[str, Mapping[str, Any]]:
        async with self.records.connect() as connection:
            found = await connection.execute(select(ledger).where(ledger.c.what == what).order_by(ledger.c.number))
            return {row.stem: row.detail for row in found}

    async def hold(self, call: str) -> str:
        async with self.records.writing() as connection:
            hold = await holds.put(connection, CallId(call), "court", "ada", 1.0)
        assert hold is not None
        return hold.id


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    if request.param == "sqlite":
        made = await opened(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/cordboard.db")
        yield made
        await made.records.close()
        return
    async with postgres() as url:
        made = await opened(tmp_path, url)
        yield made
        await made.records.close()


async def opened(folder: Path, url: str) -> Site:
    records = await Store.open(url, Ledger(bytes(32), "test", folder))
    here, ring = folder / "recordings", Ring(folder / "keys", {})
    ring.make()
    places = {HERE: Bucket.folder(here), SEALED_HERE: Bucket.folder(folder / "sealed")}
    return Site(folder, records, Storage(Catalogue(records), Files(here), places, SEALED_HERE, ring, sealing=True))


async def test_what_is_over_is_deleted_with_proof_and_a_hold_wins(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [await site.call(call, sound=call.encode(), away=call == "c2") for call in ("c1", "c2", "c3")]
    near = site.storage.files.stereo("2026/c10")
    near.write_bytes(b"another's")
    hold = await site.hold("c3")
    rule = Rule(30 * DAY_S, queue="sales", disposition="Sold")
    assert await site.life().sweep(1e12) == Swept()
    assert await site.life(rule).sweep(100 + 30 * DAY_S) == Swept()

    async def away(key: str) -> None:
        raise Away("the store is away")

    late = 107 + 31 * DAY_S
    with monkeypatch.context() as patched:
        patched.setattr(site.storage._places[SEALED_HERE], "delete", away)
        assert await site.life(rule).sweep(late) == Swept(deleted=2, held=1)
        with pytest.raises(Away):
            await site.life().finish()
    assert (await site.life().finish(), await site.life().finish()) == (1, 0)
    assert [path.exists() for path in (*kept, near)] == [False, False, True, True]
    assert list((site.folder / "sealed").rglob("*.wav")) == []
    assert not site.storage.files.caller("2026/c1").exists()

    entries = await site.entries("deleted")
    hashes = {call: hashlib.sha256(call.encode()).hexdigest() for call in ("c1", "c2")}
    assert {stem: detail["were"][f"{stem}.wav"] for stem, detail in entries.items()} == {
        f"2026/{call}": found for call, found in hashes.items()
    }
    assert entries["2026/c1"]["by"] == "rule queue sales, disposition Sold: keep 30 days"
    assert entries["2026/c1"]["gone"] == ["2026/c1-caller.wav", "2026/c1.wav"]
    for call in ("c1", "c2"):
        with pytest.raises(Deleted):
            await site.storage.open(f"2026/{call}", f"2026/{call}.wav")
        details = await site.records.call(call)
        assert details is not None
        assert (details.recordings[0].state, details.recordings[0].file) == (RecordingState.WHOLE, None)
    async with site.records.connect() as connection:
        assert await connection.scalar(select(stored.c.wrapped).where(stored.c.stem == "2026/c2")) == ""

    async with site.records.writing() as connection:
        assert await holds.lift(connection, hold, "ada", 2.0)
        assert not await holds.lift(connection, hold, "ada", 3.0)
    assert await site.life(rule).sweep(late) == Swept(deleted=1)
    assert await site.life(rule).sweep(late) == Swept()


async def test_a_customer_is_erased_and_nobody_else(site: Site) -> None:
    await site.call("c1", NUMBER, away=True)
    await site.call("c2", WAYS[1])
    await site.call("c3", NUMBER)
    await site.call("c4", "+4940999")
    await site.hold("c3")
    before = await site.records.call("c1"), await site.records.call("c4")
    async with site.records.writing() as connection:
        for id, number, call in (("f1", WAYS[1], None), ("f2", "other", "c2"), ("f3", NUMBER, "c3"), ("f4", "x", "c4")):
            one = FollowUp(
                id=id,
                agent="bob",
                made_by="bob",
                made_at=1.0,
                at=2.0,
                number=number,
                call=CallId(call) if call else None,
            )
            assert await followups.add(connection, one)

    report = await erase(site.records, site.life(), WAYS, "ada", 500.0)
    assert report == Report(calls=2, recordings=2, followups=2, held=("c3",))
    assert await erase(site.records, site.life(), WAYS, "ada", 501.0) == Report(held=("c3",))

    details = await site.records.call("c1")
    assert details is not None
    assert before[0] is not None
    record, was = details.record, before[0].record
    assert (record.caller, record.caller_name, record.transferred_to) == (MASK, MASK, MASK)
    assert record.choices == (("account", MASK), ("kind", "2"))
    assert (record.queue, record.agent, record.outcome, record.talk_s) == (
        was.queue,
        was.agent,
        was.outcome,
        was.talk_s,
    )
    assert [s.kind for s in details.segments] == [s.kind for s in before[0].segments]
    assert [(d.disposition, d.notes) for d in details.dispositions] == [("Sold > New", MASK)]
    assert await site.records.call("c4") == before[1]
    held = await site.records.call("c3")
    assert held is not None
    assert held.record.caller == NUMBER

    async with site.records.connect() as connection:
        written = {
            call: json.dumps([row.data for row in rows])
            for call in ("c1", "c2", "c3")
            if (rows := (await connection.execute(select(journal).where(journal.c.call == call))).all())
        }
        notes = [
            json.dumps(data)
            for data in await connection.scalars(select(journal.c.data).where(journal.c.call.is_(None)))
        ]
        left = (await connection.execute(text("SELECT id FROM followups ORDER BY id"))).scalars().all()
    for call in ("c1", "c2"):
        assert not any(word in written[call] for word in (*WAYS, "Ada", "204815"))
    assert NUMBER in written["c3"]
    assert sorted("Ada" in note for note in notes) == [False, False, True, True]
    assert left == ["f3", "f4"]
    assert sorted(await site.entries("erased")) == ["2026/c1", "2026/c2"]
    with pytest.raises(NotThere):
        await site.storage.open("2026/c1", "2026/c1.wav")

    done = await keep(site.records, bytes(32), {NUMBER}, report, "ada", 500.0)
    assert await erasures_made(site.records) == [done]
    assert done.marks == (mark(bytes(32), NUMBER),) != (mark(b"x" * 32, NUMBER),)
    assert "3012345678" not in repr(done)


async def test_over_http_by_those_who_may(site: Site) -> None:
    await site.call("c1", NUMBER)
    people = {role.value: Person(role, role) for role in Role}
    asked: list[tuple[int | None, str | None, str]] = []

    async def erased(customer: int | None, number: str | None, by: str, now: float) -> Erasure:
        asked.append((customer, number, by))
        if customer == 404:
            raise NobodySuch("no such customer")
        return Erasure("e1", now, by, (), Report(calls=1))

    app = FastAPI()
    gate = app.state.gate = Gate(bytes(32), people)
    app.include_router(routes(site.records, erased, lambda: 5.0))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:

        async def ask(role: Role, method: str, path: str, **body: object) -> httpx.Response:
            headers = {"Authorization": f"Bearer {gate.token(people[role])}"}
            return await client.request(method, f"/api{path}", headers=headers, json=body or None)

        for role in set(Role) - {Role.ADMIN}:
            assert (await ask(role, "POST", "/holds", call="c1", reason="court")).status_code == 403
            assert (await ask(role, "POST", "/erasures", customer=7)).status_code == 403
        hold = (await ask(Role.ADMIN, "POST", "/holds", call="c1", reason=" court ")).json()
        assert (hold["call"], hold["reason"], hold["set_by"], hold["set_at"]) == ("c1", "court", "admin", 5.0)
        assert (await ask(Role.ADMIN, "POST", "/holds", call="c9", reason="court")).status_code == 404
        for bad in ({"call": "c1"}, {"call": "c1", "reason": " "}, {"call": "c1", "reason": "x" * 401}):
            assert (await ask(Role.ADMIN, "POST", "/holds", **bad)).status_code == 422
        assert (await ask(Role.AUDITOR, "GET", "/holds?call=c1")).json() == [hold]
        assert (await ask(Role.AGENT, "GET", "/holds")).status_code == 403
        assert (await ask(Role.ADMIN, "DELETE", f"/holds/{hold['id']}")).status_code == 204
        assert (await ask(Role.ADMIN, "DELETE", f"/holds/{hold['id']}")).status_code == 404
        assert (await ask(Role.ADMIN, "GET", "/holds")).json() == []
        assert (await ask(Role.ADMIN, "GET", "/holds?lifted=true")).json()[0]["lifted_by"] == "admin"

        done = await ask(Role.ADMIN, "POST", "/erasures", customer=7)
        assert (done.status_code, done.json()["report"]["calls"]) == (201, 1)
        assert (await ask(Role.ADMIN, "POST", "/erasures", customer=404)).status_code == 404
        for wrong in ({}, {"customer": 7, "number": NUMBER}, {"customer": 0}, {"number": "x" * 41}):
            assert (await ask(Role.ADMIN, "POST", "/erasures", **wrong)).status_code == 422
        assert asked == [(7, None, "admin"), (404, None, "admin")]
        assert (await ask(Role.ADMIN, "GET", "/erasures")).json() == []
