"""The kinds of file that a finished recording can be, and what writes each."""

from __future__ import annotations

import os
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import lameenc
import numpy as np
import numpy.typing as npt
import soundfile as sf

from recordings.pipeline.kinds import Format
from recordings.pipeline.rules import Unfit

Write = Callable[[npt.NDArray[np.int16]], None]
"""Takes the next samples, shape (samples, directions)."""


_RATES = {
    Format.MP3: {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000},
    Format.OPUS: {8000, 12000, 16000, 24000, 48000},
}
_KBPS = 16
"""Of MP3, a direction, up to 8 kHz; twice as much above."""
_LAME_QUALITY = 7
_PROBE = bytes(1 << 16)


@contextmanager
def writer(format: Format, path: Path, rate: int, channels: int, frames: int) -> Iterator[Write]:
    """Makes a file of ``frames`` samples a direction at ``path``. Raises Unfit for a rate that the format does
    not have, OSError where the disk takes no more."""
    if rate not in _RATES.get(format, {rate}):
        raise Unfit(f"the sound has {rate} Hz, which {format} does not have; set recordings.format to flac or wav")
    make = {Format.MP3: _mp3, Format.WAV: _wav}.get(format, _by_libsndfile)
    with make(path, rate, channels, frames) as write:
        yield write
    with open(path, "rb") as written:
        os.fsync(written.fileno())


@contextmanager
def _mp3(path: Path, rate: int, channels: int, frames: int) -> Iterator[Write]:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(channels)
    encoder.set_bit_rate(_KBPS * channels * (1 if rate <= 8000 else 2))
    encoder.set_quality(_LAME_QUALITY)
    with open(path, "wb") as out:
        yield lambda samples: _put(out.write, encoder.encode(samples.tobytes()))
        _put(out.write, encoder.flush())


def _put(write: Callable[[bytes], int], data: bytes | bytearray) -> None:
    write(bytes(data))


@contextmanager
def _wav(path: Path, rate: int, channels: int, frames: int) -> Iterator[Write]:
    with open(path, "wb") as file, wave.open(file, "wb") as out:
        out.setparams((channels, 2, rate, frames, "NONE", ""))
        yield lambda samples: out.writeframesraw(samples.tobytes())


@contextmanager
def _by_libsndfile(path: Path, rate: int, channels: int, frames: int) -> Iterator[Write]:
    kinds = {".flac": ("FLAC", "PCM_16"), ".opus": ("OGG", "OPUS")}
    kind, subtype = next(found for suffix, found in kinds.items() if suffix in path.suffixes)
    try:
        with sf.SoundFile(path, "w", rate, channels, subtype, format=kind) as out:
            yield out.write
        if os.path.getsize(path) == 0:
            raise sf.LibsndfileError(1)
    except (sf.LibsndfileError, AssertionError):
        with open(path, "ab") as full:  # it does not tell why a write failed: a write of our own does
            full.write(_PROBE)
        raise
