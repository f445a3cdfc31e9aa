"""Small hotlines and arrivals for simulations, made in code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from config.simulation.arrivals import ArrivalsFile, Want
from config.simulation.run import Hotline
from config.simulation.spread import Spread, spread
from cti.site.files import parse
from ivr.loader import Known, check_flow
from ivr.tree import Flows
from routing.agents import Agent
from routing.queues import Queue, Queues

DIALLED = "100"
MONDAY = date(2026, 11, 23)


def want(calls: tuple[float, ...], begin: int = 0, dials: str = DIALLED, **more: object) -> Want:
    return Want.model_validate({"calls": calls, "dials": dials, **more}).model_copy(update={"begin": begin})


def plan(wants: Mapping[str, Want], **more: object) -> ArrivalsFile:
    """A plan in which the phone is picked up at once, and no work follows a talk."""
    given = {"answer": spread(0.0, "fixed"), "wrap_up": spread(0.0, "fixed"), **more}
    return ArrivalsFile(date=MONDAY, wants=wants).model_copy(update=given)


def exponential(mean_s: float) -> Spread:
    return spread(mean_s)


def flows(text: str, queues: Mapping[str, Queue]) -> Flows:
    """One flow, called main."""
    known = Known(queues=queues, destinations={}, prompts=Path("/nowhere"))
    return {"main": check_flow(parse(text, "main.yaml"), "main", known)}


def straight(queues: Mapping[str, Queue], agents: Mapping[str, Agent]) -> Hotline:
    """Who dials a queue's name waits in it, without a word."""
    known = Known(queues=queues, destinations={}, prompts=Path("/nowhere"))
    made = {
        name: check_flow(parse(f"start: wait\nnodes:\n  wait: {{queue: {name}}}\n", name), name, known)
        for name in queues
    }
    return Hotline(made, {name: name for name in queues}, Queues(queues), agents)


def team(count: int, skills: Mapping[str, int] | None = None) -> dict[str, Agent]:
    return {f"a{i:03}": Agent(f"a{i:03}", f"PJSIP/a{i:03}", skills or {}) for i in range(count)}
