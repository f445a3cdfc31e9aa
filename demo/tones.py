"""Tones to send, and which tones are heard: how tests tell who hears whom.

Samples are numpy arrays of float, mono, full scale 1.0. Levels are in dBFS of a sine: 0 dBFS
is a sine of full scale.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float64]

RATE = 8000
"""Telephone sound, in samples a second."""

PRESENT_DBFS = -30.0
"""A tone at least this loud is there."""

ABSENT_DBFS = -45.0
"""A tone quieter than this is not there. What lies between is no answer."""


def tone(hertz: float, seconds: float, dbfs: float = -12.0, rate: int = RATE) -> Samples:
    """A sine of so many hertz."""
    return np.asarray(10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * _times(seconds, rate)))


def chord(seconds: float, dbfs: float = -24.0, rate: int = RATE) -> Samples:
    """Quiet music on hold: a chord that swells and fades once in its length, and can be repeated."""
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * _times(seconds, rate) / seconds)
    notes = sum((tone(hertz, seconds, dbfs, rate) for hertz in (196.0, 246.94, 293.66)), np.zeros(1))
    return np.asarray(swell * notes)


def tones_heard(samples: Samples, rate: int, frequencies: Iterable[float]) -> dict[float, float]:
    """How loud each frequency (Hz) is over all of ``samples``, in dBFS; -120.0 is silence.

    Frequencies less than ``4 * rate / len(samples)`` Hz apart cannot be told from one another.
    Raises ValueError: no samples.
    """
    if not len(samples):
        raise ValueError("no samples to listen to")
    # Hann: what is not at the frequency itself hardly leaks into it (Harris 1978).
    window = np.hanning(len(samples) + 2)[1:-1]
    weighed = samples * window
    times = np.arange(len(samples)) / rate
    scale = 2 / window.sum()
    return {
        hertz: float(20 * np.log10(max(scale * abs(np.dot(weighed, np.exp(-2j * np.pi * hertz * times))), 1e-6)))
        for hertz in frequencies
    }


def present(samples: Samples, rate: int, frequencies: Iterable[float]) -> set[float]:
    """Those of ``frequencies`` (Hz) that are heard.

    Raises ValueError: no samples, or a tone too weak to be there and too loud not to be.
    """
    levels = tones_heard(samples, rate, frequencies)
    unsure = {hertz: round(level, 1) for hertz, level in levels.items() if ABSENT_DBFS < level < PRESENT_DBFS}
    if unsure:
        raise ValueError(f"neither heard nor not heard (Hz: dBFS): {unsure}")
    return {hertz for hertz, level in levels.items() if level >= PRESENT_DBFS}


def write_wav(path: Path, samples: Samples, rate: int = RATE) -> None:
    """A WAV file as Asterisk plays it: mono, 16 bit."""
    soundfile.write(path, samples, rate, subtype="PCM_16")


def read_wav(path: Path) -> Samples:
    """A mono WAV file of 8 kHz. Raises ValueError: it is another."""
    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    if rate != RATE or samples.shape[1] != 1:
        raise ValueError(f"{path.name} is {rate} Hz with {samples.shape[1]} channels; {RATE} Hz mono is wanted")
    return np.asarray(samples[:, 0])


def _times(seconds: float, rate: int) -> Samples:
    return np.arange(round(seconds * rate)) / rate
