"""From what was measured to the figures that are shown and kept. Plain arithmetic."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"
FLOOR, PEER, OURS = "dial", "app_queue", "cordboard"


@dataclass(frozen=True, slots=True)
class Round:
    """One round: ``failed`` of ``calls`` calls failed; ``cpu_s`` by process; ``start`` and ``end``
    in Unix seconds."""

    target: str
    calls: int
    failed: int
    cpu_s: Mapping[str, float]
    start: float
    end: float

    @property
    def whole_ms(self) -> float:
        """CPU milliseconds a call of all processes."""
        return sum(map(self.ms_per_call, self.cpu_s))

    def ms_per_call(self, name: str) -> float:
        """CPU milliseconds a call of one process."""
        return self.cpu_s[name] * 1000 / self.calls


def of(rounds: Sequence[Round], target: str) -> list[Round]:
    return [one for one in rounds if one.target == target]


def median_ms(rounds: Sequence[Round], target: str, name: str) -> float:
    """CPU milliseconds a call of one process: the median of the target's rounds."""
    return statistics.median(one.ms_per_call(name) for one in of(rounds, target))


def percentile(values: Sequence[float], percent: int) -> float:
    """Of one value or more; between two of them in proportion."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds, of each call one. Ours by our journal; app_queue's by Asterisk's own clock."""

    offer_to_ring: Sequence[float]
    offer_to_bridged: Sequence[float]
    queued_to_ring: Sequence[float]
    queued_to_ring_app_queue: Sequence[float]

    def figures(self) -> dict[str, float]:
        return {
            "offer_to_bridged_ms_p50": percentile(self.offer_to_bridged, 50),
            "offer_to_bridged_ms_p99": percentile(self.offer_to_bridged, 99),
            "offer_to_ring_ms_p50": percentile(self.offer_to_ring, 50),
            "offer_to_ring_ms_p99": percentile(self.offer_to_ring, 99),
            "queued_to_ring_ms_p99": percentile(self.queued_to_ring, 99),
            "queued_to_ring_ms_p50_app_queue": percentile(self.queued_to_ring_app_queue, 50),
            "queued_to_ring_ms_p99_app_queue": percentile(self.queued_to_ring_app_queue, 99),
        }


def figures(rounds: Sequence[Round], ami_events_per_call: float) -> dict[str, float]:
    """What calls cost, by name.

    Above the floor is what a call costs in all processes beyond a plain Dial that is recorded alike,
    of each round by itself, so that what slows the whole machine down is on both sides.
    """
    asterisk = {target: median_ms(rounds, target, "asterisk") for target in (FLOOR, PEER, OURS)}
    engine, valkey = (median_ms(rounds, OURS, name) for name in ("engine", "valkey"))
    peer, ours = (above_floor_ms(rounds, target) for target in (PEER, OURS))
    return {
        "ami_events_per_call": ami_events_per_call,
        "calls_failed": sum(one.failed for one in rounds),
        "calls_measured": sum(one.calls for one in rounds),
        "cpu_ms_above_floor_app_queue": peer,
        "cpu_ms_above_floor_cordboard": ours,
        "cpu_ms_per_call_asterisk_app_queue": asterisk[PEER],
        "cpu_ms_per_call_asterisk_cordboard": asterisk[OURS],
        "cpu_ms_per_call_asterisk_dial": asterisk[FLOOR],
        "cpu_ms_per_call_engine": engine,
        "cpu_ms_per_call_valkey": valkey,
        "cpu_ratio_cordboard_to_app_queue": (asterisk[OURS] + engine + valkey) / asterisk[PEER],
        "queue_overhead_ratio": ours / peer,
    }


def above_floor_ms(rounds: Sequence[Round], target: str) -> float:
    """CPU milliseconds a call of all processes beyond the floor of the same round: the median."""
    pairs = zip(of(rounds, FLOOR), of(rounds, target), strict=True)
    return statistics.median(one.whole_ms - floor.whole_ms for floor, one in pairs)


def keep(figures: Mapping[str, float | str]) -> None:
    """Writes figures to ``bench/results.json``; those of other names stay as they are there."""
    there = json.loads(RESULTS.read_text(encoding="ascii")) if RESULTS.exists() else {}
    there |= {name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()}
    RESULTS.write_text(json.dumps(there, indent=2, sort_keys=True) + "\n", encoding="ascii")
