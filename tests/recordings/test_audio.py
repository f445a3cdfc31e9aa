"""A file of Asterisk's is closed when its header says so."""

from __future__ import annotations

from pathlib import Path

from recordings.audio import closed
from tests.recordings.sounds import still_open, tone


def test_a_file_is_closed_when_its_header_says_so(tmp_path: Path) -> None:
    path = tone(tmp_path / "c.wav", 440, 1.0)
    assert closed(path)
    assert not closed(still_open(path))
    tone(path, 0, 0)
    assert not closed(path)
    assert not closed(tmp_path / "none.wav")
