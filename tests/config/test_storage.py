"""A site's store of recordings: as site.yaml has it, over the API, and by `cordboard storage`."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from ruamel.yaml import YAML
from typer.testing import CliRunner

from config import settings
from config.cli import app
from config.erasing import routes as erase_routes
from config.premises import CannotStart, ledger, make_folders
from config.running import findable
from config.settings import Site
from config.storage import storage
from config.stores import live_state, redis_of
from cti.access import Gate, Person, Role
from cti.calls.words import CallId
from cti.customers.card import Details
from cti.customers.store import Store as Cards
from cti.site.files import SiteError
from recordings.api import routes
from recordings.records.record import Recording
from recordings.storage.api import NobodySuch
from recordings.storage.erasure import Erasure, Report
from recordings.storage.keys import name_of
from recordings.storage.sealing import PIECE
from recordings.store import JournalRow, Store
from recordings.words import RecordingState
from routing.queues import Needs, Waiting
from routing.store import Turn
from tests.cti.desk.desktop import Desk
from tests.recordings.scenarios import events

SOUND = bytes(range(251)) * 800
STEM = "2026/a"


def loaded(site: Path, **values: object) -> Site:
    yaml = YAML()
    found = yaml.load(site / "site.yaml")
    found |= values
    yaml.dump(found, site / "site.yaml")
    return settings.load(site)


async def kept(site: Site, stem: str) -> None:
    """Puts a finished recording away, as the pipeline does."""
    path = site.recordings / f"{stem}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SOUND)
    records = await Store.open(site.database, ledger(site, "server"))
    whole = Recording(
        stem=stem, call=CallId("c1"), agent="bob", started_at=1.0, state=RecordingState.WHOLE, file=f"{stem}.wav"
    )
    try:
        await records.write([], [whole])
        await storage(site, records).put(stem, path, 2.0)
    finally:
        await records.close()


async def asked(site: Site, **headers: str) -> httpx.Response:
    records = await Store.open(site.database)
    web = FastAPI()
    sue = Person("sue", Role.SUPERVISOR)
    web.state.gate = Gate(bytes(32), {"sue": sue})
    web.include_router(routes(records, storage(site, records)))
    headers["Authorization"] = f"Bearer {web.state.gate.token(sue)}"
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://test") as client:
            return await client.get(f"/api/recordings/{STEM}", headers=headers)
    finally:
        await records.close()


def command(site: Site, *words: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["storage", *words, "--site", str(site.folder)], env={"COLUMNS": "200"})
    return found.exit_code, found.output


def test_sealed_on_this_machine(site: Path) -> None:
    found = loaded(site, storage={"sealed": True})
    make_folders(found)
    asyncio.run(kept(found, STEM))
    assert not (found.recordings / f"{STEM}.wav").exists()
    assert (found.state / "storage-keys").stat().st_mode & 0o077 == 0
    sealed = found.sealed / f"{STEM}.wav"
    assert SOUND[:64] not in sealed.read_bytes()

    whole = asyncio.run(asked(found))
    tag = whole.headers["etag"]
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, SOUND, "audio/wav")
    for wanted, start, end in (
        ("bytes=0-0", 0, 1),
        (f"bytes={PIECE - 1}-{PIECE}", PIECE - 1, PIECE + 1),
        ("bytes=-5", len(SOUND) - 5, len(SOUND)),
        ("bytes=70000-", 70000, len(SOUND)),
        ("bytes=3-99999999", 3, len(SOUND)),
    ):
        part = asyncio.run(asked(found, Range=wanted))
        assert (part.status_code, part.content) == (206, SOUND[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(SOUND)}"
    for other in ("bytes=5-3", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=x"):  # as if it were not there
        assert asyncio.run(asked(found, Range=other)).status_code == 200
    for beyond in (f"bytes={len(SOUND)}-", "bytes=-0"):
        assert asyncio.run(asked(found, Range=beyond)).status_code == 416
    assert asyncio.run(asked(found, **{"Range": "bytes=0-1", "If-Range": tag})).status_code == 206
    assert asyncio.run(asked(found, **{"Range": "bytes=0-1", "If-Range": '"another"'})).status_code == 200

    first = (found.state / "storage-keys").read_text()
    code, said = command(found, "rotate")
    assert (code, said.partition(" ")[0]) == (0, "1")
    assert asyncio.run(asked(found)).content == SOUND
    newest = said.split("under the key ")[1].split()[0]
    code, table = command(found, "keys")
    assert (code, [line.split()[:2] for line in table.splitlines()[1:]]) == (
        0,
        [[name_of(bytes.fromhex(first.strip())), "0"], [newest, "1"]],
    )
    assert first.strip() not in table

    told = CliRunner().invoke(app, ["ledger", "verify", "--site", str(site)], env={"COLUMNS": "300"})
    assert "altered" not in told.output
    altered = bytearray(sealed.read_bytes())
    altered[10] ^= 1
    sealed.write_bytes(altered)
    answer = asyncio.run(asked(found))
    told = CliRunner().invoke(app, ["ledger", "verify", "--site", str(site)], env={"COLUMNS": "300"})
    assert (told.exit_code, f"{STEM}.wav: {STEM} was altered where it is stored" in told.output) == (1, True)
    assert (answer.status_code, "altered" in answer.json()["detail"]) == (502, True)
    assert asyncio.run(asked(found, Range=f"bytes={PIECE}-")).content == SOUND[PIECE:]
    (found.state / "storage-keys").write_text(first)
    assert asyncio.run(asked(found)).status_code == 503
    assert command(found, "keys")[1].count("is not in") == 1
    with sqlite3.connect(found.state / "cordboard.db") as database:
        database.execute("UPDATE stored SET deleted_at = 5, gone = 1")
    assert asyncio.run(asked(found)).status_code == 410


def test_what_lacks_or_is_wrong_is_said(site: Path) -> None:
    for wrong, message in (
        ({"s3": {"bucket": "Calls!"}}, "is not the name of a bucket"),
        ({"s3": {"bucket": "calls", "endpoint": "s3.example"}}, "must be an S3 server's address"),
        ({"s3": {"bucket": "calls", "endpoint": "https://user:secret@s3.example"}}, "must be an S3 server's address"),
        ({"s3": {"bucket": "calls", "prefix": "../up"}}, "is not a folder such as"),
        ({"s3": {}}, "storage.s3.bucket: is missing"),
        ({"secret": True}, "is not known here"),
    ):
        with pytest.raises(SiteError, match=message):
            loaded(site, storage=wrong)
    found = loaded(site, storage={"s3": {"bucket": "calls", "endpoint": "https://s3.example"}})
    make_folders(found)
    with pytest.raises(CannotStart, match="the access key of the S3 server"):
        asyncio.run(kept(found, STEM))
    (found.state / "s3-key").write_text("one-word\n")
    with pytest.raises(CannotStart, match="must hold two words"):
        asyncio.run(kept(found, "2026/b"))


def test_how_long_recordings_are_kept(site: Path) -> None:
    for wrong, message in (
        ([{"keep": "90"}], "must be days such as 90d"),
        ([{"queue": "orders"}], "is missing"),
        ([{"keep": "9d", "queue": "none"}], "there is no queue called 'none'"),
        ([{"keep": "9d", "outcome": "sold"}], "must be"),
        ([{"keep": "9d"}, {"keep": "1d", "outcome": "answered"}], "no recording gets to this rule"),
    ):
        with pytest.raises(SiteError, match=message):
            loaded(site, retention=wrong)
    (rule,) = loaded(site, retention=[{"keep": "9d", "disposition": "Sold"}]).settings.retention
    assert str(rule.rule()) == "disposition Sold: keep 9 days"


async def waiting(site: Site, *wait: Waiting) -> list[CallId]:
    """The calls that wait in the live state, which has these, too, from now on."""
    async with AsyncExitStack() as stack:
        store = live_state(site, await redis_of(site, stack))
        await store.write(Turn(1.0, {one.call: one for one in wait}))
        return [one.call for one in await store.waiting()]


def test_a_customer_is_erased_by_a_command(site: Path) -> None:
    found = loaded(site, customers={"region": "DE"})
    make_folders(found)

    async def ready() -> int:
        records, cards = await Store.open(found.database), await Cards.open(found.database)
        (id,) = await cards.add([Details(name="Ada", numbers=("+493012345678",))], 1.0)
        lines = "100 Arrived caller=03012345678 caller_name=Ada\n120 Ended by=caller"
        await records.write([JournalRow("run", n, event) for n, event in enumerate(events(lines), 1)])
        await cards.close()
        await records.close()
        return id

    id = asyncio.run(ready())
    back = Waiting(CallId("b1"), "orders", Needs(), 0, 1.0, 1, number="03012345678", wanted=CallId("c1"), attempt=1)
    other = replace(back, call=CallId("b2"), number="0309")
    asyncio.run(waiting(found, back, other))

    def erased(*words: str, typed: str = "y\n") -> tuple[int, str]:
        done = CliRunner().invoke(app, ["erase", *words, "--site", str(site)], input=typed, env={"COLUMNS": "200"})
        return done.exit_code, done.output

    assert erased("--customer", "99")[1].endswith("nobody is erased: no such customer\n")
    assert erased(typed="what\ny\n")[1].endswith("nobody is erased: this is no telephone number\n")
    assert erased(typed="030 12345678\nn\n")[0] == 1
    code, said = erased("--customer", str(id))
    assert (code, ": 1 calls, 0 recordings" in said, "1 callbacks, 1 cards" in said) == (0, True, True)
    assert asyncio.run(waiting(found)) == ["b2"]
    with sqlite3.connect(found.state / "cordboard.db") as database:
        assert database.execute("SELECT caller FROM calls").fetchall() == [("erased",)]
        assert database.execute("SELECT count(*) FROM customers").fetchall() == [(0,)]


def test_a_running_server_erases_for_the_command(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it keeps in its memory is of that customer, too."""
    asked: list[tuple[int | None, str | None, str]] = []

    async def erase(customer: int | None, number: str | None, by: str, now: float) -> Erasure:
        asked.append((customer, number, by))
        if customer is not None:
            raise NobodySuch("no such customer")
        return Erasure("e1", now, by, (), Report(calls=3, held=("c9",)))

    inside = httpx.ASGITransport(Desk([erase_routes(erase, "key")]).app)

    async def inward(request: httpx.Request) -> httpx.Response:
        async with httpx.AsyncClient(transport=inside, base_url="http://desk") as client:
            headers = {"Authorization": request.headers["Authorization"]}
            return await client.post(request.url.path, json=json.loads(request.content), headers=headers)

    def serve(request: httpx.Request) -> httpx.Response:
        there = asyncio.run(inward(request))
        return httpx.Response(there.status_code, content=there.content)

    real = httpx.Client
    monkeypatch.setattr(
        httpx, "Client", lambda **options: real(base_url="http://desk", transport=httpx.MockTransport(serve))
    )
    words = ["erase", "--site", str(site)]
    with findable(loaded(site).state, "http://desk", "key"):
        done = CliRunner().invoke(app, words, input="0301\ny\n", env={"COLUMNS": "200"})
        nobody = CliRunner().invoke(app, [*words, "--customer", "99"], input="y\n", env={"COLUMNS": "200"})
    assert (done.exit_code, "Erasure e1: 3 calls" in done.output, "keeps 1 calls" in done.output) == (0, True, True)
    assert (nobody.exit_code, "nobody is erased: no such customer" in nobody.output) == (1, True)
    assert asked == [(None, "0301", "owner of the site"), (99, None, "owner of the site")]
    stranger = httpx.Request("POST", "http://desk/api/erase", json={"number": "1"}, headers={"Authorization": ""})
    assert serve(stranger).status_code == 401
