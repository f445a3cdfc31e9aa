"""What ``cordboard check`` tells of the flows of a good site."""

from __future__ import annotations

import io

from rich.console import Console

from config.report import Report, show, too_slow
from ivr.check.certificate import Certificate, Way
from ivr.node import Longest

SHORT = Way(Longest(1, 59.96), ("a", "b"))
LONG = Way(Longest(3000, 4000.0), tuple(f"n{i}" for i in range(3000)))
TOLD = Report({"main": Certificate(SHORT, SHORT, LONG), "sub": Certificate(LONG, SHORT, None)}, {"main"}, 0)


def test_a_certificate_fits_a_terminal() -> None:
    out = io.StringIO()
    show(Console(file=out, width=80, highlight=False), TOLD)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert max(map(len, lines)) <= 80
    assert len(lines) < 25
    assert lines[1] == "Flow main, at the longest"
    assert "(2960 more)" in " ".join(out.getvalue().split())
    assert "66 min 40 s  3000 prompts" in out.getvalue()
    assert "1 min 00 s" in out.getvalue()
    assert "Subflow sub, at the longest" in lines
    assert "no way leads to a queue or a transfer" in out.getvalue()
    assert "guess" not in out.getvalue()


def test_only_flows_of_numbers_can_be_too_slow() -> None:
    (line,) = too_slow(TOLD, 90.0)
    assert line.startswith("flow main: up to 66 min 40 s to a human, not 1 min 30 s: n0 → n1 → ")
    assert list(too_slow(TOLD, 4000.0)) == []
