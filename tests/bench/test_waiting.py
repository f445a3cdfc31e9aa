from __future__ import annotations

import pytest

from bench.figures import FLOOR, OURS, PEER
from bench.waiting import CALLERS, SPAN_S, Pair, Wait, figures


def test_figures_are_beside_music_alone() -> None:
    pairs = [
        Pair(Wait(FLOOR, music_s), Wait(key, music_s * ratio))
        for music_s in (9.0, 10.0, 20.0)
        for key, ratio in ((PEER, 2.0), (OURS, 1.1))
    ]
    found = figures(pairs)
    assert found["waiting_cpu_ms_per_s_music"] == pytest.approx(10_000 / CALLERS / SPAN_S)
    assert found["waiting_cpu_ms_per_s_cordboard"] == pytest.approx(11_000 / CALLERS / SPAN_S)
    assert found["waiting_overhead_ratio"] == pytest.approx(1.1)
    assert found["waiting_overhead_ratio_app_queue"] == pytest.approx(2.0)
