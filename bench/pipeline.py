"""How fast the pipeline is: telephone talks of two mono files to one MP3 each, by the product's own worker and
queue, on one core. The figure is seconds of sound in a second of CPU, the median of the rounds."""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
from structlog.testing import capture_logs

from cti.calls.words import CallId
from recordings.files import Files
from recordings.ledger.ledger import Ledger
from recordings.pipeline.kinds import Format
from recordings.pipeline.queue import Queue
from recordings.pipeline.worker import Worker
from recordings.records.record import Recording
from recordings.store import Store
from recordings.words import RecordingState

RATE = 8000
TALKS = 10
TALK_S = 240.0
ROUNDS = 3
_TURN_S = 3.0


def side(seed: int, first: bool) -> npt.NDArray[np.int16]:
    """One side of a talk: sound with a voice's pitch, syllables and hiss, in turns with the other side."""
    chance = np.random.default_rng(seed)
    at = np.arange(round(TALK_S * RATE)) / RATE
    voice = sum(np.sin(2 * np.pi * 140 * n * at + chance.uniform(0, 6)) / n for n in range(1, 20))
    syllables = np.maximum(0, np.sin(2 * np.pi * 4 * at + chance.uniform(0, 6)))
    turn = (np.floor(at / _TURN_S) % 2 == first).astype(float)
    hiss = np.convolve(chance.normal(0, 1, len(at)), np.ones(4) / 4, "same")
    said: npt.NDArray[np.int16] = (
        np.rint(3000 * turn * syllables * (voice + hiss) + 30 * hiss).clip(-32768, 32767).astype(np.int16)
    )
    return said


def measure() -> dict[str, float]:
    """``pipeline_realtime_factor``. Blocks for some ten seconds."""
    return {"pipeline_realtime_factor": round(statistics.median(asyncio.run(_factor()) for _ in range(ROUNDS)), 1)}


async def _factor() -> float:
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as name:
        folder = Path(name)
        (folder / "2026").mkdir()
        files = Files(folder)
        store = await Store.open(f"sqlite+aiosqlite:///{folder}/cordboard.db", Ledger(bytes(32), "bench", folder))
        try:
            talks = [_talk(files, number) for number in range(TALKS)]
            await store.write([], talks)
            worker, began = Worker(Queue(store, "bench"), files, Format.MP3), _cpu_s()
            with capture_logs():
                await worker.run(once=True)
            used_s = _cpu_s() - began
        finally:
            await store.close()
    assert worker.progress.done == TALKS
    return worker.progress.sound_s / used_s


def _cpu_s() -> float:
    """Of all threads of this process, in the kernel too."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _talk(files: Files, number: int) -> Recording:
    stem = f"2026/t{number}"
    sf.write(files.caller(stem), side(2 * number, True), RATE)
    sf.write(files.agent(stem), side(2 * number + 1, False), RATE)
    return Recording(
        stem=stem, call=CallId(stem), agent="bob", started_at=0.0, state=RecordingState.WHOLE, length_s=TALK_S,
        talk_s=TALK_S, file=f"{stem}.wav",
    )  # fmt: skip
