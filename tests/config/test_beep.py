"""The beep is there, is heard, and is one tone."""

from __future__ import annotations

from pathlib import Path

import soundfile

from config.beep import RATE, make_beep
from demo.tones import present


def test_the_beep(tmp_path: Path) -> None:
    make_beep(tmp_path)
    make_beep(tmp_path)
    samples, rate = soundfile.read(tmp_path / "beep.wav")
    assert (rate, len(samples)) == (RATE, RATE // 4)
    assert present(samples, rate, (440.0, 1000.0, 2000.0)) == {1000.0}
    assert [path.name for path in tmp_path.iterdir()] == ["beep.wav"]
