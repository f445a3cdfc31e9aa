"""The part in the loop: what it is told becomes rows and measured recordings."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from cti.calls.call import Call, apply
from cti.calls.events import AgentChanged, CallEvent
from cti.calls.words import AgentState, CallId
from recordings.files import Files
from recordings.handler import RecordsPart
from recordings.ledger import measuring
from recordings.ledger.ledger import Ledger
from recordings.records.record import Recording
from recordings.review.joined import joined
from recordings.store import JournalRow, Store
from recordings.tables import ledger
from recordings.words import Outcome, RecordingState
from tests.recordings.scenarios import events
from tests.recordings.sounds import still_open, tone

STEM = "2026/o1"
TALK = f"""
0   Arrived
2   Queued queue=sales
5   Offered offer=o1 agent=bob recording={STEM}
7   Accepted offer=o1
7.1 Connected offer=o1 agent=bob
7.2 RecordingStarted recording={STEM}
"""
END = f"9.1 Ended by=caller\n9.1 RecordingStopped recording={STEM}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LOOK_S", 0.005)
    monkeypatch.setattr(measuring, "CLOSE_S", 0.05)


async def tell(part: RecordsPart, happened: list[CallEvent], call: Call | None = None) -> Call | None:
    for event in happened:
        call = apply(call, event)
        assert await part.on_event(event, call, event.at) == ()
    return call


def record_sides(files: Files, seconds: float, stem: str = STEM) -> None:
    tone(files.caller(stem), 440, seconds)
    tone(files.agent(stem), 880, seconds)


async def measured(store: Store, stem: str = STEM) -> Recording:
    found = await store.recording(stem)
    assert found is not None
    return found


async def test_a_talk_leaves_a_record_and_a_whole_recording(store: Store, files: Files, tmp_path: Path) -> None:
    part = RecordsPart(store, files, tmp_path / "spool")
    await part.start()
    call = await tell(part, events(TALK))
    record_sides(files, 1.9)
    await tell(part, events(END), call)
    await part.stop()
    details = await store.call("c1")
    assert details is not None
    assert (details.record.outcome, details.record.agent) == (Outcome.ANSWERED, "bob")
    (recording,) = details.recordings
    assert (recording.state, recording.agent, recording.started_at) == (RecordingState.WHOLE, "bob", 7.1)
    assert recording.length_s == pytest.approx(1.9)
    assert recording.talk_s == pytest.approx(2.0)
    assert recording.file == f"{STEM}.wav"
    assert joined(files, recording) is not None, "it can be heard at once"
    assert part.pending == 0


@pytest.mark.parametrize(
    ("end", "recorded_s", "found"),
    [
        ("67.1 Ended by=caller", 30.0, (RecordingState.SHORT, 60.0)),
        ("67.1 Ended by=caller", 0.0, (RecordingState.SILENT, 60.0)),
        ("67.1 Ended by=caller", None, (RecordingState.MISSING, 60.0)),
        # The talk goes on unrecorded, or the call goes on without the talk.
        (f"8 RecordingStopped recording={STEM}\n67.1 Ended by=caller", 0.9, (RecordingState.WHOLE, 0.9)),
        ("8 Left place=talk by=agent\n8 EnteredMenu node=survey\n30 Ended by=caller", 0.9, (RecordingState.WHOLE, 0.9)),
    ],
)
async def test_every_recording_is_accounted_for(
    store: Store, files: Files, end: str, recorded_s: float | None, found: tuple[RecordingState, float], tmp_path: Path
) -> None:
    part = RecordsPart(store, files, tmp_path / "spool")
    await part.start()
    if recorded_s is not None:
        record_sides(files, recorded_s)
    await tell(part, events(TALK + end))
    await part.stop()
    recording = await measured(store)
    assert recording.talk_s is not None
    assert (recording.state, round(recording.talk_s, 6)) == found
    assert (recording.file is not None) == (recording.state in (RecordingState.WHOLE, RecordingState.SHORT))


async def test_a_talk_without_room_is_told_in_the_ledger(url: str, files: Files, tmp_path: Path) -> None:
    store = await Store.open(url, Ledger(bytes(32), "test", tmp_path))
    part = RecordsPart(store, files, tmp_path / "spool", full=lambda: True)
    await part.start()
    await tell(part, events(TALK + END))
    await part.stop()
    async with store.connect() as connection:
        entry = (await connection.execute(select(ledger.c.detail).where(ledger.c.what == "measured"))).scalar_one()
    await store.close()
    assert (entry["state"], entry["why"]) == ("missing", "disk")


async def test_it_waits_until_asterisk_has_closed_the_files(
    store: Store, files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record_sides(files, 2.0)
    still_open(files.agent(STEM))
    looks = 0

    def closing(path: object) -> bool:
        nonlocal looks
        looks += 1
        if looks == 4:
            record_sides(files, 2.0)
        return looks >= 4

    monkeypatch.setattr(measuring, "closed", closing)
    monkeypatch.setattr(measuring, "CLOSE_S", 30.0)
    part = RecordsPart(store, files, tmp_path / "spool")
    await part.start()
    await tell(part, events(TALK + END))
    await part.stop()
    assert (await measured(store)).state is RecordingState.WHOLE


@pytest.mark.parametrize("end", [END, "9.1 Left place=talk by=agent\n9.1 EnteredMenu node=survey"])
async def test_a_recording_left_unmeasured_is_taken_up_at_the_next_start(
    store: Store, files: Files, end: str, tmp_path: Path
) -> None:
    # The talk ended in the last moments of an earlier run: its files were not looked at.
    rows = [JournalRow("old", n, e) for n, e in enumerate(events(TALK + end), 1)]
    expected = Recording(stem=STEM, call=CallId("c1"), agent="bob", started_at=7.1)
    await store.write(rows, [expected])
    record_sides(files, 1.9)
    part = RecordsPart(store, files, tmp_path / "spool")
    await part.start()
    await part.stop()
    found = await measured(store)
    assert found.state is RecordingState.WHOLE
    assert found.talk_s == pytest.approx(2.0)


async def test_a_talk_that_outlives_the_engine_is_measured_at_its_end(
    store: Store, files: Files, tmp_path: Path
) -> None:
    first = RecordsPart(store, files, tmp_path / "spool")
    await first.start()
    call = await tell(first, events(TALK))
    await first.stop()

    second = RecordsPart(store, files, tmp_path / "spool")
    await second.start()
    record_sides(files, 59.9)
    await tell(second, events("30 Adopted place=talk channel=PJSIP/x\n67 Ended by=caller"), call)
    await second.stop()
    found = await measured(store)
    assert (found.state, found.started_at) == (RecordingState.WHOLE, 7.1)
    assert found.talk_s == pytest.approx(59.9)


HOLDS = "10 Held offer=o1\n30 Resumed\n40 Held offer=o1\n"


@pytest.mark.parametrize("known", [0, 1, 2, 3])
async def test_a_hold_by_us_is_not_recorded(store: Store, files: Files, tmp_path: Path, known: int) -> None:
    """So many of the events were seen by an earlier engine."""
    story = events(HOLDS)
    first = RecordsPart(store, files, tmp_path / "spool")
    await first.start()
    call = await tell(first, events(TALK) + story[:known])
    await first.stop()

    second = RecordsPart(store, files, tmp_path / "spool")
    await second.start()
    record_sides(files, 12.9)
    await tell(second, story[known:] + events("47 Ended by=caller"), call)
    await second.stop()
    found = await measured(store)
    assert found.state is RecordingState.WHOLE
    assert found.talk_s == pytest.approx(12.9)


@pytest.mark.parametrize("end", ["47 Ended by=caller", "47 Left place=talk by=agent\n47 EnteredMenu node=survey"])
async def test_nor_is_it_missed_by_who_measures_later(store: Store, files: Files, end: str, tmp_path: Path) -> None:
    rows = [JournalRow("old", n, e) for n, e in enumerate(events(TALK + HOLDS + end), 1)]
    await store.write(rows, [Recording(stem=STEM, call=CallId("c1"), agent="bob", started_at=7.1)])
    record_sides(files, 12.9)
    part = RecordsPart(store, files, tmp_path / "spool")
    await part.start()
    await part.stop()
    found = await measured(store)
    assert found.state is RecordingState.WHOLE
    assert found.talk_s == pytest.approx(12.9)


async def test_a_recording_outside_the_folder_is_refused_and_the_call_goes_on(
    store: Store, files: Files, tmp_path: Path
) -> None:
    part = RecordsPart(store, files, tmp_path / "spool")
    await part.start()
    await tell(part, events((TALK + END).replace(STEM, "../../etc/o1")))
    await part.stop()
    assert (await measured(store, "../../etc/o1")).state is RecordingState.MISSING
    assert await store.call("c1") is not None


async def test_events_of_no_call_are_taken(store: Store, files: Files, tmp_path: Path) -> None:
    part = RecordsPart(store, files, tmp_path / "spool")
    await part.start()
    assert await part.on_event(AgentChanged(at=1.0, agent="bob", state=AgentState.READY), None, 1.0) == ()
    assert (await part.on_time(2.0), part.next_time()) == ((), None)
    await part.stop()


TAPE = "2026/t1"
TAPING = f"0 Arrived\n1 TapeStarted recording={TAPE} box=night\n"


@pytest.mark.parametrize("end", ["4 Taped play=3 seconds=3\n5 Ended by=caller", "4 Ended by=caller"])
async def test_a_message_is_in_its_box_however_the_call_ends(
    store: Store, files: Files, tmp_path: Path, end: str
) -> None:
    part = RecordsPart(store, files, tmp_path / "spool")
    await part.start()
    call = await tell(part, events(TAPING))
    tone(files.tape(TAPE), 440, 3.0)
    await tell(part, events(end), call)
    await part.stop()
    found = await measured(store, TAPE)
    assert (found.state, found.length_s, found.file) == (RecordingState.WHOLE, 3.0, f"{TAPE}.wav")
    (message,), _ = await store.messages("night")
    assert (message.recording, message.caller) == (found, "4711")
    assert (await store.messages("day"))[0] == []


async def test_a_message_left_while_the_engine_was_killed_is_found(store: Store, files: Files, tmp_path: Path) -> None:
    """Killed in the midst of it; the next engine sees the call end."""
    first = RecordsPart(store, files, tmp_path / "spool")
    await first.start()
    call = await tell(first, events(TAPING))
    await first.stop()
    second = RecordsPart(store, files, tmp_path / "spool")
    await second.start()
    still_open(tone(files.tape(TAPE), 440, 3.0))
    await tell(second, events("9 Ended by=caller"), call)
    await second.stop()
    (message,), _ = await store.messages()
    assert (message.recording.state, message.recording.length_s) == (RecordingState.SHORT, 3.0)


async def test_nothing_said_is_no_message(store: Store, files: Files, tmp_path: Path) -> None:
    part = RecordsPart(store, files, tmp_path / "spool")
    await part.start()
    call = await tell(part, events(TAPING))
    tone(files.tape(TAPE), 440, 0.4)
    await tell(part, events("4 Ended by=caller"), call)
    await part.stop()
    assert (await measured(store, TAPE)).length_s == pytest.approx(0.4)
    assert await store.messages() == ([], None)
