"""One finished file of real raw files, in every kind; and of files that are not as they should be."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import struct
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from cti.calls.words import CallId
from recordings.files import Files, NotARecording
from recordings.ledger.measuring import measured
from recordings.pipeline import source as of_source
from recordings.pipeline.kinds import Format
from recordings.pipeline.make import Finished, Stopped, make
from recordings.pipeline.rules import Unfit, no_room
from recordings.records.record import Recording
from recordings.words import RecordingState
from tests.recordings.sounds import HEADER, RATE, pitch, still_open, tone

STEM = "2026/o1"
TALK = Recording(stem=STEM, call=CallId("c1"), agent="bob", started_at=1.0)
TAPE = replace(TALK, stem="2026/t1", taped=True)


def made(files: Files, recording: Recording = TALK, format: Format = Format.WAV) -> Finished:
    return make(files, recording, format, threading.Event())


def raw(files: Files, seconds: float = 3.0) -> tuple[Path, Path]:
    return tone(files.caller(STEM), 440, seconds), tone(files.agent(STEM), 880, seconds)


def level(path: Path, channel: int) -> float:
    sound, _ = sf.read(path)
    return float(20 * np.log10(np.sqrt(np.mean(sound[2000:12000, channel] ** 2))))


@pytest.mark.parametrize("format", Format)
def test_left_is_the_caller_and_right_the_agent_and_both_are_as_loud(files: Files, format: Format) -> None:
    caller, agent = raw(files)
    quiet, rate = sf.read(agent, dtype="int16")
    sf.write(agent, quiet // 10, rate)
    found = made(files, format=format)
    assert found.file == f"{STEM}.{format}"
    assert found.path == files.path(found.file)
    assert pitch(found.path, 0) == pytest.approx(440, abs=2)
    assert pitch(found.path, 1) == pytest.approx(880, abs=2)
    assert level(found.path, 0) == pytest.approx(-20, abs=1)
    assert level(found.path, 1) == pytest.approx(-20, abs=1)
    assert (found.length_s, found.figures.talk_over_s) == (3.0, 3.0)
    assert len(found.waveform.caller) == len(found.waveform.agent) == 150
    assert found.gone == (f"{STEM}-caller.wav", f"{STEM}-agent.wav")
    assert caller.exists(), "the raw files go when the finished one is noted"
    assert agent.exists()
    again = made(files, format=format)
    assert replace(again, sha256="") == replace(found, sha256="")
    assert sorted(p.name for p in found.path.parent.iterdir()) == sorted([caller.name, agent.name, found.path.name])


@pytest.mark.parametrize("format", [Format.WAV, Format.MP3])
def test_what_a_caller_said_alone(files: Files, format: Format) -> None:
    path = tone(files.tape(TAPE.stem), 440, 2.0)
    found = made(files, TAPE, format)
    assert found.gone == (() if format is Format.WAV else ("2026/t1.wav",))
    assert sf.info(found.path).channels == 1
    assert found.waveform.agent == b""
    assert path.exists()
    assert made(files, TAPE, format).figures == found.figures


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: HEADER + RATE])


def _huge_header(path: Path) -> None:
    """As if 10 GB followed; a header has no more than 4."""
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", 0xFFFFFFF0)
    path.write_bytes(data)


def _stereo(path: Path) -> None:
    sound, _ = sf.read(path, dtype="int16")
    sf.write(path, np.stack([sound, sound], axis=1), RATE)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _garbage(path: Path) -> None:
    path.write_bytes(b"no sound at all" * 1000)


@pytest.mark.parametrize(
    ("harm", "agent_s", "kept"),
    [
        (_cut, 0.5, False),
        (still_open, 3.0, False),
        (_huge_header, 3.0, False),
        (_stereo, 3.0, False),
        (_empty, 0.0, False),
        (Path.unlink, 0.0, False),
        (_garbage, 0.0, True),
    ],
)
def test_a_side_that_is_not_whole(files: Files, harm: Callable[[Path], object], agent_s: float, kept: bool) -> None:
    _, agent = raw(files)
    harm(agent)
    found = made(files)
    assert (found.length_s, found.figures.caller_s) == (3.0, 3.0)
    assert found.figures.agent_s == pytest.approx(agent_s, abs=0.03)
    assert pitch(found.path, 0) == pytest.approx(440, abs=1)
    assert (agent.exists() and f"{STEM}-agent.wav" not in found.gone) == kept, "what is not in the file is not lost"


def _wrong_rate(path: Path) -> None:
    sf.write(path, np.ones(16000, np.int16), 16000)


def _absurd_rate(files: Files) -> None:
    for path in raw(files):
        data = bytearray(path.read_bytes())
        data[24:28] = struct.pack("<I", 400_000)
        path.write_bytes(data)


def _days(files: Files) -> None:
    """Ten gigabytes, most of which is a hole."""
    for path in raw(files):
        with open(path, "r+b") as file:
            file.seek(4)
            file.write(struct.pack("<I", 0xFFFFFFF0))
            file.seek(40)
            file.write(struct.pack("<I", 0xFFFFFF00))
        os.truncate(path, 10 << 30)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda files: None, "its files are not there: o1-caller.wav, o1-agent.wav"),
        (lambda files: list(map(_empty, raw(files))), "there is no sound in o1-caller.wav; there is no sound in o1-"),
        (lambda files: _wrong_rate(raw(files)[1]), "the two sides have different rates: 8000 Hz and 16000 Hz"),
        (_absurd_rate, "its header says 400000 Hz, which no telephone has"),
        (_days, "it would be 75 hours long; 24 are the most"),
        (lambda files: list(map(_garbage, raw(files))), "o1-caller.wav is no WAV file that can be read"),
    ],
)
def test_what_can_never_be_made(files: Files, spoil: Callable[[Files], object], why: str) -> None:
    spoil(files)
    before = sorted(p.name for p in (files.path("2026")).iterdir())
    with pytest.raises(Unfit) as error:
        made(files)
    assert str(error.value).startswith(why)
    assert sorted(p.name for p in (files.path("2026")).iterdir()) == before


def test_a_rate_that_the_format_does_not_have(files: Files) -> None:
    for path in (files.caller(STEM), files.agent(STEM)):
        sf.write(path, np.ones(44100, np.int16), 44100)
    with pytest.raises(Unfit, match=r"44100 Hz, which opus does not have; set recordings\.format"):
        made(files, format=Format.OPUS)
    assert made(files, format=Format.MP3).length_s == 1.0


@pytest.mark.parametrize("stem", ["../o1", "/etc/o1", "2026/../../o1", "a\0b", "x" * 300])
def test_a_name_that_leads_elsewhere(files: Files, stem: str) -> None:
    with pytest.raises(NotARecording):
        made(files, replace(TALK, stem=stem))


def test_a_file_that_changes_while_it_is_read(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    caller, _ = raw(files)
    really = of_source.Source.blocks

    def growing(source: of_source.Source) -> object:
        with open(caller, "ab") as file:
            file.write(bytes(100))
        return really(source)

    monkeypatch.setattr(of_source.Source, "blocks", growing)
    with pytest.raises(OSError, match=r"o1-caller\.wav changed while it was read"):
        made(files)
    assert not files.path(f"{STEM}.wav").exists()


def test_it_ends_at_once_when_told_to(files: Files) -> None:
    raw(files)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        make(files, TALK, Format.MP3, stop)
    assert [p.name for p in files.path("2026").iterdir() if "part" in p.name] == []


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize("room", [0, 5_000])
def test_a_full_disk_leaves_all_as_it_was(files: Files, format: Format, room: int) -> None:
    """The kernel refuses what is written beyond so many bytes, as a full disk does."""
    raw(files, 60.0)
    before = {p: p.read_bytes() for p in files.path("2026").iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(OSError, match="too large") as error:
            made(files, format=format)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.value.errno == errno.EFBIG
    assert no_room(error.value)
    assert {p: p.read_bytes() for p in files.path("2026").iterdir()} == before


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg, by which pydub reads other kinds")
def test_an_odd_format_is_decoded(files: Files) -> None:
    for path in raw(files):
        other = path.with_suffix(".m4a")
        subprocess.run(["ffmpeg", "-loglevel", "error", "-i", path, other], check=True)
        other.replace(path)
    assert measured(files, TALK).recording.state is RecordingState.UNREADABLE
    found = made(files)
    assert found.length_s == pytest.approx(3.0, abs=0.2)
    assert pitch(found.path, 0) == pytest.approx(440, abs=2)
