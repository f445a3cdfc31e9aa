from __future__ import annotations

import pytest

from bench.figures import FLOOR, OURS, PEER, Round, figures, percentile
from bench.server import Written, offer_to_bridged_ms


def round_of(target: str, **cpu_s: float) -> Round:
    return Round(target, 100, 0, cpu_s, 0.0, 1.0)


ROUNDS = [
    round_of(FLOOR, asterisk=1.0),
    round_of(PEER, asterisk=2.0),
    round_of(OURS, asterisk=1.5, engine=0.6, valkey=0.1),
    round_of(FLOOR, asterisk=1.2),
    round_of(PEER, asterisk=9.0),
    round_of(OURS, asterisk=1.5, engine=0.6, valkey=0.1),
    round_of(FLOOR, asterisk=1.1),
    round_of(PEER, asterisk=2.2),
    round_of(OURS, asterisk=1.5, engine=0.6, valkey=0.1),
]


def test_figures_are_of_the_middle_round() -> None:
    found = figures(ROUNDS, [5.0, 6.0], 17.0, {"ami_events_per_s": 1.0})
    assert found["cpu_ms_per_call_asterisk_dial"] == pytest.approx(11)
    assert found["cpu_ms_per_call_asterisk_app_queue"] == pytest.approx(22)
    assert found["cpu_ms_above_floor_app_queue"] == pytest.approx(11)
    assert found["cpu_ms_above_floor_cordboard"] == pytest.approx(15 + 6 + 1 - 11)
    assert found["cpu_ratio_cordboard_to_app_queue"] == pytest.approx(1)
    assert (found["calls_measured"], found["calls_failed"]) == (900, 0)
    assert found["ami_events_per_s"] == 1.0


@pytest.mark.parametrize(("percent", "expected"), [(50, 51.0), (99, 100.0)])
def test_percentile(percent: int, expected: float) -> None:
    assert percentile([float(n) for n in range(1, 102)], percent) == pytest.approx(expected)
    assert percentile([7.0], percent) == 7.0


def test_offers_of_the_measured_rounds_that_became_talks() -> None:
    rows = [
        Written("Offered", 1.0, "warm-up"),
        Written("Connected", 1.5, "warm-up"),
        Written("Offered", 10.0, "a"),
        Written("Offered", 10.1, "refused"),
        Written("Connected", 10.02, "a"),
        Written("Offered", 30.0, "b"),
        Written("Connected", 30.5, "b"),
    ]
    assert offer_to_bridged_ms(rows, [(9.0, 20.0), (29.0, 30.1)]) == pytest.approx([20.0, 500.0])
