"""How long recordings are kept: the first rule that fits decides."""

from __future__ import annotations

import pytest

from recordings.storage.retention import DAY_S, Rule, Subject, over
from recordings.words import Outcome

RULES = (
    Rule(10 * DAY_S, disposition="Sold > Trial"),
    Rule(90 * DAY_S, disposition="Sold"),
    Rule(5 * DAY_S, queue="sales", outcome=Outcome.ABANDONED_IN_QUEUE),
    Rule(30 * DAY_S, queue="sales"),
)


@pytest.mark.parametrize(
    ("queue", "outcome", "dispositions", "days"),
    [
        ("sales", Outcome.ANSWERED, (), 30),
        ("sales", Outcome.ABANDONED_IN_QUEUE, (), 5),
        ("sales", Outcome.ANSWERED, ("Lost", "Sold > New"), 90),
        ("support", Outcome.ANSWERED, ("Sold",), 90),
        ("support", Outcome.ANSWERED, ("Sold > Trial",), 10),
        ("sales", Outcome.ANSWERED, ("Soldier",), 30),
        ("support", Outcome.ANSWERED, (), None),
    ],
)
def test_the_first_that_fits(queue: str, outcome: Outcome, dispositions: tuple[str, ...], days: int | None) -> None:
    subject = Subject("2026/a", "c1", 1000.0, queue, outcome, dispositions)
    if days is None:
        assert over(RULES, subject, 1e12) is None
        return
    assert over(RULES, subject, 999.0 + days * DAY_S) is None
    rule = over(RULES, subject, 1000.0 + days * DAY_S)
    assert rule is not None
    assert rule.keep_s == days * DAY_S
    assert f"keep {days} days" in str(rule)
