"""What simulated days come to: service level, waits, abandonment and occupancy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from config.simulation.arrivals import QUARTER_S, ArrivalsFile
from config.simulation.run import Hotline
from config.simulation.tally import Came, Day, Stretch, Wait
from cti.calls.words import AgentState
from recordings.words import Outcome

BUSY = frozenset({AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP})
ON_DUTY = BUSY | {AgentState.READY}


@dataclass(frozen=True, slots=True)
class Service:
    """What became of the calls of one queue, of a stretch of time, or of all. Counts are those of a
    day, on average. Shares are None where there is nothing to share. Waits are seconds, of the calls
    that were answered; the longest is that of all days."""

    offered: float
    answered: float
    abandoned: float
    moved: float
    waiting: float
    service_level: float | None
    """Answered within the time, of all offered."""
    service_level_net: float | None
    """Answered within the time, of all offered but those abandoned within it."""
    abandonment: float | None
    wait_mean: float | None
    wait_p50: float | None
    wait_p90: float | None
    wait_max: float | None


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter-hour from ``start`` (Unix seconds). Agents are means over it: ``on_duty`` without
    those on a break, ``busy`` with calls. ``load`` is the agents that its calls keep busy, whenever
    they are answered (erlangs): with fewer, a queue only grows."""

    start: float
    all: Service
    queues: Mapping[str, Service]
    on_duty: float
    busy: float
    load: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures, of ``days`` days. ``outcomes`` are calls in a day by what came of them, as records
    say it. Occupancy is the share of the time on duty, breaks left out, that agents are asked, talk, or
    finish; of a skill, that of all who have it."""

    days: int
    outcomes: Mapping[str, float]
    all: Service
    queues: Mapping[str, Service]
    quarters: Sequence[Quarter]
    occupancy: float | None
    agents: Mapping[str, float]
    skills: Mapping[str, float]


def figures(days: Sequence[Day], plan: ArrivalsFile, hotline: Hotline) -> Figures:
    """The figures of days that were simulated by one plan; each queue by its own target."""
    agents = hotline.agents

    def in_time(wait: Wait) -> bool:
        return wait.seconds <= hotline.target(wait.queue).within_s

    def service(waits: Sequence[Wait]) -> Service:
        return _service(waits, len(days), in_time)

    waits = [wait for day in days for wait in day.waits]
    names = sorted({wait.queue for wait in waits} | plan.queues.keys())
    count = len(plan.quarters)
    by_quarter: list[list[Wait]] = [[] for _ in range(count)]
    for day in days:
        for wait in day.waits:
            # Who called in the last quarter-hour may get into the queue after it.
            by_quarter[min(count - 1, int((wait.at - day.start) // QUARTER_S))].append(wait)
    on_duty, busy = _means(days, count, ON_DUTY), _means(days, count, BUSY)
    handle_s = _handle_s(days)

    def quarter(i: int) -> Quarter:
        whole = service(by_quarter[i])
        return Quarter(
            start=days[0].start + i * QUARTER_S,
            all=whole,
            queues=_of_queues(by_quarter[i], names, service),
            on_duty=on_duty[i],
            busy=busy[i],
            load=(whole.offered - whole.moved) * handle_s / QUARTER_S,
        )

    stays = {name: _sum(_stay(day.agents.get(name, ()), day.start, day.end) for day in days) for name in agents}
    skills = sorted({skill for agent in agents.values() for skill in agent.skills})
    outcomes = sum((Counter(day.outcomes) for day in days), Counter[Outcome]())
    return Figures(
        days=len(days),
        outcomes={outcome.value: outcomes[outcome] / len(days) for outcome in Outcome if outcomes[outcome]},
        all=service(waits),
        queues=_of_queues(waits, names, service),
        quarters=[quarter(i) for i in range(count)],
        occupancy=_occupancy(stays.values()),
        agents=_known({name: _occupancy([stay]) for name, stay in stays.items()}),
        skills=_known(
            {
                skill: _occupancy(stays[name] for name, agent in agents.items() if skill in agent.skills)
                for skill in skills
            }
        ),
    )


def _of_queues(
    waits: Sequence[Wait], names: Sequence[str], service: Callable[[Sequence[Wait]], Service]
) -> dict[str, Service]:
    found: dict[str, list[Wait]] = {name: [] for name in names}
    for wait in waits:
        found[wait.queue].append(wait)
    return {name: service(own) for name, own in found.items()}


def _service(waits: Sequence[Wait], days: int, good: Callable[[Wait], bool]) -> Service:
    counts = Counter(wait.came for wait in waits)
    answered = sorted(wait.seconds for wait in waits if wait.came is Came.ANSWERED)
    within = sum(good(wait) for wait in waits if wait.came is Came.ANSWERED)
    short = sum(good(wait) for wait in waits if wait.came is Came.ABANDONED)
    return Service(
        offered=len(waits) / days,
        answered=counts[Came.ANSWERED] / days,
        abandoned=counts[Came.ABANDONED] / days,
        moved=counts[Came.MOVED] / days,
        waiting=counts[Came.WAITING] / days,
        service_level=_share(within, len(waits)),
        service_level_net=_share(within, len(waits) - short),
        abandonment=_share(counts[Came.ABANDONED], len(waits)),
        wait_mean=math.fsum(answered) / len(answered) if answered else None,
        wait_p50=_percentile(answered, 0.5),
        wait_p90=_percentile(answered, 0.9),
        wait_max=answered[-1] if answered else None,
    )


def _handle_s(days: Sequence[Day]) -> float:
    """The seconds that one answered call keeps an agent busy, on average."""
    stretches = (s for day in days for own in day.agents.values() for s in own if s.state in BUSY)
    worked = math.fsum(stretch.end - stretch.start for stretch in stretches)
    answered = sum(wait.came is Came.ANSWERED for day in days for wait in day.waits)
    return worked / answered if answered else 0.0


def _stay(stretches: Sequence[Stretch], start: float, end: float) -> tuple[float, float]:
    """The seconds busy, and those on duty, between start and end."""
    clipped = [(s.state, max(0.0, min(s.end, end) - max(s.start, start))) for s in stretches]
    return (
        math.fsum(seconds for state, seconds in clipped if state in BUSY),
        math.fsum(seconds for state, seconds in clipped if state in ON_DUTY),
    )


def _sum(pairs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    listed = list(pairs)
    return math.fsum(busy for busy, _ in listed), math.fsum(there for _, there in listed)


def _occupancy(stays: Iterable[tuple[float, float]]) -> float | None:
    return _share(*_sum(stays))


def _known(shares: Mapping[str, float | None]) -> dict[str, float]:
    return {name: share for name, share in shares.items() if share is not None}


def _means(days: Sequence[Day], count: int, states: frozenset[AgentState]) -> list[float]:
    """How many agents were in these states, on average over each quarter-hour."""
    seconds = [0.0] * count
    for day in days:
        for stretch in (s for own in day.agents.values() for s in own if s.state in states):
            start, end = stretch.start - day.start, stretch.end - day.start
            for i in range(max(0, int(start // QUARTER_S)), min(count, int(end // QUARTER_S) + 1)):
                seconds[i] += max(0.0, min(end, (i + 1) * QUARTER_S) - max(start, i * QUARTER_S))
    return [total / QUARTER_S / len(days) for total in seconds]


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
