from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.tones import RATE, chord, present, read_wav, tone, tones_heard, write_wav

TONES = (440.0, 880.0, 1320.0)


@pytest.mark.parametrize("hertz", TONES)
@pytest.mark.parametrize("dbfs", [0.0, -12.0, -29.0])
def test_a_tone_is_measured_at_its_level(hertz: float, dbfs: float) -> None:
    heard = tones_heard(tone(hertz, 1.0, dbfs), RATE, TONES)
    assert heard[hertz] == pytest.approx(dbfs, abs=0.1)
    assert all(level < -80 for other, level in heard.items() if other != hertz)


@given(st.sets(st.sampled_from(TONES)), st.floats(0.3, 2.0), st.integers(0, 1000))
def test_of_a_mix_just_its_tones_are_present(sent: set[float], seconds: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.001, round(seconds * RATE))
    mixed = sum((tone(hertz, seconds, -20.0) for hertz in sent), noise)
    assert present(np.asarray(mixed), RATE, TONES) == sent


def test_music_on_hold_is_none_of_the_tones() -> None:
    assert present(chord(4.0), RATE, (196.0, *TONES)) == {196.0}


def test_a_level_in_between_is_no_answer() -> None:
    with pytest.raises(ValueError, match="neither"):
        present(tone(440.0, 1.0, -38.0), RATE, TONES)


def test_nothing_to_listen_to() -> None:
    with pytest.raises(ValueError, match="no samples"):
        tones_heard(np.zeros(0), RATE, TONES)


def test_wav_there_and_back(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(440.0, 0.5))
    assert np.allclose(read_wav(tmp_path / "a.wav"), tone(440.0, 0.5), atol=1e-4)
    write_wav(tmp_path / "b.wav", tone(440.0, 0.5), rate=16000)
    with pytest.raises(ValueError, match="16000 Hz"):
        read_wav(tmp_path / "b.wav")
