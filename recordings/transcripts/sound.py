"""The finished sound of a recording, read for an engine."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

from cti.calls.words import Party
from recordings.pipeline.figures import WINDOW_S, Levels, windows
from recordings.pipeline.rules import Unfit
from recordings.transcripts.pieces import pieces

LONGEST_S = 4 * 3600
"""A longer recording has no transcript: it is held in memory."""
MOST_BYTES = 512 << 20
_WINDOWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is to be listened to: stretches of each side, (start, end) in seconds."""

    rate: int
    samples: npt.NDArray[np.int16]
    pieces: tuple[tuple[Party, tuple[tuple[float, float], ...]], ...]

    @property
    def length_s(self) -> float:
        return len(self.samples) / self.rate

    def piece(self, side: Party, start_s: float, end_s: float, rate: int) -> npt.NDArray[np.int16]:
        """A stretch of one side in ``rate`` samples a second. Blocks."""
        channel = [party for party, _ in self.pieces].index(side)
        sound = self.samples[round(start_s * self.rate) : round(end_s * self.rate), channel]
        made: npt.NDArray[np.int16] = soxr.resample(sound, self.rate, rate)
        return made


def spoken(data: bytes) -> Spoken:
    """Reads a sound as the store has it: the caller, and the agent where there is one. Blocks. Raises Unfit."""
    try:
        with sf.SoundFile(io.BytesIO(data)) as file:
            if file.frames > LONGEST_S * file.samplerate:
                raise Unfit(f"it is longer than {LONGEST_S // 3600} hours, the most that is transcribed")
            rate, samples = int(file.samplerate), file.read(dtype="int16", always_2d=True)
    except sf.LibsndfileError:
        raise Unfit("its sound cannot be read") from None
    levels = _levels(samples, round(rate * WINDOW_S))
    sides = (Party.CALLER, Party.AGENT)[: samples.shape[1]]
    return Spoken(rate, samples, tuple((side, tuple(pieces(levels[:, n]))) for n, side in enumerate(sides)))


def _levels(samples: npt.NDArray[np.int16], window: int) -> Levels:
    """As ``windows``, some at a time: they take twice the room of the sound."""
    step = window * _WINDOWS_AT_ONCE
    found = [windows(samples[at : at + step], window)[0] for at in range(0, max(1, len(samples)), step)]
    return np.concatenate(found)
