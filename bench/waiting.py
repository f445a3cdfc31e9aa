"""Callers who wait for an agent and none is free: what that costs beyond the music they hear.

Two targets are looked at side by side, at the same time: what slows one down slows the other. All
callers are there before the clock starts and stay until it has stopped, so that neither their coming
nor their going is measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.figures import OURS, PEER
from bench.load import SCENARIOS, WAITING, LoadFailed, last
from bench.processes import last_words, program
from bench.targets import Target
from demo.asterisk import HOST
from demo.debian import Program

CALLERS = 300
CALLERS_PER_S = 50
SPAN_S = 30.0
"""How long it is looked at."""
COMING_S = CALLERS / CALLERS_PER_S + 3.0
"""Until all are there, the half second of Asterisk's Answer() included."""
LEAVING_S = 3.0


@dataclass(frozen=True, slots=True)
class Wait:
    """CPU seconds that ``CALLERS`` calls used in SPAN_S of waiting, all processes together."""

    target: str
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A target's wait, and that of callers who heard music alone at the same time."""

    music: Wait
    other: Wait

    @property
    def ratio(self) -> float:
        return self.other.cpu_s / self.music.cpu_s


async def beside(music: Target, other: Target, sipp: Program, folder: Path) -> Pair:
    """Callers wait on both at the same time. Raises LoadFailed: some were not there all the time."""
    return Pair(*await asyncio.gather(*(wait(one, sipp, folder / one.key) for one in (music, other))))


async def wait(target: Target, sipp: Program, folder: Path) -> Wait:
    """All callers wait on ``target``. Raises LoadFailed: some were not there all the time."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    row, stay_ms = folder / "callers.csv", round((COMING_S + SPAN_S + LEAVING_S) * 1000)
    argv = [*sipp.argv, f"{HOST}:{target.sip}", "-sf", str(SCENARIOS / "caller.xml"), "-i", HOST, "-bind_local"]
    argv += ["-nostdin", "-trace_stat", "-fd", "1", "-stf", str(row), "-s", WAITING, "-d", str(stay_ms)]
    argv += ["-m", str(CALLERS), "-l", str(CALLERS), "-r", str(CALLERS_PER_S)]
    async with program(argv, folder / "sipp.log") as calling:
        await asyncio.sleep(COMING_S)
        before = sum(target.cpu_s().values())
        await asyncio.sleep(SPAN_S)
        used = sum(target.cpu_s().values()) - before
        there = await asyncio.to_thread(last, row)
        if int(there.get("CurrentCall", 0)) != CALLERS:
            said = last_words(folder / "sipp.log")
            raise LoadFailed(f"{target.title}: not all of {CALLERS} callers waited to the end. SIPp said: {said}")
        await calling.wait()
    return Wait(target.key, used)


def figures(pairs: Sequence[Pair]) -> Mapping[str, float]:
    """What is kept, by name: CPU milliseconds that one caller uses in one second of waiting, and the
    median ratio to music alone."""
    of = {key: [pair for pair in pairs if pair.other.target == key] for key in (PEER, OURS)}

    def ms(waits: Iterable[Wait]) -> float:
        return median(one.cpu_s for one in waits) * 1000 / CALLERS / SPAN_S

    return {
        "waiting_cpu_ms_per_s_music": ms(pair.music for pair in pairs),
        "waiting_cpu_ms_per_s_app_queue": ms(pair.other for pair in of[PEER]),
        "waiting_cpu_ms_per_s_cordboard": ms(pair.other for pair in of[OURS]),
        "waiting_overhead_ratio": median(pair.ratio for pair in of[OURS]),
        "waiting_overhead_ratio_app_queue": median(pair.ratio for pair in of[PEER]),
    }
