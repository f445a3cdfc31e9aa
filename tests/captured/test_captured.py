"""Calls of a real Asterisk, played again: the same record and segments come of them, without any Asterisk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.captured.story import FOLDER, Kept, NotCaptured, load, played, remains, table_of

FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_captured_call_leaves_what_it_left(file: Path) -> None:
    story = load(file)
    happened = played(story)
    same(remains(happened), dict(story.calls))
    table = [line[1:] for line in file.read_text().splitlines() if line.startswith("#")][2:]
    assert table == table_of(happened), "the table above is not what happens below"


def test_all_kinds_are_there() -> None:
    kinds = {"simple", "blind-transfer", "consult-and-join", "conference", "callback", "hold", "park"}
    assert {file.stem for file in FILES} == kinds


def test_what_was_not_captured_is_told() -> None:
    message = Kept({"Event": "Hangup", "Cause": None})
    assert message.get("Cause", "0") == "0"
    with pytest.raises(NotCaptured, match="Uniqueid of Hangup is read now; capture the calls anew: python -m"):
        message.get("Uniqueid")


def same(found: Any, wanted: Any, where: str = "") -> None:
    """Asserts that they are equal, times to a few milliseconds: those of a file are rounded."""
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys(), where
        for key in wanted:
            same(found[key], wanted[key], f"{where}.{key}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), f"{where}: {found}"
        for place, (one, other) in enumerate(zip(found, wanted, strict=True)):
            same(one, other, f"{where}.{place}")
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, abs=0.005), where
    else:
        assert found == wanted, where
