"""Simulated days in the terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table

from config.simulation.arrivals import ArrivalsFile
from config.simulation.figures import Figures, Service

MANY = 30
"""Beyond so many agents they are not told one by one."""

_COUNTS = ("calls", "answered", "gave up", "moved")
_LEVELS = ("in time", "net")
_WAITS = ("mean", "p50", "p90", "max")


def outcomes(found: Figures) -> Iterator[str]:
    """What came of the calls, the most first, a line each."""
    for outcome, calls in sorted(found.outcomes.items(), key=lambda item: (-item[1], item[0])):
        yield f"{_count(calls):>8} {outcome}"


def tables(found: Figures, plan: ArrivalsFile) -> Iterator[Table]:
    """By queue, by quarter-hour, and who was busy: an average day."""
    by_queue = _table("By queue, waits in seconds", "queue", *_COUNTS, *_LEVELS, *_WAITS)
    for name, service in found.queues.items():
        by_queue.add_row(name, *_counts(service), *_levels(service), *_waits(service))
    by_queue.add_section()
    by_queue.add_row("all", *_counts(found.all), *_levels(found.all), *_waits(found.all))
    yield by_queue

    by_quarter = _table("By quarter-hour", "from", *_COUNTS, "in time", "p90", "on duty", "busy", "load")
    for quarter in found.quarters:
        if quarter.all.offered:
            clock = datetime.fromtimestamp(quarter.start, ZoneInfo(plan.zone)).strftime("%H:%M")
            level, wait = _percent(quarter.all.service_level), _seconds(quarter.all.wait_p90)
            people = (f"{value:.1f}" for value in (quarter.on_duty, quarter.busy, quarter.load))
            by_quarter.add_row(clock, *_counts(quarter.all), level, wait, *people)
    yield by_quarter

    busy = _table("Occupancy", "who", "share")
    if len(found.agents) <= MANY:
        for name, share in found.agents.items():
            busy.add_row(name, _percent(share))
    elif found.agents:
        busy.add_row("least busy agent", _percent(min(found.agents.values())))
        busy.add_row("busiest agent", _percent(max(found.agents.values())))
    busy.add_section()
    for name, share in found.skills.items():
        busy.add_row(f"skill {name}", _percent(share))
    busy.add_section()
    busy.add_row("all", _percent(found.occupancy))
    yield busy


def as_json(found: Figures, plan: ArrivalsFile, seed: int) -> str:
    """All figures; times are Unix seconds, shares from 0 to 1."""
    whole: Mapping[str, object] = {
        "date": str(plan.date),
        "zone": plan.zone,
        "seed": seed,
        **asdict(found),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _counts(service: Service) -> Iterator[str]:
    return map(_count, (service.offered, service.answered, service.abandoned, service.moved + service.waiting))


def _levels(service: Service) -> Iterator[str]:
    return map(_percent, (service.service_level, service.service_level_net))


def _waits(service: Service) -> Iterator[str]:
    return map(_seconds, (service.wait_mean, service.wait_p50, service.wait_p90, service.wait_max))


def _count(calls: float) -> str:
    return f"{calls:.0f}" if calls == round(calls) else f"{calls:.1f}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f}%"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
