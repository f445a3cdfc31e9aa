"""The arrivals file: who calls when, wanting what, and how long all of it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from config.files.roster import FILE as ROSTER_FILE
from config.files.roster import Roster
from config.settings import Site
from config.simulation.spread import Spread, spread
from cti.site.files import Document, Problem, SiteError, SiteModel, check, read
from cti.site.hours import Zone
from ivr.handler import OTHERS
from ivr.node import KEYS
from ivr.questions import Scalar

QUARTER_S = 900
QUARTERS = 96
HOURS = 24
MAX_A_QUARTER, MAX_A_DAY = 20_000, 1_000_000
"""Calls of one want; a national hotline has some 4,000 in a quarter-hour of all."""

_FAILS = Literal["fails", "hangs"]


def _keys(text: str) -> str:
    if any(key not in KEYS for key in text.replace(" ", "")):
        raise ValueError("must be keys of a telephone in quotes: 0 to 9, *, # and A to D")
    return text


def _day(given: Any) -> date:
    if isinstance(given, datetime) or not isinstance(given, date):
        raise ValueError("must be a day such as 2026-11-23")
    return given


def _clock(text: Any) -> int:
    hour, colon, minute = text.partition(":") if isinstance(text, str) else ("", "", "")
    if not (colon and hour.isdecimal() and minute in ("00", "15", "30", "45") and int(hour) < HOURS):
        raise ValueError('must be the beginning of a quarter-hour, such as "08:00" or "14:45"')
    return int(hour) * 4 + int(minute) // 15


def _shape(weights: tuple[float, ...]) -> tuple[float, ...]:
    if len(weights) != HOURS:
        raise ValueError(f"must be {HOURS} numbers, one for each hour of the day")
    if not any(weights):
        raise ValueError("at least one hour needs a weight above 0")
    return weights


Shape = Annotated[tuple[Annotated[float, Field(ge=0)], ...], AfterValidator(_shape)]
Clock = Annotated[int, BeforeValidator(_clock)]
"""A pydantic field type: the number of a quarter-hour of the day, read from text such as ``08:15``."""
Keys = Annotated[str, AfterValidator(_keys)]
Count = Annotated[float, Field(ge=0, le=MAX_A_QUARTER)]


class Answers(SiteModel):
    """What is answered to the flows' questions for callers who want this; what is left out is not
    answered, as in a failure, but switches stand at auto."""

    lookup: Mapping[str, Scalar] | _FAILS = "fails"
    verify: Literal["right", "wrong", "locked"] | _FAILS = "fails"
    send_code: Literal[True] | _FAILS = "fails"
    switch: Literal["open", "closed", "auto"] | _FAILS = "auto"


class Want(SiteModel):
    """Callers who want the same. ``calls`` are expected on average: of the day, by the ``shape``
    (a weight for each hour), or of each quarter-hour from ``begin`` on. Without a ``number`` every
    caller has one of his own."""

    calls: Annotated[float, Field(ge=0, le=MAX_A_DAY)] | Annotated[tuple[Count, ...], Field(max_length=QUARTERS)]
    shape: str | None = None
    begin: Clock | None = None
    dials: str = Field(max_length=80)
    number: str = Field(default="", max_length=80)
    keys: Mapping[str, Keys] | Keys = ""
    answers: Answers = Answers()
    talk: Spread | None = None
    wrap_up: Spread | None = None
    patience: Spread | None = None


class QueueTimes(SiteModel):
    """How long things take in one queue."""

    talk: Spread | None = None
    wrap_up: Spread | None = None


class ArrivalsFile(SiteModel):
    """The whole of an arrivals file."""

    date: Annotated[date, BeforeValidator(_day)]
    zone: Zone = "UTC"
    seed: int = 1
    talk: Spread = spread(180.0)
    wrap_up: Spread | None = None
    patience: Spread | None = None
    answer: Spread = spread(3.0, "fixed")
    message: Spread = spread(20.0, "fixed")
    shapes: Mapping[str, Shape] = {}
    queues: Mapping[str, QueueTimes] = {}
    wants: Annotated[Mapping[str, Want], Field(min_length=1)]
    roster: Roster | None = None

    def talk_of(self, want: Want, queue: str) -> Spread:
        """How long callers who want this talk when they come by this queue."""
        return want.talk or self.queues.get(queue, QueueTimes()).talk or self.talk

    def wrap_up_of(self, want: Want, queue: str) -> Spread | None:
        """How long the agent then needs; None for the queue's own time."""
        return want.wrap_up or self.queues.get(queue, QueueTimes()).wrap_up or self.wrap_up

    def expected(self, want: Want) -> list[float]:
        """Calls expected in each quarter-hour of the day."""
        if isinstance(want.calls, tuple):
            counts = [0.0] * (want.begin or 0) + list(want.calls)
            return (counts + [0.0] * QUARTERS)[:QUARTERS]
        hours = self.shapes[want.shape] if want.shape else (1.0,) * HOURS
        return [want.calls * hours[i // 4] / sum(hours) / 4 for i in range(QUARTERS)]

    @property
    def midnight(self) -> float:
        """When the day begins (Unix seconds)."""
        return datetime(self.date.year, self.date.month, self.date.day, tzinfo=ZoneInfo(self.zone)).timestamp()

    @property
    def quarters(self) -> range:
        """The quarter-hours from the first to the last in which anybody may call."""
        busy = [i for want in self.wants.values() for i, calls in enumerate(self.expected(want)) if calls]
        return range(min(busy), max(busy) + 1) if busy else range(0)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One call to come; ``at`` in Unix seconds, ``number`` counts from 1 among those of its want."""

    at: float
    want: str
    number: int


def arrivals(plan: ArrivalsFile, seed: int) -> list[Arrival]:
    """The calls of the day, in order: a Poisson process whose rate changes each quarter-hour. Each
    want has its own stream of chance, so that more of one leaves the others as they were."""
    found: list[Arrival] = []
    for name, want in plan.wants.items():
        chance = Random(f"{seed}/arrivals/{name}")  # noqa: S311 nothing secret
        number = 0
        for i, calls in enumerate(plan.expected(want)):
            start = plan.midnight + i * QUARTER_S
            at = start + chance.expovariate(calls / QUARTER_S) if calls else float("inf")
            while at < start + QUARTER_S:
                number += 1
                found.append(Arrival(at, name, number))
                at += chance.expovariate(calls / QUARTER_S)
    return sorted(found, key=lambda arrival: (arrival.at, arrival.want))


def load(path: Path, site: Site) -> ArrivalsFile:
    """Reads an arrivals file, with the site's roster where it has none of its own. Raises SiteError
    with everything that is wrong in it, or that the site does not have."""
    document = read(path)
    plan = check(ArrivalsFile, document)
    wrong = list(_unknown(plan, document, site))
    roster = site.folder / ROSTER_FILE
    if plan.roster is not None:
        wrong += plan.roster.problems(document, site.agents, ("roster",))
    elif roster.exists():
        written = read(roster)
        plan = plan.model_copy(update={"roster": check(Roster, written)})
        assert plan.roster is not None
        wrong += plan.roster.problems(written, site.agents)
    if wrong:
        raise SiteError(wrong)
    return plan


def _unknown(plan: ArrivalsFile, document: Document, site: Site) -> Iterator[Problem]:
    nodes = {node for flow in site.flows.values() for node in flow.nodes}
    for queue in plan.queues:
        if queue not in site.queues:
            yield document.problem(("queues", queue), f"there is no queue called {queue!r}")
    for name, want in plan.wants.items():
        key = ("wants", name)
        if want.dials not in site.settings.numbers and OTHERS not in site.settings.numbers:
            yield document.problem((*key, "dials"), f"no number {want.dials!r} is in site.yaml")
        if want.shape is not None and want.shape not in plan.shapes:
            yield document.problem((*key, "shape"), f"there is no shape called {want.shape!r}")
        if want.shape is not None and isinstance(want.calls, tuple):
            yield document.problem((*key, "shape"), "has no meaning beside calls of each quarter-hour")
        if want.begin is not None and not isinstance(want.calls, tuple):
            yield document.problem((*key, "begin"), "has no meaning beside calls of the whole day")
        if isinstance(want.calls, tuple) and (want.begin or 0) + len(want.calls) > QUARTERS:
            yield document.problem((*key, "calls"), "goes beyond midnight")
        for node in want.keys if isinstance(want.keys, Mapping) else ():
            if node not in nodes:
                yield document.problem((*key, "keys", node), f"no flow has a node called {node!r}")
    if not any(sum(plan.expected(want)) for want in plan.wants.values() if want.shape in (None, *plan.shapes)):
        yield document.problem(("wants",), "nobody calls")
