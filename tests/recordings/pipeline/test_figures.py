"""Who speaks when, and how loud, on made signals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.pipeline.figures import (
    FULL_SCALE,
    MOST_POINTS,
    PEAK_DB,
    TARGET_DB,
    WINDOW_S,
    Figures,
    figures,
    gains,
    waveform,
    windows,
)

RATE = 8000
SIZE = round(RATE * WINDOW_S)
Sound = npt.NDArray[np.int16]


def talk(length_s: float, *spoken: tuple[float, float], decibels: float = -20.0, noise: float = -70.0) -> Sound:
    """One direction: a tone from and to these seconds, in faint noise."""
    at = np.arange(round(length_s * RATE)) / RATE
    sound = np.random.default_rng(1).normal(0, FULL_SCALE * 10 ** (noise / 20), len(at))
    for start, end in spoken:
        inside = (at >= start) & (at < end)
        sound[inside] += np.sqrt(2) * FULL_SCALE * 10 ** (decibels / 20) * np.sin(2 * np.pi * 300 * at[inside])
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


def found(*directions: Sound) -> Figures:
    both = np.stack(directions, axis=1)
    return figures(windows(both, SIZE)[0], len(both) / RATE)


@pytest.mark.parametrize("louder", [0.0, -18.0])
def test_who_speaks_how_long(louder: float) -> None:
    caller = talk(20, (1, 5), (9, 12), decibels=-20 + louder)
    agent = talk(20, (4, 8), decibels=-12 + louder, noise=-60 + louder)
    assert found(caller, agent) == Figures(caller_s=7.0, agent_s=4.0, silence_s=8.0, talk_over_s=1.0)


def test_a_pause_between_words_is_speaking_and_a_breath_no_silence() -> None:
    assert found(talk(4, (0, 1), (1.2, 2), (3.5, 4))) == Figures(2.5, 0.0, 0.0, 0.0)


def test_a_click_is_no_speech_and_a_yes_no_talk_over() -> None:
    assert found(talk(6, (0, 3)), talk(6, (1, 1.4), (4, 4.04))) == Figures(3.0, 0.4, 3.0, 0.0)


def test_a_line_without_speech_is_silent() -> None:
    assert found(talk(5), talk(5)) == Figures(0.0, 0.0, 5.0, 0.0)
    assert found(np.zeros(RATE, np.int16), np.zeros(RATE, np.int16)).caller_s == 0.0
    assert figures(windows(np.zeros((0, 2), np.int16), SIZE)[0], 0.0) == Figures(0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("decibels", [-42.0, -30.0, -8.0])
def test_each_direction_is_made_as_loud_as_the_other(decibels: float) -> None:
    both = np.stack([talk(5, (1, 4), decibels=decibels, noise=-90), talk(5)], axis=1)
    factors = gains(*windows(both, SIZE))
    assert factors[1] == 1.0  # without speech it stays
    level = decibels + 20 * np.log10(factors[0])
    assert level == pytest.approx(TARGET_DB, abs=0.2)


@given(st.lists(st.integers(-32768, 32767), max_size=700), st.integers(1, 2), st.integers(1, 400))
def test_nothing_is_ever_clipped_and_every_waveform_fits(samples: list[int], directions: int, size: int) -> None:
    sound = np.array(samples[: len(samples) - len(samples) % directions], np.int16).reshape(-1, directions)
    levels, peaks = windows(sound, size)
    factors = gains(levels, peaks)
    for direction, factor in enumerate(factors):
        loudest = int(np.abs(sound[:, direction].astype(int)).max(initial=0)) * factor
        assert loudest <= FULL_SCALE * (1 if factor == 1 else 10 ** (PEAK_DB / 20)) + 1
    drawn = waveform(peaks, factors)
    assert len(drawn.caller) == len(peaks)
    assert len(drawn.agent) == (len(peaks) if directions == 2 else 0)
    assert (max(drawn.caller, default=0) > 0) == bool(sound[:, 0].any())


def test_a_waveform_has_so_many_points_at_the_most_and_shows_each_sound() -> None:
    sound = np.zeros((RATE * 3600, 2), np.int16)
    sound[1_000_000, 0], sound[20_000_000, 1] = -30_000, 20_000
    drawn = waveform(windows(sound, SIZE)[1], (1.0, 0.5))
    assert drawn.step_s == pytest.approx(3.6)
    assert len(drawn.caller) == len(drawn.agent) == MOST_POINTS
    assert [(at, p) for at, p in enumerate(drawn.caller) if p] == [(int(125 / 3.6), 234)]
    assert [(at, p) for at, p in enumerate(drawn.agent) if p] == [(int(2500 / 3.6), 78)]
