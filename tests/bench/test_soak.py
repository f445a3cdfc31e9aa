from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bench.load import Tally
from bench.soak import Soak

GOOD = Soak(50.0, 10, 90, Tally(90, 0), (200.0, 205.0), (), Counter(answered=100), (3.0, 5.0))


def test_a_good_one() -> None:
    assert GOOD.wrong() == []
    assert GOOD.figures()["soak_calls_lost"] == 0


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (replace(GOOD, tally=Tally(88, 2)), "phone"),
        (replace(GOOD, outcomes=Counter({"answered": 99, "abandoned in queue": 1})), "record"),
        (replace(GOOD, doubles=("ann was offered c2 and had c1",)), "ann"),
        (replace(GOOD, resident_mb=(200.0, 220.0)), "memory"),
    ],
)
def test_what_is_wrong_is_said(bad: Soak, word: str) -> None:
    [told] = bad.wrong()
    assert word in told
