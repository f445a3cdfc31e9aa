"""From what was measured to the figures that are shown and kept. Plain arithmetic."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


def figures(
    rounds: Sequence[Round], offers_ms: Sequence[float], ami_events_per_call: float, parse: Mapping[str, float]
) -> dict[str, float]:
    """All that is kept, by name.

    Above the floor is what a call costs in all processes beyond a plain Dial; the ratio compares
    the whole cost of a call, the floor included.
    """
    floor, peer, asterisk = (median_ms(rounds, target, "asterisk") for target in (FLOOR, PEER, OURS))
    engine, valkey = (median_ms(rounds, OURS, name) for name in ("engine", "valkey"))
    ours = asterisk + engine + valkey
    return {
        "ami_events_per_call": ami_events_per_call,
        **parse,
        "calls_failed": sum(one.failed for one in rounds),
        "calls_measured": sum(one.calls for one in rounds),
        "cpu_ms_above_floor_app_queue": peer - floor,
        "cpu_ms_above_floor_cordboard": ours - floor,
        "cpu_ms_per_call_asterisk_app_queue": peer,
        "cpu_ms_per_call_asterisk_cordboard": asterisk,
        "cpu_ms_per_call_asterisk_dial": floor,
        "cpu_ms_per_call_engine": engine,
        "cpu_ms_per_call_valkey": valkey,
        "cpu_ratio_cordboard_to_app_queue": ours / peer,
        "offer_to_bridged_ms_p50": percentile(offers_ms, 50),
        "offer_to_bridged_ms_p99": percentile(offers_ms, 99),
    }
