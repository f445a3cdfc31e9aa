"""Joins the two sides of a talk into one stereo file and says what was found, there and in the one
file of a caller recorded alone.

Asterisk's MixMonitor writes each side as a mono WAV file of its own. It notes the length in
the file's header only when it closes the file; before, the header says 0 bytes of sound.
"""

from __future__ import annotations

import os
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf

from recordings.record import RecordingState

_BLOCK = 65536
_HEADER_BYTES = 44


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found of a recording; ``length_s`` is that of its longer side in seconds."""

    state: RecordingState
    length_s: float


def closed(path: Path) -> bool:
    """Whether ``path`` is a WAV file that holds sound and all that its header promises."""
    try:
        if path.stat().st_size <= _HEADER_BYTES:
            return False
        with wave.open(str(path), "rb") as file:
            promised = file.getnframes() * file.getnchannels() * file.getsampwidth()
        return 0 < promised <= path.stat().st_size - _HEADER_BYTES
    except (OSError, EOFError, wave.Error):
        return False


def join(caller: Path, agent: Path, stereo: Path) -> Measured:
    """Writes ``stereo`` (left the caller, right the agent) from the two mono files.

    In blocks, so that memory stays flat; by rename, so that no half-written file is ever
    seen. The shorter side is filled up with silence. Without any sound nothing is written.
    Blocks; run it in a thread. Raises OSError where the folder cannot be written.
    """
    there = [path for path in (caller, agent) if path.exists()]
    if not there:
        return Measured(RecordingState.MISSING, 0.0)
    if all(path.stat().st_size <= _HEADER_BYTES for path in there):
        return Measured(RecordingState.SILENT, 0.0)
    with ExitStack() as stack:
        sides = [_open(path, stack) for path in (caller, agent)]
        rates = {side.file.samplerate for side in sides if side is not None}
        if len(rates) != 1:
            return Measured(RecordingState.UNREADABLE, 0.0)
        frames = max((side.frames for side in sides if side is not None), default=0)
        if frames == 0:
            return Measured(RecordingState.SILENT, 0.0)
        rate = rates.pop()
        _interleave(sides, frames, rate, stereo)
    whole = closed(caller) and closed(agent)
    return Measured(RecordingState.WHOLE if whole else RecordingState.SHORT, frames / rate)


def measure(path: Path) -> Measured:
    """Looks at the one file of a caller recorded alone. Where Asterisk could not close it, it is
    written anew, so that it can be heard.

    Blocks; run it in a thread. Raises OSError where the folder cannot be written.
    """
    if not path.exists():
        return Measured(RecordingState.MISSING, 0.0)
    whole = closed(path)
    with ExitStack() as stack:
        side = _open(path, stack)
        if side is None:
            unreadable = path.stat().st_size > _HEADER_BYTES
            return Measured(RecordingState.UNREADABLE if unreadable else RecordingState.SILENT, 0.0)
        if side.frames == 0:
            return Measured(RecordingState.SILENT, 0.0)
        length_s = side.frames / side.file.samplerate
        if not whole:
            _copy(side, path)
    return Measured(RecordingState.WHOLE if whole else RecordingState.SHORT, length_s)


def _copy(side: _Side, path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    with _new(part, 1, side.file.samplerate, side.frames) as out:
        for _ in range(0, side.frames, _BLOCK):
            out.writeframesraw(side.file.read(_BLOCK, dtype="int16").tobytes())
    _put(part, path)


@dataclass(frozen=True, slots=True)
class _Side:
    file: sf.SoundFile
    frames: int


def _open(path: Path, stack: ExitStack) -> _Side | None:
    """The file for reading; None where it is not there or holds nothing that can be read."""
    try:
        file = stack.enter_context(sf.SoundFile(path))
        if file.channels != 1:
            return None
        unclosed = path.stat().st_size - _HEADER_BYTES
        if file.frames > 0 or unclosed <= 0:
            return _Side(file, file.frames)
        # Asterisk died before it could note the length: the sound is all that follows the header.
        raw = sf.SoundFile(path, samplerate=file.samplerate, channels=1, format="RAW", subtype="PCM_16")
        stack.enter_context(raw).seek(_HEADER_BYTES // 2)
        return _Side(raw, unclosed // 2)
    except (sf.LibsndfileError, OSError):
        return None


def _interleave(sides: list[_Side | None], frames: int, rate: int, stereo: Path) -> None:
    part = stereo.with_name(f".{stereo.name}.part")
    with _new(part, 2, rate, frames) as out:
        for start in range(0, frames, _BLOCK):
            block = np.zeros((min(_BLOCK, frames - start), 2), dtype=np.int16)
            for channel, side in enumerate(sides):
                if side is not None:
                    sound = side.file.read(len(block), dtype="int16")
                    block[: len(sound), channel] = sound
            out.writeframesraw(block.tobytes())
    _put(part, stereo)


@contextmanager
def _new(path: Path, channels: int, rate: int, frames: int) -> Iterator[wave.Wave_write]:
    """A 16-bit file to write. soundfile would wait for the disk at its close, and ``_put`` does that."""
    with wave.open(str(path), "wb") as out:
        out.setparams((channels, 2, rate, frames, "NONE", ""))
        yield out


def _put(part: Path, path: Path) -> None:
    """Puts a file that is written in its place, in one step."""
    with open(part, "rb") as written:
        os.fsync(written.fileno())
    part.replace(path)
