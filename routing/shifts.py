"""Covering a day's need by shifts, with the fewest paid hours. Pure.

A small integer programme: how many agents work each shift and take their break at each quarter-hour that
allows it, so that every quarter-hour has the agents it needs. HiGHS solves it to the proven optimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import highspy
import numpy as np

from routing.staffing import QUARTERS

_PATIENCE_S = 20.0
"""How long the solver may look; it needs far less, unless there are dozens of shifts."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Working hours, in quarter-hours: from ``start`` (0 is midnight, below 96) for ``length`` (1 to
    96; it may go over midnight), ``pause`` of them (0 to below ``length``) a break in one piece. Raises
    ValueError for others.
    """

    name: str
    start: int
    length: int
    pause: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.start < QUARTERS and 1 <= self.length <= QUARTERS and 0 <= self.pause < self.length):
            raise ValueError(f"{self} cannot be")

    def breaks(self) -> list[int]:
        """When the break may begin, in quarter-hours after the start: so that it lies within the middle
        half of the shift, or as near to it as its length lets it."""
        if not self.pause:
            return [0]
        earliest, latest = self.length // 4, self.length - self.length // 4 - self.pause
        middle = (self.length - self.pause) // 2
        return list(range(min(earliest, middle), max(latest, middle) + 1))

    def hours(self) -> list[int]:
        """The quarter-hours of the day that it covers, its break among them."""
        return [(self.start + i) % QUARTERS for i in range(self.length)]

    def at_work(self, pause: int) -> list[int]:
        """The quarter-hours of the day at work, with the break that many after the start."""
        away = range(pause, pause + self.pause)
        return [(self.start + i) % QUARTERS for i in range(self.length) if i not in away]


@dataclass(frozen=True, slots=True)
class Crew:
    """Who works a shift. ``breaks`` maps the quarter-hour of the day to how many begin theirs."""

    shift: Shift
    agents: int
    breaks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """``cover`` are the agents at work in each quarter-hour. ``proven``: no plan has fewer paid hours
    (breaks are paid); otherwise the search took too long, and one may."""

    crews: tuple[Crew, ...]
    cover: tuple[int, ...]
    proven: bool

    @property
    def paid_hours(self) -> float:
        return sum(crew.agents * crew.shift.length for crew in self.crews) / 4


class NoCover(ValueError):
    """No number of agents on these shifts covers the need. ``quarter`` is the first at which nobody can
    be at work."""

    def __init__(self, quarter: int) -> None:
        super().__init__(f"no shift has anybody at work at {clock(quarter)}")
        self.quarter = quarter


def clock(quarter: int) -> str:
    """The time of day when a quarter-hour begins: ``08:15``."""
    return f"{quarter // 4 % 24:02}:{quarter % 4 * 15:02}"


def plan(need: Sequence[int], shifts: Sequence[Shift]) -> Plan:
    """The fewest paid hours that give each of the 96 quarter-hours at least what it needs; of those
    plans, one with the breaks near the middle of the shifts. Every day is taken to be alike: who works
    over midnight covers the morning too. Raises NoCover.
    """
    if len(need) != QUARTERS:
        raise ValueError(f"a day has {QUARTERS} quarter-hours, not {len(need)}")
    columns = [(shift, pause) for shift in shifts for pause in shift.breaks()]
    at_work = np.zeros((QUARTERS, len(columns)))
    for column, (shift, pause) in enumerate(columns):
        at_work[shift.at_work(pause), column] = 1
    bare = [quarter for quarter, wanted in enumerate(need) if wanted > 0 and not at_work[quarter].any()]
    if bare:
        raise NoCover(bare[0])
    if not columns:
        return Plan((), (0,) * QUARTERS, proven=True)
    wanted = np.asarray(need, dtype=float)
    found, proven = _fewest(np.array([shift.length for shift, _ in columns], dtype=float), at_work, wanted)
    # The same again with the agents of each shift fixed, for good times of the breaks alone.
    of_shift = np.array([[float(shift is other) for shift, _ in columns] for other in shifts])
    off_middle = np.array([abs(2 * pause + shift.pause - shift.length) for shift, pause in columns], dtype=float)
    agents = of_shift @ found
    found, _ = _fewest(off_middle, np.vstack([at_work, of_shift, -of_shift]), np.concatenate([wanted, agents, -agents]))
    counts = [int(count) for count in found]
    ends = list(accumulate(len(shift.breaks()) for shift in shifts))
    crews = tuple(
        _crew(shift, counts[end - len(shift.breaks()) : end]) for shift, end in zip(shifts, ends, strict=True)
    )
    return Plan(crews, tuple(int(agents) for agents in at_work @ found), proven)


def _crew(shift: Shift, counts: Sequence[int]) -> Crew:
    breaks = ((shift.start + pause) % QUARTERS for pause in shift.breaks())
    taken = tuple((at, count) for at, count in zip(breaks, counts, strict=True) if count and shift.pause)
    return Crew(shift, sum(counts), taken)


Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def _fewest(costs: Numbers, rows: Numbers, least: Numbers) -> tuple[Numbers, bool]:
    """Whole numbers x of least ``costs @ x`` with ``rows @ x >= least``, and whether none cost less."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    for option, value in (("threads", 1), ("time_limit", _PATIENCE_S), ("mip_rel_gap", 0.0), ("random_seed", 0)):
        solver.setOptionValue(option, value)
    for cost in costs:
        solver.addVariable(lb=0, obj=cost, type=highspy.HighsVarType.kInteger)
    for row, bound in zip(rows, least, strict=True):
        used = np.flatnonzero(row)
        solver.addRow(bound, highspy.kHighsInf, len(used), used.astype(np.int32), row[used])
    solver.run()
    x = np.rint(np.asarray(solver.getSolution().col_value))
    if len(x) != len(costs) or (rows @ x < least).any():
        raise RuntimeError(f"the shifts could not be planned: {solver.modelStatusToString(solver.getModelStatus())}")
    return x, solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
