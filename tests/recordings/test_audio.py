"""Two mono files become one stereo file, and what is wrong with them is told apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from recordings import audio
from recordings.audio import Measured, closed, join, measure
from recordings.record import RecordingState
from tests.recordings.sounds import HEADER, RATE, pitch, still_open, tone


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: HEADER + RATE])


def _header_only(path: Path) -> None:
    tone(path, 0, 0)


def _stereo(path: Path) -> None:
    sf.write(path, np.zeros((100, 2)), RATE)


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _garbage(path: Path) -> None:
    path.write_bytes(b"no sound at all" * 10)


def _leave(path: Path) -> None:
    assert path.exists()


def test_left_is_the_caller_and_right_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "_BLOCK", 1000)
    caller, agent = tone(tmp_path / "c.wav", 440, 2.0), tone(tmp_path / "a.wav", 880, 2.0)
    assert join(caller, agent, tmp_path / "s.wav") == Measured(RecordingState.WHOLE, 2.0)
    assert pitch(tmp_path / "s.wav", 0) == pytest.approx(440, abs=1)
    assert pitch(tmp_path / "s.wav", 1) == pytest.approx(880, abs=1)
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["a.wav", "c.wav", "s.wav"]


def test_the_shorter_side_ends_in_silence(tmp_path: Path) -> None:
    caller, agent = tone(tmp_path / "c.wav", 440, 2.0), tone(tmp_path / "a.wav", 880, 0.5)
    assert join(caller, agent, tmp_path / "s.wav") == Measured(RecordingState.WHOLE, 2.0)
    sound, _ = sf.read(tmp_path / "s.wav", dtype="int16")
    assert np.array_equal(sound[:, 0], sf.read(caller, dtype="int16")[0])
    assert np.array_equal(sound[: RATE // 2, 1], sf.read(agent, dtype="int16")[0])
    assert not sound[RATE // 2 :, 1].any()


@pytest.mark.parametrize(
    ("caller", "agent", "state", "length_s"),
    [
        (_leave, _cut, RecordingState.SHORT, 1.0),
        (_cut, _cut, RecordingState.SHORT, 0.5),
        (still_open, still_open, RecordingState.SHORT, 1.0),
        (_leave, _header_only, RecordingState.SHORT, 1.0),
        (_leave, Path.unlink, RecordingState.SHORT, 1.0),
        (_leave, _garbage, RecordingState.SHORT, 1.0),
        (_header_only, _header_only, RecordingState.SILENT, 0.0),
        (_nothing, Path.unlink, RecordingState.SILENT, 0.0),
        (_garbage, _garbage, RecordingState.UNREADABLE, 0.0),
        (_stereo, Path.unlink, RecordingState.UNREADABLE, 0.0),
        (Path.unlink, Path.unlink, RecordingState.MISSING, 0.0),
    ],
)
def test_faults_are_told_apart(
    tmp_path: Path,
    caller: Callable[[Path], object],
    agent: Callable[[Path], object],
    state: RecordingState,
    length_s: float,
) -> None:
    sides = tone(tmp_path / "c.wav", 440, 1.0), tone(tmp_path / "a.wav", 880, 1.0)
    for side, harm in zip(sides, (caller, agent), strict=True):
        harm(side)
    assert join(*sides, tmp_path / "s.wav") == Measured(state, length_s)
    assert (tmp_path / "s.wav").exists() == (length_s > 0)


def test_sides_of_different_rates_are_not_joined(tmp_path: Path) -> None:
    caller = tone(tmp_path / "c.wav", 440, 1.0)
    sf.write(tmp_path / "a.wav", np.ones(16000), 16000)
    assert join(caller, tmp_path / "a.wav", tmp_path / "s.wav").state is RecordingState.UNREADABLE


def test_a_file_is_closed_when_its_header_says_so(tmp_path: Path) -> None:
    path = tone(tmp_path / "c.wav", 440, 1.0)
    assert closed(path)
    assert not closed(still_open(path))
    _header_only(path)
    assert not closed(path)
    assert not closed(tmp_path / "none.wav")


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (_leave, Measured(RecordingState.WHOLE, 2.0)),
        (still_open, Measured(RecordingState.SHORT, 2.0)),
        (_header_only, Measured(RecordingState.SILENT, 0.0)),
        (_garbage, Measured(RecordingState.UNREADABLE, 0.0)),
        (Path.unlink, Measured(RecordingState.MISSING, 0.0)),
    ],
)
def test_what_a_caller_said_alone_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], object], found: Measured
) -> None:
    monkeypatch.setattr(audio, "_BLOCK", 1000)
    path = tone(tmp_path / "t.wav", 440, 2.0)
    spoil(path)
    assert measure(path) == found
    if found.length_s:
        assert closed(path), "it can be heard, even where Asterisk could not close it"
