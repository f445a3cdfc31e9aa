"""What may go wrong with recordings, with real files: the ledger names each, and whoever verifies finds what was
done to them afterwards."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy import delete, select, update

from cti.calls.call import Call, apply
from cti.calls.events import CallEvent
from recordings.files import Files
from recordings.handler import RecordsPart
from recordings.ledger import measuring, proof
from recordings.ledger.ledger import Entry, Ledger, What, entry_of
from recordings.ledger.proof import Report, verify
from recordings.records.record import Recording
from recordings.spool import recover
from recordings.store import Store
from recordings.tables import ledger, recordings
from recordings.words import RecordingState
from tests.recordings.scenarios import events
from tests.recordings.sounds import HEADER, RATE, still_open, tone

KEY = bytes(range(32))
STEM = "2026/o1"
CALLER, AGENT, BOTH = f"{STEM}-caller.wav", f"{STEM}-agent.wav", f"{STEM}.wav"
TALK = f"""
0   Arrived
5   Offered offer=o1 agent=bob recording={STEM}
7   Accepted offer=o1
8   Connected offer=o1 agent=bob
"""
STORY = events(TALK + "12 Ended by=caller")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LOOK_S", 0.005)
    monkeypatch.setattr(measuring, "CLOSE_S", 0.02)
    monkeypatch.setattr(proof, "YOUNG_S", 0.0)


@dataclass
class House:
    """A store with its ledger, and the folders beside it."""

    store: Store
    home: Path
    files: Files

    def part(self) -> RecordsPart:
        return RecordsPart(self.store, self.files, self.home / "spool")

    def path(self, name: str) -> Path:
        return self.files.folder / name

    def recorded(self, seconds: float = 4.0) -> None:
        tone(self.files.caller(STEM), 440, seconds)
        tone(self.files.agent(STEM), 880, seconds)

    async def entries(self) -> list[Entry]:
        async with self.store.connect() as connection:
            rows = (await connection.execute(select(ledger).order_by(ledger.c.seq))).all()
        return [entry_of(row) for row in rows]

    async def report(self) -> Report:
        return await verify(self.store, KEY, self.home, self.files, lambda *_: None)


@pytest.fixture
async def house(store: Store, tmp_path: Path, files: Files) -> House:
    store._ledger = Ledger(KEY, "server", tmp_path)
    return House(store, tmp_path, files)


async def tell(part: RecordsPart, happened: list[CallEvent], call: Call | None = None) -> Call | None:
    for event in happened:
        call = apply(call, event)
        await part.on_event(event, call, event.at)
    return call


async def talked(house: House, story: list[CallEvent] = STORY) -> None:
    part = house.part()
    await part.start()
    await tell(part, story)
    await part.stop()


def _silence(path: Path) -> None:
    soundfile.write(path, np.full(4 * RATE, 8, dtype=np.int16), RATE, subtype="PCM_16")


def _cut(path: Path) -> None:
    os.truncate(path, HEADER + RATE)


def _huge(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[40:44] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(data)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _garbage(path: Path) -> None:
    path.write_bytes(b"no sound at all" * 10)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _header_only(path: Path) -> None:
    os.truncate(path, HEADER)


Harm = Callable[[Path], object]

MISSING, SHORT, SILENT, UNREADABLE = (
    RecordingState.MISSING,
    RecordingState.SHORT,
    RecordingState.SILENT,
    RecordingState.UNREADABLE,
)


@pytest.mark.parametrize(
    ("caller", "agent", "state", "silent"),
    [
        (None, None, RecordingState.WHOLE, ""),
        (Path.unlink, Path.unlink, MISSING, ""),  # the folder could not be written
        (_empty, _empty, SILENT, "caller+agent"),  # the disk was full as it began
        (_header_only, _header_only, SILENT, "caller+agent"),
        (_cut, _cut, SHORT, ""),  # it was full in the midst, or Asterisk was killed
        (still_open, still_open, SHORT, ""),
        (None, _cut, SHORT, ""),
        (None, Path.unlink, SHORT, "agent"),
        (_huge, None, SHORT, ""),
        (_silence, None, SILENT, "caller"),
        (None, _silence, SILENT, "agent"),
        (_silence, _silence, SILENT, "caller+agent"),
        (_garbage, _garbage, UNREADABLE, "caller+agent"),
        (None, _garbage, SHORT, "agent"),
        (_folder, _folder, UNREADABLE, "caller+agent"),
    ],
)
async def test_what_is_wrong_with_a_recording_is_entered(
    house: House, caller: Harm | None, agent: Harm | None, state: RecordingState, silent: str
) -> None:
    house.recorded()
    for path, harm in ((house.path(CALLER), caller), (house.path(AGENT), agent)):
        if harm is not None:
            harm(path)
    await talked(house)
    expected, measured = await house.entries()
    assert (expected.what, expected.at, expected.call) == (What.EXPECTED, 7.0, "c1")
    assert expected.detail == {"agent": "bob", "expects": sorted((CALLER, AGENT, BOTH))}
    assert (measured.what, measured.detail["state"], measured.detail["silent"]) == (What.MEASURED, state, silent)
    assert measured.detail["talk_s"] == 4.0
    there = {name for name in (CALLER, AGENT, BOTH) if house.path(name).is_file()}
    assert set(measured.detail["files"]) == there
    report = await house.report()
    assert (report.faults, dict(report.states), report.files) == ([], {state.value: 1}, len(there))


@pytest.mark.parametrize(("floor", "state"), [(99, SILENT), (100, RecordingState.WHOLE)])
async def test_the_faintest_sound_is_one(house: House, floor: int, state: RecordingState) -> None:
    house.recorded()
    samples = np.zeros(4 * RATE, dtype=np.int16)
    samples[17_000] = -floor
    soundfile.write(house.path(AGENT), samples, RATE, subtype="PCM_16")
    await talked(house)
    assert (await house.entries())[-1].detail["state"] == state


async def test_in_a_short_talk_nobody_need_say_anything(house: House) -> None:
    house.recorded(2.0)
    soundfile.write(house.path(AGENT), np.zeros(2 * RATE, dtype=np.int16), RATE, subtype="PCM_16")
    await talked(house, events(TALK + "10 Ended by=caller"))
    assert (await house.entries())[-1].detail["state"] == RecordingState.WHOLE


@pytest.mark.parametrize(("until", "state"), [("9.5", SILENT), ("11.5", RecordingState.WHOLE)])
async def test_nobody_is_heard_in_a_pause(house: House, until: str, state: RecordingState) -> None:
    house.recorded()
    _silence(house.path(AGENT))
    pause = f"8.5 PauseAsked offer=o1 by=bob\n8.5 RecordingPaused offer=o1\n{until} RecordingResumed offer=o1\n"
    await talked(house, events(TALK + pause + "12 Ended by=caller"))
    assert (await house.entries())[-1].detail["state"] == state


@pytest.mark.parametrize("killed_after", range(len(STORY) + 1))
async def test_a_server_killed_at_any_step_forgets_none(house: House, killed_after: int) -> None:
    """The database was away all the time: nothing but the spool is left of what it knew."""
    killed = house.part()
    call = await tell(killed, STORY[:killed_after])
    await killed._measurer.stop(0)

    house.recorded()
    await recover(house.home / "spool", house.store)
    part = house.part()
    await part.start()
    await tell(part, STORY[killed_after:], call)
    await part.stop()
    entered = [entry.what for entry in await house.entries()]
    assert entered == [What.EXPECTED, What.MEASURED]
    found = await house.store.recording(STEM)
    assert found is not None
    assert (found.state, found.talk_s, found.started_at) == (RecordingState.WHOLE, 4.0, 8.0)
    assert (await house.report()).faults == []


async def test_a_talk_that_never_began_is_no_recording(house: House) -> None:
    await talked(house, [*STORY[:3], *events("7.5 Ended by=caller")])
    assert [entry.detail.get("state") for entry in await house.entries()] == [None, "not begun"]
    assert await house.store.recording(STEM) is None
    assert (await house.report()).faults == []


@pytest.mark.parametrize(
    ("asked", "states", "there"),
    [("", [None, "not asked for"], False), ("9 RecordingResumed offer=o1\n", [None, "whole"], True)],
)
async def test_on_demand_only_what_is_asked_for_is_kept(
    house: House, asked: str, states: list[str | None], there: bool
) -> None:
    house.recorded()
    on_demand = TALK.replace("recording=", "on_demand=true recording=")
    await talked(house, events(on_demand + f"8.5 RecordingPaused offer=o1\n{asked}12 Ended by=caller"))
    assert [entry.detail.get("state") for entry in await house.entries()] == states
    assert (await house.store.recording(STEM) is not None) == there
    assert [house.path(name).exists() for name in (CALLER, AGENT)] == [there, there]
    assert (await house.report()).faults == []


async def _changed_record(house: House) -> None:
    async with house.store.writing() as connection:
        await connection.execute(update(recordings).values(state="short"))


async def _removed_record(house: House) -> None:
    async with house.store.writing() as connection:
        await connection.execute(delete(recordings))


async def _changed_entry(house: House) -> None:
    async with house.store.writing() as connection:
        await connection.execute(update(ledger).where(ledger.c.number == 1).values(call="c2"))


async def _removed_last_entry(house: House) -> None:
    async with house.store.writing() as connection:
        await connection.execute(delete(ledger).where(ledger.c.number == 2))


async def _nonsense_entry(house: House) -> None:
    async with house.store.writing() as connection:
        await connection.execute(update(ledger).where(ledger.c.number == 1).values(what="praised"))


async def _deleted(house: House) -> None:
    house.path(AGENT).unlink()


async def _truncated(house: House) -> None:
    _cut(house.path(CALLER))


async def _swapped(house: House) -> None:
    house.path(CALLER).rename(house.path("x"))
    house.path(AGENT).rename(house.path(CALLER))
    house.path("x").rename(house.path(AGENT))


async def _renamed(house: House) -> None:
    house.path(CALLER).rename(house.path("2026/better.name.wav"))


async def _put_there(house: House) -> None:
    shutil.copy(house.path(AGENT), house.path("2026/o9-caller.wav"))
    house.path("2026/.o9.wav.part").touch()


async def _linked(house: House) -> None:
    house.path(AGENT).unlink()
    house.path(AGENT).symlink_to("/etc/passwd")


async def _erased(house: House) -> None:
    for name in (CALLER, AGENT):
        house.path(name).unlink()
    async with house.store.writing() as connection:
        await connection.execute(delete(recordings))
        await house.store.note(connection, Entry(20.0, What.ERASED, STEM, "c1", {"gone": [CALLER, AGENT]}))


async def _never_measured(house: House) -> None:
    await house.store.write([], [Recording(stem="2026/o2", call=STORY[0].call, agent="bob", started_at=30.0)], [LATE])


LATE = Entry(30.0, What.EXPECTED, "2026/o2", "c1", {"expects": ["2026/o2-caller.wav"]})
NO_FILE = "is not the file that was measured (call c1)"
UNKNOWN = "no entry of the ledger knows this file"


@pytest.mark.parametrize(
    ("harm", "faults"),
    [
        (_changed_record, [f"{STEM}: its record says short, the ledger whole"]),
        (_removed_record, [f"{STEM}: its record is gone; by the ledger it was whole"]),
        (_changed_entry, ["ledger of server: entry 1 is not as it was written"]),
        (_nonsense_entry, ["ledger of server: entry 1 is not one of ours: 'praised'"]),
        (_removed_last_entry, ["ledger of server: entry 2 is missing"]),
        (_deleted, [f"{AGENT}: the file is gone (call c1)"]),
        (_truncated, [f"{CALLER}: {NO_FILE}"]),
        (_swapped, [f"{CALLER}: {NO_FILE}", f"{AGENT}: {NO_FILE}"]),
        (_renamed, [f"{CALLER}: the file is gone (call c1)", f"2026/better.name.wav: {UNKNOWN}"]),
        (_put_there, [f"2026/.o9.wav.part: {UNKNOWN}", f"2026/o9-caller.wav: {UNKNOWN}"]),
        (_linked, [f"{AGENT}: cannot be read: the recording's name leads out of the recordings folder"]),
        (_erased, []),
        (_never_measured, ["2026/o2: expected since 1970-01-01 00:00:30+00:00, never measured; the server"]),
    ],
)
async def test_what_was_done_to_them_afterwards_is_found(
    house: House, harm: Callable[[House], Awaitable[None]], faults: list[str]
) -> None:
    house.recorded()
    await talked(house)
    assert (await house.report()).faults == []
    await harm(house)
    found = (await house.report()).faults
    for fault in faults:
        assert any(one.startswith(fault) for one in found), found
    assert len(found) >= len(faults)
    if not faults:
        assert found == []


async def test_what_is_older_than_the_ledger_is_counted(house: House) -> None:
    old = Recording(stem="2020/o1", call=STORY[0].call, agent="bob", started_at=1.0, state=RecordingState.WHOLE)
    await house.store.write([], [old])
    tone(house.files.stereo("2020/o1"), 440, 1.0)
    house.recorded()
    await talked(house)
    report = await house.report()
    assert (report.older, report.faults) == (1, [])


async def test_what_is_on_its_way_is_no_fault(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "YOUNG_S", 60.0)
    house.recorded()
    assert (await house.report()).faults == []
    long_ago = time.time() - 3600
    os.utime(house.path(CALLER), (long_ago, long_ago))
    assert (await house.report()).faults == [f"{CALLER}: {UNKNOWN}"]
