from __future__ import annotations

import pytest

from bench.load import Tally, last_row, tally

GOOD, BAD = "SuccessfulCall(C)", "FailedCall(C)"


@pytest.mark.parametrize(
    ("callers", "phones", "expected"),
    [
        ({GOOD: "20", BAD: "0"}, {GOOD: "20", BAD: "0"}, Tally(20, 0)),
        ({GOOD: "18", BAD: "2"}, {GOOD: "18", BAD: "0"}, Tally(18, 2)),
        # Two callers heard nobody: they were answered, but no phone ever had them.
        ({GOOD: "20", BAD: "0"}, {GOOD: "18", BAD: "0"}, Tally(18, 2)),
        # An agent's leg broke and another one took the call: it is told all the same.
        ({GOOD: "20", BAD: "0"}, {GOOD: "20", BAD: "1"}, Tally(20, 1)),
        # SIPp was stopped, or never wrote a line.
        ({GOOD: "15", BAD: "0"}, {}, Tally(0, 20)),
        ({}, {}, Tally(0, 20)),
    ],
)
def test_a_call_counts_when_both_ends_had_it(callers: dict[str, str], phones: dict[str, str], expected: Tally) -> None:
    assert tally(20, callers, phones) == expected


def test_the_last_row_of_sipps_statistics() -> None:
    text = f"StartTime;{GOOD};{BAD};\n1;0;0;\n2;7;1;\n"
    assert (last_row(text)[GOOD], last_row(text)[BAD]) == ("7", "1")
    assert last_row("") == {}
