"""Who had an agent when: read from Asterisk's account, and compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.reading import Leg, legs
from tests.faults.scenarios.race import twice


def test_legs_of_phones(tmp_path: Path) -> None:
    """One is still there, and Asterisk was killed in the midst of a line."""
    (tmp_path / "cel-custom").mkdir()
    (tmp_path / "cel-custom" / "cel.csv").write_text(
        "CHAN_START,101.0,,PJSIP/a01-00000001,cordboard-1,\n"
        "CHAN_START,102.0,,PJSIP/a02-00000002,cordboard-2,\n"
        "CHAN_END,104.0,,PJSIP/a01-00000001,cordboard-1,\n"
        "CHAN_EN"
    )
    assert legs(tmp_path) == [Leg("a01", 101.0, 104.0)]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Leg("a01", 103.0, 106.0), ["a01 was had twice, for 1.0 s"]),
        (Leg("a01", 102.0, 103.0), ["a01 was had twice, for 1.0 s"]),
        (Leg("a01", 104.0, 106.0), []),
        (Leg("a01", 103.8, 106.0), []),
        (Leg("a02", 102.0, 106.0), []),
    ],
    ids=["at the end", "within", "after", "as the phone stops", "another's"],
)
def test_an_agent_whom_two_have(other: Leg, said: list[str]) -> None:
    assert twice([other, Leg("a01", 101.0, 104.0)]) == said
