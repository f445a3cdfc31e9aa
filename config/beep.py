"""The beep after which a caller is recorded. Ours: an Asterisk need not have one."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

BEEP_SOUND = "beep"
"""Its name in the sounds folder."""

RATE = 8000
_HERTZ = 1000.0
_SECONDS = 0.25
_LEVEL = 0.25
_EDGE_S = 0.01
"""Fades in and out this long, so that it does not click."""


def make_beep(folder: Path) -> None:
    """Writes the sound into the folder. Raises OSError."""
    count = round(_SECONDS * RATE)
    samples = [
        round(32767 * _LEVEL * min(1.0, n / RATE / _EDGE_S, (count - n) / RATE / _EDGE_S) * math.sin(_angle(n)))
        for n in range(count)
    ]
    fresh = folder / f".{BEEP_SOUND}.wav"
    with wave.open(str(fresh), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{count}h", *samples))
    fresh.replace(folder / f"{BEEP_SOUND}.wav")


def _angle(sample: int) -> float:
    return 2 * math.pi * _HERTZ * sample / RATE
