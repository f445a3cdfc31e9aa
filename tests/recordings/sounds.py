"""WAV files as Asterisk leaves them: 8 kHz, 16-bit, mono."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 8000
HEADER = 44


def tone(path: Path, hertz: float, seconds: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    at = np.arange(round(seconds * RATE)) / RATE
    sf.write(path, np.round(8000 * np.sin(2 * np.pi * hertz * at)).astype(np.int16), RATE, subtype="PCM_16")
    return path


def still_open(path: Path) -> Path:
    """As before Asterisk closes it: the header says 0 bytes of sound."""
    data = bytearray(path.read_bytes())
    data[4:8] = (36).to_bytes(4, "little")
    data[40:44] = bytes(4)
    path.write_bytes(data)
    return path


def pitch(path: Path, channel: int) -> float:
    """The strongest frequency of a channel, in hertz."""
    sound, rate = sf.read(path)
    spectrum = np.abs(np.fft.rfft(sound[:, channel]))
    return float(np.argmax(spectrum) * rate / len(sound))
