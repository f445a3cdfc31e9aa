"""Makes the finished file of one recording from its raw files: twice through the sound, in blocks."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile as sf

from recordings.files import Files
from recordings.ledger.measuring import written
from recordings.pipeline import figures as of_sound
from recordings.pipeline.figures import Figures, Waveform
from recordings.pipeline.formats import writer
from recordings.pipeline.kinds import Format
from recordings.pipeline.odd import decoded
from recordings.pipeline.source import Source, opened
from recordings.records.record import Recording

_SLACK_S = 0.5
"""By so much a finished file may be longer: codecs work in frames, and begin with some silence."""


class Stopped(Exception):
    """The worker is to end; nothing was put in place."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What was made. ``file`` is its name in the recordings folder, ``gone`` are those of the raw files that are
    in it whole, ``sha256`` (hex) is that of its bytes."""

    file: str
    path: Path
    sha256: str
    length_s: float
    figures: Figures
    waveform: Waveform
    gone: tuple[str, ...]


def make(files: Files, recording: Recording, format: Format, stop: threading.Event) -> Finished:
    """Joins, normalises and encodes; puts the file in place by rename. The raw files are left.

    To make it again does no harm. Blocks. Raises Unfit, NotARecording, Stopped once ``stop`` is set, and OSError.
    """
    path = files.finished(recording.stem, format)
    with _parts(path) as (part, plain):
        with opened([*written(files, recording).values()], partial(_decoded, plain)) as source:
            levels, peaks = _look(source, stop)
            gains = of_sound.gains(levels, peaks)
            factors = np.array(gains, np.float32)
            with writer(format, part, source.rate, source.channels, source.frames) as write:
                for block in source.blocks():
                    _unless(stop)
                    write(np.rint(block * factors).astype(np.int16))
            _check(part, source)
        sha256 = _hash(part)
        part.replace(path)
    return Finished(
        file=f"{recording.stem}{path.suffix}",
        path=path,
        sha256=sha256,
        length_s=source.length_s,
        figures=of_sound.figures(levels, source.length_s),
        waveform=of_sound.waveform(peaks, gains),
        gone=tuple(f"{recording.stem}{raw.name.removeprefix(path.stem)}" for raw in source.read if raw != path),
    )


@contextmanager
def _parts(path: Path) -> Iterator[tuple[Path, Path]]:
    """Names for what is being written and for what is decoded first; what an earlier try left is removed,
    and so is what this one leaves."""

    def clear() -> None:
        for old in path.parent.glob(f".{path.stem}.????????.part*"):
            old.unlink(missing_ok=True)

    clear()
    begin = f".{path.stem}.{secrets.token_hex(4)}.part"
    try:
        yield path.with_name(f"{begin}{path.suffix}"), path.with_name(f"{begin}-plain.wav")
    finally:
        clear()


def _decoded(to: Path, path: Path) -> Path:
    return decoded(path, to.with_name(f"{to.stem}{path.name}"))


def _look(source: Source, stop: threading.Event) -> tuple[of_sound.Levels, of_sound.Peaks]:
    """The levels and peaks of all windows."""
    found = []
    for block in source.blocks():
        _unless(stop)
        found.append(of_sound.windows(block, source.window))
    return np.concatenate([levels for levels, _ in found]), np.concatenate([peaks for _, peaks in found])


def _unless(stop: threading.Event) -> None:
    if stop.is_set():
        raise Stopped


def _check(part: Path, source: Source) -> None:
    """Whether what was written can be read, and is as long as it must be: the raw files go for it."""
    try:
        found = sf.info(part)
    except sf.LibsndfileError as error:
        raise OSError(f"the finished file cannot be read again: {error}") from None
    longer_s = found.frames / found.samplerate - source.length_s
    if not -0.01 <= longer_s <= _SLACK_S or found.channels != source.channels:
        raise OSError(f"the finished file is {longer_s:+.2f} s longer than the sound, in {found.channels} directions")


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
