"""The API: who may see and hear what, ranges, and names that lead elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from structlog.testing import capture_logs

from cti.access import Gate, Person, Role
from cti.calls.words import CallId
from recordings.api import routes
from recordings.files import Files
from recordings.records.record import Recording
from recordings.store import JournalRow, Store
from recordings.words import RecordingState
from tests.recordings.scenarios import events
from tests.recordings.sounds import tone
from tests.recordings.storages import in_folder

PEOPLE = {p.name: p for p in (Person("bob", Role.AGENT), Person("cat", Role.AGENT), Person("sue", Role.SUPERVISOR))}
GATE = Gate(b"s" * 32, PEOPLE)
TALK = "Arrived\n{0}.5 Queued queue=sales\n{0}.6 Offered offer={1} agent={2} recording=2026/{1}\n"
TALK += "{0}.7 Connected offer={1} agent={2}\n{0}.9 Ended by=caller"


# Looking changes nothing, so all tests look at the same calls: tables and routes are made once.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("api") / "recordings"
    (folder / "2026").mkdir(parents=True)
    (folder / "link.wav").symlink_to(tone(folder.parent / "secret.wav", 440, 0.1))
    return Files(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    copied = shutil.copy(migrated, tmp_path_factory.mktemp("api") / "cordboard.db")
    opened = await Store.open(f"sqlite+aiosqlite:///{copied}")
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(store: Store, files: Files) -> AsyncIterator[httpx.AsyncClient]:
    happened = [
        *events("100 " + TALK.format(100, "o1", "bob"), "c1"),
        *events("200 " + TALK.format(200, "o2", "cat"), "c2"),
        *events("300 Arrived caller=4799\n305 Ended by=caller", "c3"),
    ]
    whole = Recording(
        stem="2026/o1",
        call=CallId("c1"),
        agent="bob",
        started_at=100.7,
        state=RecordingState.WHOLE,
        length_s=1.0,
        silence_s=2.0,
        talk_over_s=3.0,
    )
    gone = replace(
        whole,
        stem="2026/o2",
        call=CallId("c2"),
        agent="cat",
        state=RecordingState.MISSING,
        silence_s=None,
        talk_over_s=None,
    )
    await store.write([JournalRow("run", n, e) for n, e in enumerate(happened, 1)], [whole, gone])
    tone(files.stereo("2026/o1"), 440, 1.0)
    app = FastAPI()
    app.state.gate = GATE
    app.include_router(routes(store, in_folder(store, files)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as made:
        yield made


def as_(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {GATE.token(PEOPLE[name])}"}


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [r["id"] for r in answer.json()["records"]]


@pytest.mark.parametrize("path", ["/api/records", "/api/records/c1", "/api/recordings/2026/o1"])
async def test_nobody_without_a_token(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 401
    forged = {"Authorization": f"Bearer {Gate(b'x' * 32, PEOPLE).token(PEOPLE['sue'])}"}
    assert (await client.get(path, headers=forged)).status_code == 401


@pytest.mark.parametrize(
    ("name", "status"), [("sue", (200, 200, 200)), ("bob", (200, 200, 404)), ("cat", (404, 404, 200))]
)
async def test_agents_have_their_own_calls_only(
    client: httpx.AsyncClient, name: str, status: tuple[int, int, int]
) -> None:
    paths = ("/api/records/c1", "/api/recordings/2026/o1", "/api/records/c2")
    assert tuple([(await client.get(path, headers=as_(name))).status_code for path in paths]) == status


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("sue", "", ["c3", "c2", "c1"]),
        ("bob", "", ["c1"]),
        ("bob", "?agent=bob&queue=sales", ["c1"]),
        ("sue", "?agent=cat", ["c2"]),
        ("sue", "?from=150&to=1970-01-01T00:05:00Z", ["c2"]),
        ("sue", "?from=1970-01-01T01:05:00%2B01:00", ["c3"]),
        ("sue", "?outcome=abandoned in menu", ["c3"]),
        ("sue", "?text=99", ["c3"]),
        ("sue", "?caller=4799&limit=1", ["c3"]),
        ("sue", "?min_length=1&max_length=10", ["c3"]),
        ("sue", "?min_talk_over=2", ["c1"]),
        ("sue", "?min_talk_over=2&max_silence=1", []),
        ("sue", "?min_score=1", []),
        ("sue", "?node=help", []),
    ],
)
async def test_calls_are_found(client: httpx.AsyncClient, name: str, query: str, expected: list[str]) -> None:
    assert ids(await client.get(f"/api/records{query}", headers=as_(name))) == expected


async def test_an_agent_may_not_ask_for_the_calls_of_another(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/records?agent=cat", headers=as_("bob"))).status_code == 403


async def test_pages_follow_each_other(client: httpx.AsyncClient) -> None:
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 1}
    while "cursor" not in query or query["cursor"]:
        answer = await client.get("/api/records", params=query, headers=as_("sue"))
        seen += ids(answer)
        query["cursor"] = answer.json()["next"]
    assert seen == ["c3", "c2", "c1"]


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "to=nan",
        "limit=0",
        "limit=201",
        "cursor=x",
        "cursor=inf,c1",
        "outcome=lost",
        "sort=caller",
        "text=" + "x" * 101,
        "min_length=-1",
        "max_score=nan",
        "min_wait=long",
    ],
)
async def test_bad_queries_get_a_clear_error(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/records?{query}", headers=as_("sue"))
    assert answer.status_code == 422
    assert answer.json()["detail"]


async def test_one_call_with_all_of_it(client: httpx.AsyncClient) -> None:
    found = (await client.get("/api/records/c1", headers=as_("bob"))).json()
    assert found["record"]["outcome"] == "answered"
    assert [s["kind"] for s in found["segments"]] == ["menu", "wait", "ring", "talk"]
    assert [(r["stem"], r["state"]) for r in found["recordings"]] == [("2026/o1", "whole")]
    assert (await client.get("/api/records/c9", headers=as_("sue"))).status_code == 404


async def test_a_recording_is_played_in_parts(client: httpx.AsyncClient, files: Files) -> None:
    data = files.stereo("2026/o1").read_bytes()
    with capture_logs() as logs:
        whole = await client.get("/api/recordings/2026/o1", headers=as_("bob"))
        part = await client.get("/api/recordings/2026/o1", headers={**as_("bob"), "Range": "bytes=100-199"})
        beyond = await client.get("/api/recordings/2026/o1", headers={**as_("bob"), "Range": "bytes=999999-"})
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.content == data
    assert (part.status_code, part.content) == (206, data[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(data)}"
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(data)}")
    assert [(e["event"], e["who"], e["stem"], e["range"]) for e in logs[:2]] == [
        ("recording played", "bob", "2026/o1", ""),
        ("recording played", "bob", "2026/o1", "bytes=100-199"),
    ]


async def test_a_missing_recording_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/recordings/2026/o2", headers=as_("cat"))
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no sound: the recording is missing")


@pytest.mark.parametrize(
    "stem",
    [
        "%2e%2e/secret",
        "..%2fsecret",
        "2026/%2e%2e/%2e%2e/secret",
        "%2fetc/passwd",
        "2026%00",
        "link",
        "%2e%2e%5csecret",
    ],
)
async def test_no_name_leads_out_of_the_folder(client: httpx.AsyncClient, files: Files, stem: str) -> None:
    answer = await client.get(f"/api/recordings/{stem}", headers=as_("sue"))
    assert answer.status_code == 400
    assert "recording" in answer.json()["detail"]
    assert str(files.stereo("2026/o1").parent.parent.parent) not in answer.text


async def test_messages_are_for_supervisors(client: httpx.AsyncClient, store: Store, files: Files) -> None:
    left = [
        Recording(
            stem=f"2026/t{n}",
            call=CallId("c3"),
            agent="",
            started_at=301.0 + n,
            state=RecordingState.WHOLE,
            length_s=2.0,
            file=f"2026/t{n}.wav",
            box="night" if n else "day",
            taped=True,
        )
        for n in range(3)
    ]
    await store.write([], left)
    tone(files.tape("2026/t2"), 440, 2.0)
    assert (await client.get("/api/messages")).status_code == 401
    assert (await client.get("/api/messages", headers=as_("bob"))).status_code == 403
    stems, query = list[str](), "limit=2"
    while query:
        page = (await client.get(f"/api/messages?{query}", headers=as_("sue"))).json()
        stems += [message["recording"]["stem"] for message in page["messages"]]
        assert {message["caller"] for message in page["messages"]} == {"4799"}
        query = f"limit=2&cursor={page['next']}" if page["next"] else ""
    assert stems == ["2026/t2", "2026/t1", "2026/t0"]
    night = (await client.get("/api/messages?box=night", headers=as_("sue"))).json()
    assert len(night["messages"]) == 2
    assert (await client.get("/api/recordings/2026/t2", headers=as_("sue"))).status_code == 200
    assert (await client.get("/api/recordings/2026/t2", headers=as_("bob"))).status_code == 404
    assert (await client.get("/api/messages?cursor=x", headers=as_("sue"))).status_code == 422
