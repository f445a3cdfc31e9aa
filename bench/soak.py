"""``python -m bench.soak``: calls for minutes, more than a busy hour's, and then what became of them.

By default 50 calls/s for 5 minutes on 2,100 agents, each recorded, on the line for 2 s. Shows that no
agent had two calls at a time and no call two agents, that each call has its record, and that nothing was
left of them: memory, files and tasks stay what they were, and no channel or promise is left. Writes the
figures to ``bench/results.json`` beside the others, and ends with 1 where something is not as it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from bench.cpu import open_files, resident_mb
from bench.figures import OURS, keep, percentile
from bench.journal import double_assignments, journal, outcomes, took_ms
from bench.load import Load, Tally
from bench.run import console, end_with
from bench.targets import Cordboard, cordboard
from demo.debian import programs
from routing.redis_server import RedisServer

ON_THE_LINE_MS = 2000
USUAL = 50.0
"""Calls a second."""
WARM_UP_S = 90.0
"""Of the same load: what Cordboard keeps of each agent and of the last calls, and the minute of changes that
its feed keeps for pages that come back, are full then. A report is asked for, too, so that its sums were worked
out once."""
FLAT = 0.05
"""Memory may grow by so much from then on."""
FEW = 5
"""So many files or tasks more are no leak: connections that are kept for a while, work that has just begun."""
REST_S = 20.0
"""How long it may take until nothing of the last call is left."""
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Left:
    """What is there when nobody calls. ``files`` are those that Cordboard has open, ``tasks`` those of its loop;
    ``channels`` are Asterisk's, ``promised`` what the live state has of calls and agents promised to one another."""

    resident_mb: float
    files: int
    tasks: int
    asterisk_files: int
    channels: int
    promised: int

    def grown(self, before: Left) -> list[str]:
        """All that is more than it should be, in words."""
        found = []
        if self.resident_mb > before.resident_mb * (1 + FLAT):
            found.append(f"Cordboard's memory grew from {before.resident_mb:.0f} to {self.resident_mb:.0f} MB")
        counted = (
            ("open files of Cordboard", self.files, before.files + FEW),
            ("tasks of Cordboard", self.tasks, before.tasks + FEW),
            ("open files of Asterisk", self.asterisk_files, before.asterisk_files + FEW),
            ("channels left in Asterisk", self.channels, 0),
            ("promises left in the live state", self.promised, 0),
        )
        return found + [f"{now} {what}, and {most} would do" for what, now, most in counted if now > most]


@dataclass(frozen=True, slots=True)
class Soak:
    """What came of it. ``warm`` counts the calls of the warm-up, after which was ``before``."""

    calls_per_s: float
    warm: int
    calls: int
    tally: Tally
    before: Left
    after: Left
    doubles: Sequence[str]
    outcomes: Counter[str]
    offer_to_ring_ms: Sequence[float]

    @property
    def lost(self) -> int:
        """Calls made that have no record of a talk."""
        return self.warm + self.calls - self.outcomes["answered"]

    def figures(self) -> dict[str, float]:
        """What is kept, by name: ``soak_…``, of another rate than the usual one with that in it."""
        name = "soak" if self.calls_per_s == USUAL else f"soak_at_{self.calls_per_s:g}"
        return {
            f"{name}_calls": self.calls,
            f"{name}_calls_per_s": self.calls_per_s,
            f"{name}_calls_failed": self.tally.failed,
            f"{name}_calls_lost": self.lost,
            f"{name}_double_assignments": len(self.doubles),
            f"{name}_offer_to_ring_ms_p99": percentile(self.offer_to_ring_ms, 99) if self.offer_to_ring_ms else 0.0,
            f"{name}_rss_mb_start": self.before.resident_mb,
            f"{name}_rss_mb_end": self.after.resident_mb,
            f"{name}_files_start": self.before.files,
            f"{name}_files_end": self.after.files,
            f"{name}_tasks_start": self.before.tasks,
            f"{name}_tasks_end": self.after.tasks,
            f"{name}_channels_left": self.after.channels,
            f"{name}_promises_left": self.after.promised,
        }

    def wrong(self) -> list[str]:
        """All that is not as it should be, in words."""
        found = list(self.doubles[:5])
        if self.tally.failed:
            found.append(f"{self.tally.failed} calls failed at a phone")
        if self.lost:
            found.append(f"{self.lost} calls have no record of a talk: {dict(self.outcomes)}")
        return found + self.after.grown(self.before)


async def left(ours: Cordboard) -> Left:
    """What is there once nothing of the last call is, or REST_S later."""
    found = await _now(ours)
    for _ in range(round(REST_S / LOOK_S)):
        if not found.channels + found.promised:
            break
        await asyncio.sleep(LOOK_S)
        found = await _now(ours)
    return found


async def _now(ours: Cordboard) -> Left:
    said = await ours.asterisk.command("core show channels count")
    metrics = (await ours.server.desk.get("/metrics")).text
    return Left(
        resident_mb=resident_mb(ours.pids["engine"]),
        files=open_files(ours.pids["engine"]),
        tasks=next(int(float(row.split()[1])) for row in metrics.splitlines() if row.startswith("cordboard_tasks ")),
        asterisk_files=open_files(ours.pids["asterisk"]),
        channels=int(said.split(maxsplit=1)[0]),
        promised=await promised(RedisServer(ours.site / "var" / "state" / "redis").url),
    )


async def promised(url: str) -> int:
    """The calls of the live state that are promised to an agent, and the agents who are promised or busy."""
    async with Redis.from_url(url, decode_responses=True) as store:
        calls = [await store.hexists(key, "promised_until") async for key in store.scan_iter("cordboard:call:*")]
        agents = [await store.hget(key, "state") async for key in store.scan_iter("cordboard:agent:*")]
    return sum(calls) + sum(state not in ("ready", "offline") for state in agents)


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
            today: dict[str, str | float] = {"by": "agent", "from": time.time() - 3600, "to": time.time()}
            (await ours.server.desk.get("/api/reports", params=today)).raise_for_status()
            before = await left(ours)
            tally = await load.run(ours.sip, calls, calls_per_s, ON_THE_LINE_MS)
            after = await left(ours)
        database = folder / OURS / "var" / "state" / "cordboard.db"
        rows = journal(database)
        rings = took_ms(rows, "Offered", "Ringing", [(0.0, float("inf"))])
        of_calls = Counter(outcomes(database).values())
        return Soak(calls_per_s, warm, calls, tally, before, after, double_assignments(rows), of_calls, rings)


async def main() -> int:
    """Returns the exit status."""
    asked = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--rate", type=float, default=USUAL, metavar="CALLS", help="calls a second (%(default)g)")
    asked.add_argument("--seconds", type=float, default=300.0, help="how long (%(default)g)")
    given = asked.parse_args()
    result = await soak(given.rate, given.seconds)
    for name, value in result.figures().items():
        console.print(f"{name:34} {value:12,.2f}")
    if wrong := result.wrong():
        console.print("\n".join(wrong), style="bold red", markup=False)
        return 1
    keep(result.figures())
    return 0


if __name__ == "__main__":
    sys.exit(end_with(main))
