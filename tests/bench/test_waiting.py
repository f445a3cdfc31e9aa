from __future__ import annotations

import pytest

from bench.figures import FLOOR, OURS, PEER
from bench.waiting import CALLERS, SPAN_S, Wait, figures


def test_figures_are_beside_music_alone() -> None:
    waits = [Wait(key, cpu_s) for cpu_s in (0.0, 1.0) for key in (FLOOR, PEER, OURS)]
    for number, one in enumerate(waits):
        waits[number] = Wait(one.target, one.cpu_s + {FLOOR: 9.5, PEER: 19.5, OURS: 10.5}[one.target])
    found = figures(waits)
    assert found["waiting_cpu_ms_per_s_music"] == pytest.approx(10_000 / CALLERS / SPAN_S)
    assert found["waiting_overhead_ratio"] == pytest.approx(1.1)
    assert found["waiting_overhead_ratio_app_queue"] == pytest.approx(2.0)
