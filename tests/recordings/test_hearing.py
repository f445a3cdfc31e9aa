"""A talk is heard right after the call, before the pipeline was at it; and after; and its waveform is drawn."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile as sf
from fastapi import FastAPI

from cti.access import Gate, Person, Role
from cti.calls.words import CallId
from recordings import api
from recordings.files import Files
from recordings.ledger.ledger import Ledger
from recordings.pipeline.kinds import Format
from recordings.pipeline.queue import Queue
from recordings.pipeline.worker import Worker
from recordings.records.record import Recording
from recordings.review import waveform as waveform_api
from recordings.store import Store
from recordings.words import RecordingState
from tests.recordings.sounds import pitch, still_open, tone
from tests.recordings.storages import in_folder

TALK = Recording(
    stem="2026/o1", call=CallId("c1"), agent="bob", started_at=1.0, state=RecordingState.WHOLE, length_s=2.0,
    file="2026/o1.wav",
)  # fmt: skip
SOUND, PEAKS = "/api/recordings/2026/o1", "/api/recordings/2026/o1/peaks"


@pytest.fixture
async def store(url: str, tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(url, Ledger(bytes(32), "test", tmp_path))
    yield opened
    await opened.close()


@pytest.fixture
async def desk(store: Store, files: Files) -> AsyncIterator[httpx.AsyncClient]:
    app, bob = FastAPI(), Person("bob", Role.AGENT)
    gate = app.state.gate = Gate(b"s" * 32, {"bob": bob})
    for routes in (waveform_api.routes(store), api.routes(store, in_folder(store, files))):
        app.include_router(routes)
    headers = {"Authorization": f"Bearer {gate.token(bob)}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers) as made:
        yield made


async def test_right_after_the_call_and_when_it_is_finished(
    desk: httpx.AsyncClient, store: Store, files: Files, tmp_path: Path
) -> None:
    tone(files.caller(TALK.stem), 440, 2.0)
    still_open(tone(files.agent(TALK.stem), 880, 1.5))
    await store.write([], [TALK])
    whole = await desk.get(SOUND)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert len(whole.content) == int(whole.headers["content-length"]) == 44 + 2 * 2 * 16000
    heard, rate = sf.read(io.BytesIO(whole.content), dtype="int16")
    assert (heard.shape, rate) == ((16000, 2), 8000)
    assert np.array_equal(heard[:, 0], sf.read(files.caller(TALK.stem), dtype="int16")[0])
    assert heard[:12000, 1].any()
    assert not heard[12000:, 1].any()
    for asked, start, end in (
        ("0-9", 0, 10), ("40-50", 40, 51), ("44-", 44, 64044), ("1001-30000", 1001, 30001), ("-7", 64037, 64044),
        ("64043-99999999", 64043, 64044), ("-99999999", 0, 64044),
    ):  # fmt: skip
        part = await desk.get(SOUND, headers={"Range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, whole.content[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/64044"
    beyond = await desk.get(SOUND, headers={"Range": "bytes=64044-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */64044")
    assert (await desk.get(SOUND, headers={"Range": "pages=1-2"})).status_code == 200
    assert (await desk.get(PEAKS)).status_code == 404

    await Worker(Queue(store, "w"), files, Format.MP3).run(once=True)
    found = await desk.get(SOUND)
    assert (found.status_code, found.headers["content-type"]) == (200, "audio/mpeg")
    assert found.content == files.path("2026/o1.mp3").read_bytes()
    assert (await desk.get(SOUND, headers={"Range": "bytes=10-19"})).content == found.content[10:20]
    (tmp_path / "heard.mp3").write_bytes(found.content)
    assert pitch(tmp_path / "heard.mp3", 1) == pytest.approx(880, abs=2)

    drawn = (await desk.get(PEAKS)).json()
    assert (drawn["step_s"], len(drawn["caller"]), len(drawn["agent"])) == (0.02, 100, 100)
    assert all(drawn["caller"])
    assert not any(drawn["agent"][76:])
    assert (drawn["caller_s"], drawn["agent_s"], drawn["talk_over_s"], drawn["silence_s"]) == (2.0, 1.5, 1.5, 0.0)
    assert (drawn["talk_over_share"], drawn["silence_share"]) == (0.75, 0.0)


async def test_what_cannot_be_heard_says_why(desk: httpx.AsyncClient, store: Store, files: Files) -> None:
    for side in (files.caller(TALK.stem), files.agent(TALK.stem)):
        side.write_bytes(b"no sound at all" * 100)
    nothing = replace(TALK, state=RecordingState.UNREADABLE, length_s=0.0, file=None)
    await store.write([], [nothing])
    answer = await desk.get(SOUND)
    assert (answer.status_code, answer.json()["detail"]) == (
        404, "there is no sound: the recording is unreadable; 1 wait in the pipeline, 0 have failed there",
    )  # fmt: skip
    await store.write([], [replace(TALK, stem="2026/o2", state=RecordingState.EXPECTED, length_s=None, file=None)])
    tone(files.caller("2026/o2"), 440, 1.0)
    assert (await desk.get("/api/recordings/2026/o2")).json()["detail"].endswith("the recording is expected")


async def test_ten_gigabytes_are_not_believed(desk: httpx.AsyncClient, store: Store, files: Files) -> None:
    """Where a header only says so, what is there is heard; where they are there (a hole), it is said."""
    await store.write([], [TALK])
    for side in (files.caller(TALK.stem), files.agent(TALK.stem)):
        lying = bytearray(tone(side, 440, 2.0).read_bytes())
        lying[4:8] = lying[40:44] = (0xFFFFFF00).to_bytes(4, "little")
        side.write_bytes(lying)
    assert len((await desk.get(SOUND)).content) == 44 + 2 * 2 * 16000
    for side in (files.caller(TALK.stem), files.agent(TALK.stem)):
        os.truncate(side, 10 << 30)
    answer = await desk.get(SOUND, headers={"Range": "bytes=0-99"})
    assert answer.status_code == 404, answer.text
    assert "there is no sound: the recording is whole" in answer.json()["detail"]


async def test_a_waveform_is_for_who_may_hear(desk: httpx.AsyncClient, store: Store) -> None:
    await store.write([], [replace(TALK, agent="cat")])
    assert (await desk.get(PEAKS)).json()["detail"] == "no such recording, or not one of yours"
    assert (await desk.get("/api/recordings/2026/../etc/peaks")).status_code == 404
