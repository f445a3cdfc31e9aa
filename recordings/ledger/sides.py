"""One file as Asterisk writes it, looked at: is it there, closed, how long, is there any sound, its SHA-256.

Asterisk's MixMonitor writes each side of a talk as a WAV file of 16-bit mono samples after 44 bytes of header,
and notes the length there when it closes the file.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recordings.words import RecordingState

FLOOR = 100
"""The loudest sample of a file without any sound stays below it (of 32768: -50 dB). Comfort noise and the
smallest steps of G.711 do; a voice never does."""
JUDGED_S = 3.0
"""In a shorter talk one side may just not have said anything."""
TOLERANCE_S = 1.0
TOLERANCE = 0.02
"""How much of a talk may lack: its beginning and end are not seen to the sample."""
_HEADER = 44
_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Side:
    """What was found of one file. ``seconds`` is the sound in it; ``whole``: all that its header promises."""

    there: bool = False
    readable: bool = False
    whole: bool = False
    seconds: float = 0.0
    loud: bool = False
    sha256: str = ""


def look(path: Path) -> Side:
    """Reads a file once. Blocks; run it in a thread. Raises OSError where it is there and cannot be read."""
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return Side()
    with file:
        header = file.read(_HEADER)
        digest = hashlib.sha256(header)
        rate, promised = _format(header)
        size, loud = 0, False
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
            if rate and not loud:
                samples = np.frombuffer(block[: len(block) & ~1], dtype="<i2")
                loud = bool(samples.size) and max(int(samples.max()), -int(samples.min())) >= FLOOR
    whole = 0 < promised <= size
    seconds = (promised if whole else size) // 2 / rate if rate else 0.0
    return Side(True, rate > 0 or size == 0, whole, seconds, loud, digest.hexdigest())


def _format(header: bytes) -> tuple[int, int]:
    """Samples a second and the bytes of sound that are promised; (0, 0) for what Asterisk would not write."""
    if len(header) < _HEADER:
        return 0, 0
    riff, _, wave, fmt, size, kind, channels, rate, _, _, bits, data, promised = struct.unpack(
        "<4sI4s4sIHHIIHH4sI", header
    )
    ours = (riff, wave, fmt, size, kind, channels, bits, data) == (b"RIFF", b"WAVE", b"fmt ", 16, 1, 1, 16, b"data")
    return (rate, promised) if ours else (0, 0)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a recording. ``length_s`` is that of its longer side; ``silent`` names the sides
    without any sound, joined by ``+``."""

    state: RecordingState
    length_s: float = 0.0
    silent: str = ""


def judge(sides: Mapping[str, Side], talk_s: float | None, paused_s: float = 0.0) -> Found:
    """What the sides of a talk (``caller`` and ``agent``), or a ``tape``, come to. ``talk_s`` is how long the
    recording was to be, None where nobody knows; for ``paused_s`` of it nothing was to be heard."""
    there = [side for side in sides.values() if side.there]
    if not there:
        return Found(RecordingState.NOT_BEGUN if talk_s == 0.0 else RecordingState.MISSING)
    length_s = max(side.seconds for side in there)
    if length_s == 0.0:
        readable = any(side.readable for side in there)
        return Found(RecordingState.SILENT if readable else RecordingState.UNREADABLE, 0.0, "+".join(sides))
    talk = len(sides) > 1 and length_s - paused_s >= JUDGED_S  # who leaves a message need not say anything
    silent = "+".join(name for name, side in sides.items() if talk and not side.loud)
    lacks = talk_s is not None and talk_s - length_s > max(TOLERANCE_S, TOLERANCE * talk_s)
    if lacks or not all(side.whole for side in sides.values()):
        return Found(RecordingState.SHORT, length_s, silent)
    return Found(RecordingState.SILENT if silent else RecordingState.WHOLE, length_s, silent)
