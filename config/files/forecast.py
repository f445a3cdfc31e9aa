"""Forecast files: the load of a day, and the shifts that are to bear it.

    queues:
      faults:
        total: 1200                             # calls of the day ...
        shape: [1, 1, 1, 1, 2, 3, ...]          # ... and how they spread: 24 hours or 96 quarter-hours
        aht: 4m                                 # talk and wrap-up
        patience: 2m
        target: {share: 80%, within: 20s}
      orders:
        calls: [0, 0, 0, 1.5, ...]              # or the calls themselves: 24 or 96
        aht: 3m
    occupancy: 85%
    shrinkage: 20%
    least: {"20:00-08:00": 2}
    shifts:
      early: {hours: "08:00-20:00", break: 60m}

What stands here goes before the records of past calls, and that before the queue's own settings. Instead of
queues with calls it may name an arrivals file, the one that ``cordboard simulate`` reads: ``arrivals: arrivals.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cti.site.durations import Duration
from cti.site.files import Document, Problem, SiteError, SiteModel, check, read
from routing.queues import Queue, Target
from routing.queues_file import TargetFields
from routing.shifts import Shift
from routing.staffing import QUARTER_S, QUARTERS, Load

MOST_CALLS = 20_000
"""In a quarter-hour of one queue. A national hotline has some 4,000."""
_HOUR = 4
_CLOCK = r"([01]?\d|2[0-4]):([0-5]\d)"


def share(text: object) -> float:
    """The share (0 to 1) that ``text`` says, such as ``80%``. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,2})?)\s*%", text.strip(), re.ASCII) if isinstance(text, str) else None
    if found is None or float(found[1]) > 100:
        raise ValueError("must be a percentage such as 80%")
    return float(found[1]) / 100


def _hours(text: object) -> tuple[int, int]:
    """``20:00-08:00`` as start and length, in quarter-hours."""
    found = re.fullmatch(rf"\s*{_CLOCK}\s*-\s*{_CLOCK}\s*", text, re.ASCII) if isinstance(text, str) else None
    if found is None:
        raise ValueError('must be hours such as "08:00-20:00", in quotes')
    start, end = (int(found[i]) * 60 + int(found[i + 1]) for i in (1, 3))
    if start % 15 or end % 15 or max(start, end) > 24 * 60:
        raise ValueError("must begin and end on a quarter of an hour, until 24:00")
    return start // 15 % QUARTERS, (end - start) // 15 % QUARTERS or QUARTERS


def _spread(given: tuple[float, ...]) -> tuple[float, ...]:
    if len(given) not in (QUARTERS, QUARTERS // _HOUR):
        raise ValueError(f"has {len(given)} numbers; a day has 24 hours or 96 quarter-hours")
    return given if len(given) == QUARTERS else tuple(n / _HOUR for n in given for _ in range(_HOUR))


def _whole_quarters(duration: float) -> float:
    if duration % QUARTER_S:
        raise ValueError("must be a number of quarter-hours, such as 30m")
    return duration


def _not_only_zeros(weights: tuple[float, ...]) -> tuple[float, ...]:
    if not any(weights):
        raise ValueError("has nothing but zeros")
    return weights


Name = Annotated[str, Field(pattern=r"^\w[\w.-]{0,39}$")]
Share = Annotated[float, BeforeValidator(share)]
Part = Annotated[Share, Field(lt=1)]
Hours = Annotated[tuple[int, int], BeforeValidator(_hours)]
Count = Annotated[float, Field(strict=True, ge=0, le=1_000_000)]
Counts = Annotated[tuple[Count, ...], AfterValidator(_spread)]
Shape = Annotated[Counts, AfterValidator(_not_only_zeros)]


class QueueForecast(SiteModel):
    """One queue's day: its calls, as counts, or in all with a shape."""

    calls: Counts | None = None
    total: Count | None = None
    shape: Shape | None = None
    aht: Annotated[Duration, Field(ge=1, le=3600)] | None = None
    patience: Annotated[Duration, Field(ge=1, le=24 * 3600)] | None = None
    target: TargetFields | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.calls is not None and (self.total is not None or self.shape is not None):
            raise ValueError("give the calls, or their total and shape, not both")
        return self

    @property
    def calls_said(self) -> bool:
        """Whether it says anything of the calls, beside the target."""
        return any(said is not None for said in (self.calls, self.total, self.shape, self.aht, self.patience))


class ShiftFields(SiteModel):
    """When a shift works. The break is in one piece, and paid."""

    hours: Hours
    pause: Annotated[Duration, AfterValidator(_whole_quarters)] = Field(default=0.0, alias="break")

    @model_validator(mode="after")
    def _some_work(self) -> Self:
        if self.pause >= self.hours[1] * QUARTER_S:
            raise ValueError("the break is as long as the shift")
        return self


class ForecastFile(SiteModel):
    """The whole of a forecast file."""

    queues: Mapping[Name, QueueForecast] = {}
    arrivals: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Beside this file."""
    occupancy: Annotated[Share, Field(gt=0)] = 1.0
    shrinkage: Part = 0.0
    least: Mapping[Hours, Annotated[int, Field(strict=True, ge=0, le=100_000)]] = {}
    shifts: Annotated[Mapping[Name, ShiftFields], Field(max_length=100)] = {}

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.arrivals and (said := [name for name, fields in self.queues.items() if fields.calls_said]):
            raise ValueError(f"the calls are those of {self.arrivals}: queues.{said[0]} can have a target only")
        return self


@dataclass(frozen=True, slots=True)
class Forecast:
    """A day to be staffed. Shares are 0 to 1; ``least`` has the fewest agents of each quarter-hour."""

    loads: Mapping[str, Load]
    most_busy: float
    shrinkage: float
    least: tuple[int, ...]
    shifts: tuple[Shift, ...]


def arrivals_of(path: Path) -> Path | None:
    """The arrivals file that a forecast names. Raises SiteError with everything that is wrong in it."""
    named = check(ForecastFile, read(path)).arrivals
    return None if named is None else path.parent / named


def load(path: Path | None, queues: Mapping[str, Queue], recorded: Mapping[str, Load]) -> Forecast:
    """The forecast of a file, of the loads ``recorded`` of queues of the site (``aht_s`` is 0 where it is
    not known), or of both. Raises SiteError with everything that is wrong in the file, ValueError where
    something is missing that neither gives.
    """
    document = Document("", {}) if path is None else read(path)
    file = check(ForecastFile, document)
    given = {name: fields for name, fields in file.queues.items() if name in queues}
    loads = {
        name: _load(given.get(name, QueueForecast()), recorded.get(name, Load((), 0.0)), queue.target)
        for name, queue in queues.items()
        if name in given or name in recorded
    }
    if wrong := list(_problems(file, document, queues, loads)):
        raise SiteError(wrong)
    for name, expected in loads.items():
        if not expected.aht_s:
            raise ValueError(f"the records have no answered call of {name}: give its aht in a forecast file")
    if not loads:
        raise ValueError("there are no calls to expect: neither the forecast nor the records have any")
    least = [0] * QUARTERS
    for (start, length), agents in file.least.items():
        for i in range(start, start + length):
            least[i % QUARTERS] = max(least[i % QUARTERS], agents)
    shifts = tuple(Shift(name, *fields.hours, int(fields.pause / QUARTER_S)) for name, fields in file.shifts.items())
    return Forecast(loads, file.occupancy, file.shrinkage, tuple(least), shifts)


def _load(fields: QueueForecast, recorded: Load, usual: Target) -> Load:
    total = sum(recorded.calls) if fields.total is None else fields.total
    shape = fields.shape or recorded.calls
    return Load(
        calls=fields.calls or tuple(total * weight / sum(shape) for weight in shape),
        aht_s=fields.aht or recorded.aht_s,
        patience_s=fields.patience or recorded.patience_s,
        target=Target(fields.target.share, fields.target.within) if fields.target else usual,
    )


def _problems(
    file: ForecastFile, document: Document, queues: Mapping[str, Queue], loads: Mapping[str, Load]
) -> Iterator[Problem]:
    for name, fields in file.queues.items():
        key = ("queues", name)
        if name not in queues:
            near = get_close_matches(name, queues, 1)
            yield document.problem(key, "is no queue of the site", f"did you mean {near[0]}?" if near else "")
            continue
        calls = loads[name].calls
        if not calls or (fields.calls is None and fields.total is None and not any(calls)):
            how = f"nobody in {file.arrivals} comes to it" if file.arrivals else "give calls, or total and shape"
            yield document.problem(key, "has no calls", how)
        elif max(calls) > MOST_CALLS:
            yield document.problem(key, f"more than {MOST_CALLS:,} calls in a quarter-hour cannot be reckoned with")
        if not loads[name].aht_s:
            yield document.problem(key, "has no aht", "the time a call takes an agent, such as aht: 4m")
