"""The pictures of a simulated day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from config.simulation.arrivals import ArrivalsFile
from config.simulation.chart import COLOURS, Chart, percent
from config.simulation.figures import Figures
from config.simulation.run import Hotline

MOST_LINES = len(COLOURS)
"""Queues that have a line of their own; beyond it they would not be told apart."""


def plots(found: Figures, plan: ArrivalsFile, hotline: Hotline) -> Mapping[str, str]:
    """SVG by file name: calls, service level, agents, waits."""
    quarters = found.quarters
    first = datetime.fromtimestamp(quarters[0].start, ZoneInfo(plan.zone))
    start, count = first.hour * 60 + first.minute, len(quarters)
    day = f"{plan.date:%A, %d %B %Y}" + (f", average of {found.days} days" if found.days > 1 else "")

    calls = Chart(f"Calls in a quarter-hour · {day}", start, count)
    stacks = [
        ("answered", "good", [q.all.answered for q in quarters]),
        ("abandoned", "bad", [q.all.abandoned for q in quarters]),
    ]
    elsewhere = [q.all.moved + q.all.waiting for q in quarters]
    calls.bars([*stacks, ("went elsewhere", "away", elsewhere)] if any(elsewhere) else stacks)

    level = Chart(f"Service level: answered in time, of all offered · {day}", start, count, percent, top=1.0)
    names = [name for name, service in found.queues.items() if service.offered]
    if 1 < len(names) <= MOST_LINES:
        for name, colour in zip(names, COLOURS, strict=False):
            level.line(name, colour, [q.queues[name].service_level for q in quarters], thin=True)
    level.line("all queues", "good", [q.all.service_level for q in quarters])
    targets = {hotline.target(name): name for name in reversed(names)}
    for target, name in targets.items():
        whose = f" ({name})" if len(targets) > 1 else ""
        level.limit(f"target {percent(target.share)} in {target.within_s:g} s{whose}", target.share)

    agents = Chart(f"Agents · {day}", start, count)
    agents.area("on duty", "pale", [q.on_duty for q in quarters])
    agents.line("busy", "good", [q.busy for q in quarters])
    agents.line("needed at the least (load in erlangs)", "blue", [q.load for q in quarters])

    waits = Chart(f"Seconds until an agent answers · {day}", start, count)
    waits.line("nine of ten calls within", "plum", [q.all.wait_p90 for q in quarters])
    waits.line("half of them within", "blue", [q.all.wait_p50 for q in quarters])
    for within_s in sorted({target.within_s for target in targets}):
        waits.limit(f"{within_s:g} s", within_s)

    charts = {"calls": calls, "service-level": level, "agents": agents, "waits": waits}
    return {f"{name}.svg": chart.svg() for name, chart in charts.items()}
