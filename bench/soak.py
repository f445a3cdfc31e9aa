"""``python -m bench.soak``: calls for minutes, more than a busy hour's, and then what became of them.

By default 50 calls/s for 5 minutes on 2,100 agents, each recorded, on the line for 2 s. Shows that no
agent had two calls at a time and no call two agents, that each call has its record, and how much
memory Cordboard took. Writes the figures to ``bench/results.json`` beside the others, and ends with 1
where something is not as it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cpu import resident_mb
from bench.figures import OURS, keep, percentile
from bench.journal import double_assignments, journal, outcomes, took_ms
from bench.load import Load, Tally
from bench.run import console, end_with
from bench.targets import cordboard
from demo.debian import programs

ON_THE_LINE_MS = 2000
WARM_UP_S = 90.0
"""Of the same load: what Cordboard keeps of each agent and of the last calls, and the minute of changes that
its feed keeps for pages that come back, are full then."""
FLAT = 0.05
"""Memory may grow by so much from then on."""


@dataclass(frozen=True, slots=True)
class Soak:
    """What came of it. ``warm`` counts the calls of the warm-up, ``resident_mb`` is memory after it
    and at the end."""

    calls_per_s: float
    warm: int
    calls: int
    tally: Tally
    resident_mb: tuple[float, float]
    doubles: Sequence[str]
    outcomes: Counter[str]
    offer_to_ring_ms: Sequence[float]

    @property
    def lost(self) -> int:
        """Calls made that have no record of a talk."""
        return self.warm + self.calls - self.outcomes["answered"]

    def figures(self) -> dict[str, float]:
        """What is kept, by name."""
        start, end = self.resident_mb
        return {
            "soak_calls": self.calls,
            "soak_calls_per_s": self.calls_per_s,
            "soak_calls_failed": self.tally.failed,
            "soak_calls_lost": self.lost,
            "soak_double_assignments": len(self.doubles),
            "soak_offer_to_ring_ms_p99": percentile(self.offer_to_ring_ms, 99) if self.offer_to_ring_ms else 0.0,
            "soak_rss_mb_start": start,
            "soak_rss_mb_end": end,
        }

    def wrong(self) -> list[str]:
        """All that is not as it should be, in words."""
        found = list(self.doubles[:5])
        if self.tally.failed:
            found.append(f"{self.tally.failed} calls failed at a phone")
        if self.lost:
            found.append(f"{self.lost} calls have no record of a talk: {dict(self.outcomes)}")
        start, end = self.resident_mb
        if end > start * (1 + FLAT):
            found.append(f"Cordboard's memory grew from {start:.0f} to {end:.0f} MB")
        return found


async def soak(calls_per_s: float, seconds: float) -> Soak:
    """Runs it. Raises what ``bench.run`` knows."""
    found = await asyncio.to_thread(programs, ("asterisk", "sipp", "espeak-ng"), console.print)
    warm, calls = round(calls_per_s * WARM_UP_S), round(calls_per_s * seconds)
    with tempfile.TemporaryDirectory(prefix="cordboard-soak-") as name:
        folder = Path(name)
        load = Load(found["sipp"], folder)
        async with cordboard(folder / OURS, found, load.port) as ours:
            console.print(f"{calls_per_s:g} calls/s: {WARM_UP_S:g} s to warm up, then {seconds:g} s ...")
            await load.run(ours.sip, warm, calls_per_s, ON_THE_LINE_MS)
            before = resident_mb(ours.pids["engine"])
            tally = await load.run(ours.sip, calls, calls_per_s, ON_THE_LINE_MS)
            after = resident_mb(ours.pids["engine"])
        database = folder / OURS / "var" / "state" / "cordboard.db"
        rows = journal(database)
        rings = took_ms(rows, "Offered", "Ringing", [(0.0, float("inf"))])
        of_calls = Counter(outcomes(database).values())
        return Soak(calls_per_s, warm, calls, tally, (before, after), double_assignments(rows), of_calls, rings)


async def main() -> int:
    """Returns the exit status."""
    asked = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--rate", type=float, default=50.0, metavar="CALLS", help="calls a second (%(default)g)")
    asked.add_argument("--seconds", type=float, default=300.0, help="how long (%(default)g)")
    given = asked.parse_args()
    result = await soak(given.rate, given.seconds)
    for name, value in result.figures().items():
        console.print(f"{name:28} {value:12,.2f}")
    if wrong := result.wrong():
        console.print("\n".join(wrong), style="bold red", markup=False)
        return 1
    keep(result.figures())
    return 0


if __name__ == "__main__":
    sys.exit(end_with(main))
