from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import figures as module
from bench.figures import FLOOR, OURS, PEER, Round, Times, above_floor_ms, figures, keep, percentile


def round_of(target: str, **cpu_s: float) -> Round:
    return Round(target, 100, 0, cpu_s, 0.0, 1.0)


ROUNDS = [
    round_of(FLOOR, asterisk=1.0),
    round_of(PEER, asterisk=2.0),
    round_of(OURS, asterisk=1.5, engine=0.6, valkey=0.1),
    # All that runs at this time is slower.
    round_of(FLOOR, asterisk=2.0),
    round_of(PEER, asterisk=3.1),
    round_of(OURS, asterisk=2.5, engine=0.7, valkey=0.1),
    round_of(FLOOR, asterisk=1.1),
    round_of(PEER, asterisk=2.2),
    round_of(OURS, asterisk=1.5, engine=0.6, valkey=0.1),
]


def test_figures_are_of_the_middle_round() -> None:
    found = figures(ROUNDS, 17.0)
    assert found["cpu_ms_per_call_asterisk_dial"] == pytest.approx(11)
    assert found["cpu_ms_per_call_asterisk_app_queue"] == pytest.approx(22)
    assert found["cpu_ratio_cordboard_to_app_queue"] == pytest.approx(1)
    assert (found["calls_measured"], found["calls_failed"]) == (900, 0)
    assert found["ami_events_per_call"] == 17.0


def test_above_the_floor_is_beside_the_floor_of_the_same_round() -> None:
    assert above_floor_ms(ROUNDS, PEER) == pytest.approx(11)
    assert above_floor_ms(ROUNDS, OURS) == pytest.approx(12)
    assert figures(ROUNDS, 17.0)["queue_overhead_ratio"] == pytest.approx(12 / 11)


@pytest.mark.parametrize(("percent", "expected"), [(50, 51.0), (99, 100.0)])
def test_percentile(percent: int, expected: float) -> None:
    assert percentile([float(n) for n in range(1, 102)], percent) == pytest.approx(expected)
    assert percentile([7.0], percent) == 7.0


def test_times() -> None:
    found = Times([1.0], [2.0], [3.0], [4.0]).figures()
    assert (found["offer_to_ring_ms_p99"], found["offer_to_bridged_ms_p99"]) == (1.0, 2.0)
    assert (found["queued_to_ring_ms_p99"], found["queued_to_ring_ms_p99_app_queue"]) == (3.0, 4.0)


def test_figures_are_kept_beside_those_of_another_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results.json")
    keep({"soak_calls": 3, "a_ms": 1.234})
    keep({"a_ms": 2.0, "machine": "2 cores"})
    assert json.loads((tmp_path / "results.json").read_text()) == {"a_ms": 2.0, "machine": "2 cores", "soak_calls": 3}
