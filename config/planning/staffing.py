"""From what is expected of a day to who is to work: what ``cordboard staff`` works out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import floor
from typing import Any

from config.files.forecast import Forecast
from config.planning.refining import Refined
from recordings.records.history import History, Past
from routing import shifts, staffing
from routing.queues import Queue
from routing.shifts import Crew, Plan, clock
from routing.staffing import QUARTERS, Load, Need, rostered

FEWEST_ABANDONED = 10
"""With fewer, records say nothing of callers' patience: they are taken to wait for ever."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day's staff. ``needs`` has what each queue needs in each quarter-hour, ``summed`` the agents at
    work that this makes in all, ``refined`` what the simulator made of it if it was asked, ``plan`` the
    shifts, None where the forecast has none; ``on_roster`` how many to put on each of them, for some
    will be away."""

    forecast: Forecast
    needs: Mapping[str, tuple[Need, ...]]
    summed: tuple[int, ...]
    refined: Refined | None
    plan: Plan | None
    on_roster: tuple[int, ...]

    @property
    def needed(self) -> tuple[int, ...]:
        """The agents needed at work in each quarter-hour."""
        return self.summed if self.refined is None else self.refined.needed

    def kinds_on(self, crew: Crew) -> dict[str, int]:
        """Of which kinds the agents of a shift are, as far as they are needed in its hours: by the method
        of largest remainders. Empty where nothing was refined."""
        if self.refined is None:
            return {}
        hours = crew.shift.hours()
        weights = {kind: sum(sizes[quarter] for quarter in hours) for kind, sizes in self.refined.sizes.items()}
        whole = sum(weights.values())
        if not whole:
            return {}
        exact = {kind: crew.agents * weight / whole for kind, weight in weights.items()}
        counts = {kind: floor(share) for kind, share in exact.items()}
        rest = crew.agents - sum(counts.values())
        for kind in sorted(exact, key=lambda kind: (counts[kind] - exact[kind], kind))[:rest]:
            counts[kind] += 1
        return {kind: count for kind, count in counts.items() if count}

    @property
    def paid_hours(self) -> float:
        crews = self.plan.crews if self.plan else ()
        return sum(agents * crew.shift.length / 4 for agents, crew in zip(self.on_roster, crews, strict=True))

    def whole_day(self, queue: str) -> Need:
        """What the callers of a queue get in the mean, if just the agents needed are at work; ``agents``
        are those of the busiest quarter-hour."""
        load, needs = self.forecast.loads[queue], self.needs[queue]
        calls = sum(load.calls)
        if not calls:
            return Need(0, 1.0, 0.0, 0.0, 0.0)
        weighed = list(zip(load.calls, needs, strict=True))
        answered = sum(count * (1 - need.abandoned) for count, need in weighed)
        agents_s = sum(need.agents for need in needs) * staffing.QUARTER_S
        return Need(
            agents=max(need.agents for need in needs),
            service_level=sum(count * need.service_level for count, need in weighed) / calls,
            mean_wait_s=sum(count * need.mean_wait_s for count, need in weighed) / calls,
            abandoned=sum(count * need.abandoned for count, need in weighed) / calls,
            occupancy=answered * load.aht_s / agents_s if agents_s else 0.0,
        )


Needs = Mapping[str, tuple[Need, ...]]


def work_out(forecast: Forecast, refine: Callable[[Needs], Refined] | None = None) -> Day:
    """Each queue is taken to have agents of its own, unless ``refine`` tells how many are enough of those
    who serve several. Raises NoCover where the shifts leave out a quarter-hour that needs somebody, ValueError for what
    cannot be."""
    needs: dict[str, tuple[Need, ...]] = {}
    for name, load in forecast.loads.items():
        try:
            needs[name] = staffing.day(load, forecast.most_busy)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    summed = tuple(max(least, sum(need[q].agents for need in needs.values())) for q, least in enumerate(forecast.least))
    refined = None if refine is None else refine(needs)
    plan = shifts.plan(refined.needed if refined else summed, forecast.shifts) if forecast.shifts else None
    on_roster = tuple(rostered(crew.agents, forecast.shrinkage) for crew in (plan.crews if plan else ()))
    return Day(forecast, needs, summed, refined, plan, on_roster)


def typical_day(past: History, queues: Mapping[str, Queue]) -> dict[str, Load]:
    """The mean day of each of the queues that had calls. ``aht_s`` is 0 where none was answered."""
    days = sum(past.days.values())
    loads: dict[str, Load] = {}
    for name, queue in queues.items():
        calls, whole = [0] * QUARTERS, Past()
        for slot, of_slot in past.past.items():
            if slot.queue == name:
                calls[slot.quarter] += of_slot.offered
                whole.add(of_slot)
        if whole.offered:
            patience = whole.patience_s if whole.abandoned >= FEWEST_ABANDONED else None
            per_day = tuple(count / days for count in calls)
            loads[name] = Load(per_day, whole.aht_s or 0.0, patience and max(patience, 1.0), queue.target)
    return loads


def as_json(day: Day) -> dict[str, Any]:
    """All figures; times are clock times, durations seconds, shares 0 to 1."""
    plan, loads = day.plan, day.forecast.loads
    return {
        "queues": {
            name: {
                "aht_s": load.aht_s,
                "patience_s": load.patience_s,
                "target": {"share": load.target.share, "within_s": load.target.within_s},
                "day": {"calls": sum(load.calls), **_figures(day.whole_day(name))},
            }
            for name, load in loads.items()
        },
        "quarters": [
            {
                "from": clock(quarter),
                "queues": {
                    name: {"calls": load.calls[quarter], **_figures(day.needs[name][quarter])}
                    for name, load in loads.items()
                },
                "summed": day.summed[quarter],
                "kinds": {kind: sizes[quarter] for kind, sizes in day.refined.sizes.items()} if day.refined else None,
                "needed": day.needed[quarter],
                "at_work": None if plan is None else plan.cover[quarter],
            }
            for quarter in range(QUARTERS)
        ],
        "refined": _refined(day.refined),
        "shifts": [
            {
                "name": crew.shift.name,
                "from": clock(crew.shift.start),
                "until": clock(crew.shift.start + crew.shift.length),
                "agents": crew.agents,
                "on_roster": on_roster,
                "kinds": day.kinds_on(crew) if day.refined else None,
                "breaks": {clock(at): count for at, count in crew.breaks},
            }
            for crew, on_roster in zip(plan.crews if plan else (), day.on_roster, strict=True)
        ],
        "paid_hours": day.paid_hours if plan else None,
        "fewest": plan.proven if plan else None,
    }


def _refined(refined: Refined | None) -> dict[str, Any] | None:
    if refined is None:
        return None
    return {
        "kinds": {
            name: {"at_most": max(refined.sizes[name]), "agents_alike": kind.agents, "queues": sorted(kind.queues)}
            for name, kind in refined.kinds.items()
        },
        "service_level": dict(refined.levels),
        "occupancy": refined.busy,
        "days": refined.days,
        "whole_days": refined.whole,
        "tried": refined.tried,
    }


def _figures(need: Need) -> dict[str, float]:
    return {
        "agents": need.agents,
        "service_level": need.service_level,
        "mean_wait_s": need.mean_wait_s,
        "abandoned": need.abandoned,
        "occupancy": need.occupancy,
    }
