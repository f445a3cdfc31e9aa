"""What a site says of suggestions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from config import settings
from cti.desk.suggestions import Rule
from tests.config.test_board import SITE
from tests.config.test_settings import problems, write

GOOD = """
suggestions:
  - {say: the new tea, queues: [orders], levels: [gold], from: 2026-03-01, to: 2026-03-31}
  - {say: "the time: now"}
"""


def test_the_rules(tmp_path: Path) -> None:
    site = settings.load(write(tmp_path, {"site.yaml": SITE + GOOD}))
    assert site.suggestions == [
        Rule("the new tea", frozenset({"orders"}), frozenset({"gold"}), date(2026, 3, 1), date(2026, 3, 31)),
        Rule("the time: now"),
    ]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{say: x, queues: [order]}", "there is no queue called 'order' (did you mean orders?)"),
        ("{say: ''}", "suggestions.0.say"),
        ("{queues: [orders]}", "is missing"),
        ("{say: x, from: 2026-03-02, to: 2026-03-01}", "ends before it begins"),
        ("{say: x, from: soon}", "suggestions.0.from"),
    ],
)
def test_what_is_no_rule(tmp_path: Path, rule: str, said: str) -> None:
    [problem] = problems(write(tmp_path, {"site.yaml": f"{SITE}suggestions:\n  - {rule}\n"}))
    assert said in problem
