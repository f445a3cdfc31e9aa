"""Transcripts from a kept sound to what is found by them, over SQLite and PostgreSQL, by an engine of a package."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest
import pytest_asyncio
import soundfile as sf
import structlog
from fastapi import FastAPI
from sqlalchemy import select, text

from cti.access import Gate, Person, Role
from cti.audit import FACTS
from cti.calls.words import CallId
from recordings.ledger.proof import verify
from recordings.pipeline.leases import Job, Ours, some_waiting
from recordings.pipeline.rules import Unfit
from recordings.records.search import Filters
from recordings.review import shares
from recordings.review.shares import Share
from recordings.storage.bucket import Bucket
from recordings.storage.catalogue import HERE, Catalogue
from recordings.storage.erasure import erase
from recordings.storage.faults import NotThere
from recordings.storage.keys import Ring
from recordings.storage.life import Swept
from recordings.storage.retention import DAY_S, Rule
from recordings.storage.storage import Storage
from recordings.transcripts.api import routes
from recordings.transcripts.engine import Untranscribable, maker, names
from recordings.transcripts.intake import enqueue
from recordings.transcripts.listener import Listener
from recordings.transcripts.queue import TranscriptQueue
from recordings.transcripts.tables import transcribing, transcripts
from recordings.transcripts.words import Transcript, Word, decode, stem_of
from recordings.transcripts.worker import Scribe, read
from tests.contracts.postgres import postgres
from tests.contracts.test_keeping import Site, opened
from tests.recordings.transcripts.fakes import installed

pytestmark = pytest.mark.real
RATE = 8000
QUEUES = {"sales": "en"}


def talk() -> bytes:
    """The caller from second 1 to 2, low; the agent from 3 to 4, high; the caller again from 40 to 41."""
    sound = np.zeros((50 * RATE, 2), np.int16)
    at = np.arange(RATE) / RATE
    for side, hertz, second in ((0, 300, 1), (1, 1500, 3), (0, 300, 40)):
        sound[second * RATE :][:RATE, side] = np.round(8000 * np.sin(2 * np.pi * hertz * at))
    made = io.BytesIO()
    sf.write(made, sound, RATE, format="WAV", subtype="PCM_16")
    return made.getvalue()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[str]:
    async with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/cordboard.db"
    return str(request.getfixturevalue("server"))


@pytest.fixture
async def site(url: str, tmp_path: Path) -> AsyncIterator[Site]:
    made = await opened(tmp_path, url)
    if not url.startswith("sqlite"):
        async with made.records.writing() as connection:
            await connection.execute(
                text("TRUNCATE transcribing, transcripts, stored, holds, ledger, recordings, calls, journal, segments")
            )
    yield made
    await made.records.close()


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[Site]:
    """Where the database makes no difference."""
    made = await opened(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/cordboard.db")
    yield made
    await made.records.close()


@pytest.fixture(autouse=True)
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path / "packages", monkeypatch)


@pytest.fixture
def logged() -> Iterator[Sequence[Mapping[str, object]]]:
    with structlog.testing.capture_logs() as logs:
        yield logs


async def asked(site: Site, *calls: str, queues: Mapping[str, str] = QUEUES) -> None:
    for call in calls:
        await site.call(call, sound=talk(), away=True)
        await enqueue(site.records, f"2026/{call}", queues, 300.0)


async def scribed(site: Site, queue: TranscriptQueue | None = None, patience_s: float = 30.0) -> Scribe:
    listener = Listener("fake", patience_s=patience_s)
    scribe = Scribe(queue or TranscriptQueue(site.records, "w"), site.storage, listener)
    await scribe.run(once=True)
    return scribe


async def found(site: Site, said: str, agent: str | None = None) -> list[str]:
    page, _ = await site.records.search(Filters(said=said, agent=agent))
    return [one.id for one in page]


async def left(site: Site, call: str) -> set[str]:
    """All that there is of a transcript anywhere."""
    name = stem_of(f"2026/{call}")
    async with site.records.connect() as connection:
        rows = {
            t.name for t in (transcripts, transcribing) for s in await connection.scalars(select(t.c.stem)) if call in s
        }
    files = {path.name for path in site.folder.rglob(f"{call}.words*")}
    try:
        await site.storage.open(name, f"{name}.json")
        return rows | files | {"storage"}
    except NotThere:
        return rows | files


async def test_a_transcript_is_made_kept_sealed_and_found(site: Site, logged: Sequence[Mapping[str, object]]) -> None:
    await asked(site, "c1")
    await asked(site, "c2", queues={"orders": "en"})
    await enqueue(site.records, "2026/c1", QUEUES, 301.0)
    scribe = await scribed(site)
    assert (scribe.progress.done, scribe.progress.sound_s) == (1, 3.0)
    assert not await some_waiting(site.records, transcribing)

    kept = await site.storage.kept(stem_of("2026/c1"))
    assert kept is not None
    made = decode(await read(kept))
    assert (made.language, made.engine) == ("en", "fake")
    lines = [(line.side.value, line.text, line.words[0].start_s, line.words[0].end_s) for line in made.lines]
    assert [line[:2] for line in lines] == [
        ("caller", "parcel please"),
        ("agent", "refund please"),
        ("caller", "parcel please"),
    ]
    assert [at for _, _, start, end in lines for at in (start, end)] == pytest.approx([1, 2, 3, 4, 40, 41], abs=0.05)
    await site.storage.check(stem_of("2026/c1"))
    [sealed] = site.folder.rglob("c1.words*")
    assert b"parcel" not in sealed.read_bytes()
    assert await found(site, "REFUND parc") == ["c1"]
    assert (await found(site, "refund", "bob"), await found(site, "refund", "eve")) == (["c1"], [])
    assert await found(site, "refund nonsense") == await found(site, "%") == []
    details = await site.records.call("c1")
    assert details is not None
    assert details.transcribed == ("2026/c1",)
    assert set(await site.entries("stored")) == {"2026/c1", "2026/c2"}

    await enqueue(site.records, "2026/c1", QUEUES, 302.0)
    assert not await some_waiting(site.records, transcribing)
    assert not any(word in repr(logged) for word in ("parcel", "refund", "please", "aloud"))


async def test_an_engine_that_fails_holds_up_nobody(lone: Site) -> None:
    """What hangs is given up, since it would hang again; all else is tried again; the sound is as it was."""
    why = {
        "hangs": "the engine fake took more than 1 s for a piece",
        "dies": "the engine fake died (-6)",
        "raises": "the engine failed: ValueError",
        "odd": "the engine failed: AttributeError",
    }
    for does in why:
        await asked(lone, does, queues={"sales": does})
    await asked(lone, "well")
    scribe = await scribed(lone, patience_s=1.0)
    assert (scribe.progress.done, scribe.progress.failed, scribe.progress.tried) == (1, 1, 3)
    async with lone.records.connect() as connection:
        rows = (await connection.execute(select(transcribing))).all()
    assert {row.stem.partition("/")[2]: row.reason for row in rows} == why
    assert [row.stem for row in rows if row.failed_at is not None] == ["2026/hangs"]
    assert await found(lone, "refund") == ["well"]
    for does in why:
        await lone.storage.check(f"2026/{does}")
        assert await left(lone, does) == {"transcribing"}


async def test_it_goes_with_its_recording_and_stays_while_that_is_held(site: Site) -> None:
    await asked(site, "c1", "c2", "c3")
    await scribed(site)
    await site.hold("c2")
    whole = {"transcripts", "storage", "c2.words.json"}
    late = 107 + 31 * DAY_S
    assert await site.life(Rule(30 * DAY_S)).sweep(late, pause_s=0) == Swept(deleted=2, held=1)
    assert [await left(site, call) for call in ("c1", "c2", "c3")] == [set(), whole, set()]
    assert await found(site, "refund") == ["c2"]
    assert sorted((await site.entries("deleted"))["2026/c1"]["were"]) == [
        "2026/c1-caller.wav",
        "2026/c1.wav",
        "2026/c1.words.json",
    ]

    await site.call("c4", "+493012345678", sound=talk(), away=True)
    await enqueue(site.records, "2026/c4", QUEUES, 300.0)
    await scribed(site)
    assert await left(site, "c4") == {"transcripts", "storage", "c4.words.json"}
    await erase(site.records, site.life(), ["+493012345678"], "ada", late)
    assert await left(site, "c4") == set()


@pytest.mark.parametrize("step", ["put", "note"])
async def test_what_is_deleted_in_the_midst_leaves_nothing(
    site: Site, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked(site, "c1")
    queue = TranscriptQueue(site.records, "w")
    put, note = site.storage.put, queue.note

    async def delete() -> None:
        assert await site.life(Rule(DAY_S)).sweep(1e10, pause_s=0) == Swept(deleted=1)

    async def late_put(stem: str, path: Path, now: float, of: str = "") -> object:
        await delete()
        return await put(stem, path, now, of)

    async def late_note(job: Job, made: Transcript) -> Ours:
        await delete()
        return await note(job, made)

    if step == "put":
        monkeypatch.setattr(site.storage, "put", late_put)
    else:
        monkeypatch.setattr(queue, "note", late_note)
    await scribed(site, queue)
    if step == "put":  # it was tried in vain; whoever tries again finds it deleted
        async with site.records.writing() as connection:
            await connection.execute(transcribing.update().values(due_at=0.0))
        await scribed(site)
    assert await left(site, "c1") == set()


async def test_what_was_heard_is_not_heard_again_after_a_crash(lone: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked(lone, "c1")
    queue = TranscriptQueue(lone.records, "w")

    async def killed(job: Job, made: Transcript) -> Ours:
        raise OSError("killed")

    monkeypatch.setattr(queue, "note", killed)
    assert (await scribed(lone, queue)).progress.tried == 1
    async with lone.records.writing() as connection:
        await connection.execute(transcribing.update().values(due_at=0.0))
    monkeypatch.setattr(Listener, "start", killed)
    assert (await scribed(lone)).progress.done == 1
    assert await found(lone, "refund") == ["c1"]


async def test_who_is_told_to_stop_gives_back_what_he_was_at(lone: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked(lone, "c1", queues={"sales": "hangs"})
    listening = asyncio.Event()
    words = Listener.words

    async def begun(listener: Listener, sound: npt.NDArray[np.int16], language: str) -> list[Word]:
        listening.set()
        return await words(listener, sound, language)

    monkeypatch.setattr(Listener, "words", begun)
    working = asyncio.create_task(scribed(lone))
    await listening.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    async with lone.records.connect() as connection:
        [row] = await connection.execute(select(transcribing))
    assert (row.worker, row.tries, row.reason) == ("", 0, "")


async def test_beside_a_sound_that_stays_where_it_was_made_it_is_in_the_ledger(lone: Site) -> None:
    here = Storage(
        Catalogue(lone.records), lone.storage.files, {HERE: Bucket.folder(lone.storage.files.folder)}, HERE,
        Ring(lone.folder / "none", {}), sealing=False,
    )  # fmt: skip
    plain = replace(lone, storage=here)
    await asked(plain, "c1")
    await scribed(plain)
    path = here.files.path("2026/c1.words.json")
    assert "parcel" in path.read_text()

    async def faults() -> list[str]:
        os.utime(path, (1.0, 1.0)) if path.exists() else None
        report = await verify(lone.records, bytes(32), lone.folder, here.files, lambda *_: None)
        return [fault for fault in report.faults if "words" in fault]

    assert await faults() == []
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"parcel", b"nobody"))
    assert await faults() == ["2026/c1.words.json: is not the file that was measured (call c1)"]
    path.write_bytes(whole)
    assert await plain.life(Rule(DAY_S)).sweep(1e10, pause_s=0) == Swept(deleted=1)
    assert not path.exists()
    assert await faults() == []


async def test_who_may_hear_may_read_and_it_is_noted(lone: Site) -> None:
    await asked(lone, "c1", "c2")
    await scribed(lone, None)
    people = {
        name: Person(name, role) for name, role in (("sue", Role.SUPERVISOR), ("bob", Role.AGENT), ("eve", Role.AGENT))
    }
    facts: list[Mapping[str, object]] = []
    app = FastAPI()
    gate = app.state.gate = Gate(bytes(32), people)
    app.include_router(routes(lone.records, lone.storage))

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        facts.append(scope.get(FACTS, {}))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(noting), base_url="http://test") as client:

        async def ask(name: str, stem: str, **wanted: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer {gate.token(people[name])}"}
            return await client.get(f"/api/recordings/{stem}/transcript", headers=headers, params=wanted)

        for name in ("sue", "bob"):
            answer = await ask(name, "2026/c1")
            assert answer.json()["lines"][1]["words"][0]["text"] == " refund"
            assert facts[-1] == {"call": "c1", "read": "transcript"}
        share = Share(
            id="s1", call=CallId("c1"), recording="2026/c1", second=0.0, role=Role.AGENT, made_by="sue",
            made_at=0.0, until=1e11,
        )  # fmt: skip
        async with lone.records.writing() as connection:
            await connection.execute(text("DELETE FROM shares"))
            assert await shares.add(connection, share)
        codes = [
            (await ask("eve", stem, **by)).status_code
            for stem in ("2026/c1", "2026/c2")
            for by in ({}, {"share": "s1"})
        ]
        assert codes == [404, 200, 404, 404]
        assert (await ask("sue", "2026/none")).status_code == 404
        assert (await ask("sue", "../etc")).status_code == 404
        sealed = next(lone.folder.rglob("c2.words*"))
        sealed.write_bytes(sealed.read_bytes()[::-1])
        assert (await ask("sue", "2026/c2")).status_code == 502
        await lone.life(Rule(DAY_S)).sweep(1e10, pause_s=0)
        assert (await ask("sue", "2026/c1")).status_code == 410
        await lone.call("c9", sound=talk(), away=True)
        assert (await ask("sue", "2026/c9")).status_code == 404


async def test_engines_by_their_names() -> None:
    assert {"whisper", "fake"} <= names()
    with pytest.raises(Untranscribable, match="there are: fake, whisper"):
        maker("nobody")
    for engine, model, why in (
        ("nobody", None, "no engine called"),
        ("whisper", Path("/nowhere"), "no file model.bin"),
    ):
        with pytest.raises(Unfit, match=why):
            await Listener(engine, model).start()
