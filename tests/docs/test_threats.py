"""What the page of threats says is tested is tested: by tests that are there."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "threats.md"
_NAMED = re.compile(r"\[(test_\w+)\]\(([^)]+)\)")


def test_each_row_names_tests_that_are_there() -> None:
    rows = [row for row in PAGE.read_text(encoding="utf-8").splitlines() if row.startswith("| ")]
    rows = [row for row in rows if not row.endswith("| Shown by |")]
    assert len(rows) > 20
    for row in rows:
        named = _NAMED.findall(row)
        assert named, row
        for test, path in named:
            source = (PAGE.parent / path).resolve().read_text(encoding="utf-8")
            assert re.search(rf"^(async )?def {test}\(", source, re.MULTILINE), f"{path} has no {test}"
