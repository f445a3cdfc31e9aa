"""The page of the reports' figures: each with its formula and a worked example."""

from __future__ import annotations

from recordings.reports.figures import FIGURES, By, Figure, Unit

INTRODUCTION = """# Figures of reports

What reports tell, of queues, agents, teams (the groups of people.yaml), nodes of menus and numbers dialled. Each
figure is worked out from sums by quarter-hour: so the sums of any parts of a time are those of the whole. Calls count
when they are over, and so do states of agents. A wait counts in the quarter-hour in which it began, and so does a
talk; what a call was as a whole, in that of its arrival; time at work, in each quarter-hour that it was in. Where
there is nothing to divide by there is no figure. Shares are 0 to 1 in the API, per cent in files and on the page.

The example of a figure is a test: from these sums comes this value. `_ms` are milliseconds, `w00` and so on the steps
of the histogram of waits.

| Figure | Of | Formula | Example |
|---|---|---|---|
"""


def page() -> str:
    return INTRODUCTION + "".join(map(_row, FIGURES))


def _row(figure: Figure) -> str:
    of = "all" if set(figure.of) == set(By) else ", ".join(figure.of)
    sums = ", ".join(f"{name} {count:,}" for name, count in figure.sums.items())
    return f"| `{figure.name}` | {of} | {figure.formula} | {sums}: {_said(figure)} |\n"


def _said(figure: Figure) -> str:
    value = figure.result
    assert value is not None
    return {Unit.SHARE: f"{value:.1%}", Unit.SECONDS: f"{value:g} s"}.get(figure.unit, f"{value:g}")
