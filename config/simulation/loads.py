"""What an arrivals file means for the queues: the load that each gets, by its callers' way through the flows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from config.simulation.arrivals import QUARTER_S, QUARTERS, Arrival, ArrivalsFile, Want
from config.simulation.run import Hotline, call_id, simulate
from config.simulation.spread import spread
from config.simulation.tally import Came
from cti.site.files import parse
from ivr.loader import Known, check_flow
from routing.staffing import Load

PLENTY = 4
"""Copies of each agent for each want, so that nobody waits."""
ANY_DAY = date(2026, 11, 23)
"""Of a forecast, which is of no certain day: a Monday."""


def loads(hotline: Hotline, plan: ArrivalsFile) -> tuple[dict[str, Load], ArrivalsFile]:
    """The load of each queue to which anybody comes, and the plan without those who never come to one.

    One caller of each want goes through the flows in each quarter-hour, and is answered at once: callers
    who want the same go the same way. ``aht_s`` is the talk, the wrap-up, and the agent's time to pick up.
    ``patience_s`` goes by the rate at which all of them give up.
    """
    callers = _one_each(plan)
    at_once = simulate(_plenty(hotline, len(plan.wants)), plan.model_copy(update={"roster": None}), callers=callers)
    by_call = {call_id(number): arrival for number, arrival in enumerate(callers)}
    calls: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * QUARTERS)
    busy_s: defaultdict[str, float] = defaultdict(float)
    leaving: defaultdict[str, float] = defaultdict(float)
    coming: set[str] = set()
    for wait in at_once.waits:
        if wait.came is Came.MOVED or wait.call not in by_call:
            continue
        arrival = by_call[wait.call]
        want = plan.wants[arrival.want]
        expected = plan.expected(want)[int((arrival.at - plan.midnight) // QUARTER_S)]
        calls[wait.queue][min(QUARTERS - 1, int((wait.at - plan.midnight) // QUARTER_S))] += expected
        busy_s[wait.queue] += expected * _busy_s(hotline, plan, want, wait.queue)
        patience = want.patience or plan.patience
        leaving[wait.queue] += expected / max(1.0, patience.mean) if patience else 0.0
        coming.add(arrival.want)
    found = {
        queue: Load(
            calls=tuple(calls[queue]),
            aht_s=busy_s[queue] / sum(calls[queue]),
            patience_s=sum(calls[queue]) / leaving[queue] if leaving[queue] else None,
            target=hotline.target(queue),
        )
        for queue in hotline.queues
        if queue in calls
    }
    kept = {name: want for name, want in plan.wants.items() if name in coming}
    return found, plan.model_copy(update={"wants": kept})


def _one_each(plan: ArrivalsFile) -> list[Arrival]:
    found = [
        Arrival(plan.midnight + (quarter + 0.5) * QUARTER_S, name, quarter + 1)
        for name, want in plan.wants.items()
        for quarter, calls in enumerate(plan.expected(want))
        if calls
    ]
    return sorted(found, key=lambda arrival: (arrival.at, arrival.want))


def _plenty(hotline: Hotline, wants: int) -> Hotline:
    many = {
        f"{name}-{i}": replace(agent, name=f"{name}-{i}", phone=f"{agent.phone}-{i}", phones=())
        for name, agent in hotline.agents.items()
        for i in range(max(1, PLENTY * wants // len(hotline.agents)))
    }
    return replace(hotline, agents=many)


def _busy_s(hotline: Hotline, plan: ArrivalsFile, want: Want, queue: str) -> float:
    known, wrap_up = hotline.queues.get(queue), plan.wrap_up_of(want, queue)
    after = wrap_up.mean if wrap_up else known.wrap_up_s if known else 0.0
    return plan.answer.mean + plan.talk_of(want, queue).mean + after


def straight(hotline: Hotline, expected: Mapping[str, Load]) -> tuple[Hotline, ArrivalsFile]:
    """The hotline and a plan whose callers come to the queues themselves, as these loads say, and are as
    Erlang's formulas take them: all times are exponential, and nobody's phone rings."""
    known = Known(queues=hotline.queues, destinations={}, prompts=Path())
    made = {
        f"{name}.queue": check_flow(parse(f"start: wait\nnodes:\n  wait: {{queue: {name}}}\n", name), name, known)
        for name in expected
    }
    wants = {
        name: Want(
            calls=load.calls,
            dials=name,
            talk=spread(load.aht_s),
            patience=None if load.patience_s is None else spread(load.patience_s),
        )
        for name, load in expected.items()
    }
    plan = ArrivalsFile(date=ANY_DAY, wrap_up=spread(0.0, "fixed"), answer=spread(0.0, "fixed"), wants=wants)
    numbers = {name: f"{name}.queue" for name in expected}
    return replace(hotline, flows={**hotline.flows, **made}, numbers=numbers), plan
