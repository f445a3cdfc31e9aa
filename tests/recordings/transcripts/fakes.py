"""An engine that is no engine, as a package adds one: it does what the language says."""

from __future__ import annotations

from pathlib import Path

import pytest

_ENGINE = """
import os, sys, time
import numpy as np

class Fake:
    rate = 8000

    def __init__(self, model):
        self.model = model

    def words(self, sound, language):
        print("said aloud, to nobody")
        os.write(2, b"said aloud, to nobody")
        if language == "hangs":
            time.sleep(60)
        if language == "dies":
            os.abort()
        if language == "raises":
            raise ValueError("said")
        if language == "odd":
            return [("x", 1)]
        from recordings.transcripts.words import Word
        loud = np.flatnonzero(np.abs(sound) > 0.05)
        high = np.argmax(np.abs(np.fft.rfft(sound))) * self.rate / len(sound) > 700
        begin, end = loud[0] / self.rate, loud[-1] / self.rate
        return [Word(" refund" if high else " parcel", begin, end), Word(" please", 99, 99)]
"""


def installed(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """From now on child processes have the engine ``fake``, of a package."""
    told = folder / "fake_transcriber-1.dist-info"
    told.mkdir(parents=True)
    (folder / "fake_transcriber.py").write_text(_ENGINE)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-transcriber\nVersion: 1\n")
    (told / "entry_points.txt").write_text("[cordboard.transcribers]\nfake = fake_transcriber:Fake\n")
    patch.setenv("PYTHONPATH", str(folder))
    patch.syspath_prepend(str(folder))
