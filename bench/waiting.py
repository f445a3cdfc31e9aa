"""Callers who wait for an agent and none is free: what that costs beyond the music they hear.

All of them are there before the clock starts and stay until it has stopped, so that neither their
coming nor their going is measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.figures import FLOOR, OURS, PEER
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


async def wait(target: Target, sipp: Program, folder: Path) -> Wait:
    """All callers wait on ``target``. Raises LoadFailed: some were not there all the time."""
    await asyncio.to_thread(folder.mkdir)
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


def figures(waits: Sequence[Wait]) -> Mapping[str, float]:
    """What is kept, by name: CPU milliseconds that one caller uses in one second of waiting, and
    those of either beside music alone."""
    ms = {
        key: median(one.cpu_s for one in waits if one.target == key) * 1000 / CALLERS / SPAN_S
        for key in (FLOOR, PEER, OURS)
    }
    return {
        "waiting_cpu_ms_per_s_music": ms[FLOOR],
        "waiting_cpu_ms_per_s_app_queue": ms[PEER],
        "waiting_cpu_ms_per_s_cordboard": ms[OURS],
        "waiting_overhead_ratio": ms[OURS] / ms[FLOOR],
        "waiting_overhead_ratio_app_queue": ms[PEER] / ms[FLOOR],
    }
