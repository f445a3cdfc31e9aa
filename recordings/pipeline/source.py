"""The raw files of a recording, read side by side in blocks, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

from recordings.audio import HEADER_BYTES, raw_sound
from recordings.pipeline.figures import WINDOW_S
from recordings.pipeline.rules import Unfit

LONGEST_S = 24 * 3600
RATES = range(8000, 48001)
_WINDOWS_A_BLOCK = 400

Decode = Callable[[Path], Path]
"""Makes a WAV file of a file of another kind. Raises Unfit."""
_Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Side:
    file: sf.SoundFile
    frames: int

    def read(self, start: int, count: int) -> npt.NDArray[np.int16]:
        """Samples of one direction, the mean of what channels there are; fewer at the end."""
        before = HEADER_BYTES // 2 if self.file.format == "RAW" else 0
        self.file.seek(before + start)
        count = min(count, self.frames - start)
        sound: npt.NDArray[np.int16] = self.file.read(count, dtype="int16", always_2d=True)
        return sound[:, 0] if sound.shape[1] == 1 else sound.mean(axis=1).astype(np.int16)


class Source:
    """The directions of a recording. ``read`` are the files that are in it whole."""

    def __init__(self, sides: Sequence[_Side | None], read: Sequence[Path]) -> None:
        there = [side for side in sides if side is not None]
        rates = {side.file.samplerate for side in there}
        if len(rates) > 1:
            raise Unfit(f"the two sides have different rates: {' and '.join(f'{r} Hz' for r in sorted(rates))}")
        self._sides = sides
        self.read = read
        self.rate = int(rates.pop())
        self.channels = len(sides)
        self.frames = max(side.frames for side in there)
        self.length_s = self.frames / self.rate
        if self.rate not in RATES:
            raise Unfit(f"its header says {self.rate} Hz, which no telephone has")
        if self.frames == 0:
            raise Unfit("there is no sound in the files")
        if self.length_s > LONGEST_S:
            raise Unfit(f"it would be {self.length_s / 3600:.0f} hours long; {LONGEST_S // 3600} are the most")

    @property
    def window(self) -> int:
        """Samples in a window of WINDOW_S."""
        return round(self.rate * WINDOW_S)

    def blocks(self) -> Iterator[npt.NDArray[np.int16]]:
        """The sound from its beginning, shape (samples, directions), in whole windows but at the end."""
        size = self.window * _WINDOWS_A_BLOCK
        for start in range(0, self.frames, size):
            yield self.part(start, min(size, self.frames - start))

    def part(self, start: int, count: int) -> npt.NDArray[np.int16]:
        """The samples from ``start``, shape (count, directions). The shorter side ends in silence."""
        block = np.zeros((count, self.channels), np.int16)
        for channel, side in enumerate(self._sides):
            if side is not None and start < side.frames:
                sound = side.read(start, count)
                block[: len(sound), channel] = sound
        return block


@contextmanager
def opened(paths: Sequence[Path], decode: Decode) -> Iterator[Source]:
    """The sound in these files, one a direction. A side that cannot be read is silent where the other can.
    Raises Unfit where none can be read; OSError where they change while they are read."""
    there = [path for path in paths if path.exists()]
    if not there:
        raise Unfit(f"its files are not there: {', '.join(path.name for path in paths)}")
    stamps = {path: _stamp(path) for path in there}
    with ExitStack() as stack:
        sides: dict[Path, _Side] = {}
        wrong: list[str] = []
        for path in there:
            try:
                sides[path] = _open(path, decode, stack)
            except Unfit as error:
                wrong.append(str(error))
        if not sides:
            raise Unfit("; ".join(wrong))
        empty = [path for path in there if path.stat().st_size <= HEADER_BYTES]
        yield Source([sides.get(path) for path in paths], [*sides, *empty])
    for path, stamp in stamps.items():
        if _stamp(path) != stamp:
            raise OSError(f"{path.name} changed while it was read")


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _open(path: Path, decode: Decode, stack: ExitStack) -> _Side:
    """A file for reading; one that cannot be read is decoded first. Raises Unfit."""
    if path.stat().st_size <= HEADER_BYTES:
        raise Unfit(f"there is no sound in {path.name}")
    found = raw_sound(path, stack) or raw_sound(decode(path), stack)
    if found is None:
        raise Unfit(f"{path.name} cannot be read, even decoded")
    return _Side(*found)
