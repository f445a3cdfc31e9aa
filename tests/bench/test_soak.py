from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bench.load import Tally
from bench.soak import Left, Soak

START = Left(resident_mb=200.0, files=80, tasks=40, asterisk_files=60, channels=0, promised=0)
END = replace(START, resident_mb=205.0, files=82, tasks=41, asterisk_files=59)
GOOD = Soak(50.0, 10, 90, Tally(90, 0), START, END, (), Counter(answered=100), (3.0, 5.0))


def test_a_good_one() -> None:
    assert GOOD.wrong() == []
    assert GOOD.figures()["soak_calls_lost"] == replace(GOOD, calls_per_s=20.0).figures()["soak_at_20_calls_lost"] == 0


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (replace(GOOD, tally=Tally(88, 2)), "phone"),
        (replace(GOOD, outcomes=Counter({"answered": 99, "abandoned in queue": 1})), "record"),
        (replace(GOOD, doubles=("ann was offered c2 and had c1",)), "ann"),
        (replace(GOOD, after=replace(END, resident_mb=220.0)), "memory"),
        (replace(GOOD, after=replace(END, files=90)), "90 open files of Cordboard"),
        (replace(GOOD, after=replace(END, tasks=60)), "60 tasks"),
        (replace(GOOD, after=replace(END, asterisk_files=90)), "open files of Asterisk"),
        (replace(GOOD, after=replace(END, channels=1)), "1 channels left"),
        (replace(GOOD, after=replace(END, promised=2)), "2 promises left"),
    ],
)
def test_what_is_wrong_is_said(bad: Soak, word: str) -> None:
    [told] = bad.wrong()
    assert word in told
