"""A busy hour of a national hotline in the virtual clock: how long the simulator takes for it."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

from config.simulation.arrivals import ArrivalsFile, Want
from config.simulation.run import Hotline, simulate
from config.simulation.spread import spread
from config.simulation.tally import Day
from cti.site.files import parse
from ivr.loader import Known, check_flow
from routing.agents import Agent
from routing.queues import Queue, Queues

CALLS = 15_000
AGENTS = 2_100
SKILLS = 50
SKILLS_AN_AGENT = 3
KEYS = "0123456789"
TALK_S, WRAP_UP_S, PATIENCE_S = 360.0, 30.0, 180.0
SEED = 1


def busy_hour() -> float:
    """The seconds of real time for 15,000 calls to 2,100 agents: a greeting, a menu, a queue by skill."""
    hotline, plan = _hotline(), _plan()
    start = time.perf_counter()
    day = simulate(hotline, plan)
    seconds = time.perf_counter() - start
    _lived(day)
    return seconds


def _lived(day: Day) -> None:
    """Raises AssertionError if the hour was not what it was meant to be."""
    calls = sum(day.outcomes.values())
    assert abs(calls - CALLS) < CALLS * 0.05, f"{calls} calls came"
    assert len(day.waits) == calls, "not every call came to a queue"


def _hotline() -> Hotline:
    """Each tenth of the numbers has a menu of its own, whose keys lead to five of the queues."""
    queues = {f"q{i}": Queue(f"q{i}", {f"s{i}": 3}) for i in range(SKILLS)}
    known = Known(queues=queues, destinations={}, prompts=Path())
    names = [f"m{i}" for i in range(SKILLS // 5)]
    flows = {name: check_flow(parse(_flow(i * 5), name), name, known) for i, name in enumerate(names)}
    agents = {f"a{i:04}": Agent(f"a{i:04}", f"PJSIP/a{i:04}", _skills(i)) for i in range(AGENTS)}
    return Hotline(flows, {name: name for name in names}, Queues(queues), agents)


def _flow(first: int) -> str:
    keys = "".join(f'      "{KEYS[i]}": q{first + i}\n' for i in range(5))
    queues = "".join(f"  q{first + i}: {{queue: q{first + i}}}\n" for i in range(5))
    return (
        "start: hello\nnodes:\n"
        "  hello: {say: Welcome to the hotline., next: main}\n"
        "  main:\n    menu: Please choose what it is about.\n    keys:\n"
        f"{keys}    otherwise: q{first}\n{queues}"
    )


def _skills(agent: int) -> dict[str, int]:
    return {f"s{(agent * 7 + i * 11) % SKILLS}": 3 + (agent + i) % 8 for i in range(SKILLS_AN_AGENT)}


def _plan() -> ArrivalsFile:
    wants = {
        f"w{i}": Want(calls=(CALLS / SKILLS / 4,) * 4, dials=f"m{i // 5}", keys={"main": KEYS[i % 5]})
        for i in range(SKILLS)
    }
    return ArrivalsFile(
        date=date(2026, 11, 23),
        seed=SEED,
        talk=spread(TALK_S),
        wrap_up=spread(WRAP_UP_S),
        patience=spread(PATIENCE_S),
        wants=wants,
    )
