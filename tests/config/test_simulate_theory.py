"""The simulator beside queueing theory: what it finds must be what is proved.

The expected values are summed up here from the birth and death rates themselves, not taken from
the formulas the product uses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import permutations
from statistics import fmean, stdev

import pytest

from config.simulation.arrivals import QUARTER_S
from config.simulation.run import Hotline, simulate
from config.simulation.tally import Came, Day, Wait
from routing.agents import Agent
from routing.queues import Queue
from tests.config.simulated import exponential, plan, straight, team, want

TALK_S = 20.0
WARM_UP = 2
"""Quarter-hours left out: the day begins with nobody on the line."""
T_99 = {4: 5.841, 8: 3.499}
"""Student's t of a 99 % interval, by the number of runs."""


def expected(agents: int, load: float, patience: float | None) -> tuple[float, float, float]:
    """The share of calls that wait, the mean wait (seconds), and the share that gives up, of calls
    that come by chance, ``load`` in erlangs; ``patience`` is mean seconds, or None for ever."""
    arrives, serves, leaves = load / TALK_S, 1 / TALK_S, 0.0 if patience is None else 1 / patience
    weights = [1.0]
    while len(weights) <= agents or weights[-1] > 1e-14 * max(weights):
        n = len(weights)
        weights.append(weights[-1] * arrives / (min(n, agents) * serves + max(0, n - agents) * leaves))
    total = math.fsum(weights)
    waits = math.fsum(weights[agents:]) / total
    length = math.fsum(weight * (n - agents) for n, weight in enumerate(weights) if n > agents) / total
    return waits, length / arrives, leaves * length / arrives


def measured(days: Sequence[Day]) -> list[tuple[float, float, float]]:
    """The same three, of each run."""
    found = []
    for day in days:
        kept = [wait for wait in day.waits if wait.at >= day.start + WARM_UP * QUARTER_S]
        gave_up = sum(wait.came is Came.ABANDONED for wait in kept)
        waited = sum(wait.seconds > 1e-6 for wait in kept)
        found.append((waited / len(kept), fmean(wait.seconds for wait in kept), gave_up / len(kept)))
    return found


def runs(agents: int, load: float, patience: float | None, *, count: int, quarters: int) -> list[Day]:
    hotline = straight({"q": Queue("q", {})}, team(agents))
    calls = (load / TALK_S * QUARTER_S,) * quarters
    patient = {} if patience is None else {"patience": exponential(patience)}
    day = plan({"all": want(calls, dials="q")}, talk=exponential(TALK_S), **patient)
    return [simulate(hotline, day, seed) for seed in range(1, count + 1)]


def holds(agents: int, load: float, patience: float | None, *, count: int, quarters: int) -> None:
    """Each of the three lies within the 99 % interval around the mean of the runs."""
    found = measured(runs(agents, load, patience, count=count, quarters=quarters))
    for name, theory, seen in zip(
        ("waits", "wait", "gives up"), expected(agents, load, patience), zip(*found, strict=True), strict=True
    ):
        half = T_99[count] * stdev(seen) / math.sqrt(count)
        assert abs(fmean(seen) - theory) <= half + 1e-12, f"{name}: {fmean(seen)} ± {half}, in theory {theory}"


def test_the_sums_are_the_known_formulas() -> None:
    """Erlang C of 10 agents at 8 erlangs is 0.4092; one agent is the M/M/1 queue."""
    assert expected(10, 8.0, None)[0] == pytest.approx(0.40918, abs=1e-5)
    waits, wait, _ = expected(1, 0.5, None)
    assert waits == pytest.approx(0.5)
    assert wait == pytest.approx(TALK_S)
    assert expected(5, 6.0, 1e-9)[2] == pytest.approx(expected_blocked(5, 6.0), rel=1e-6)


def expected_blocked(agents: int, load: float) -> float:
    """Erlang B: who has no patience at all is blocked."""
    terms = [load**n / math.factorial(n) for n in range(agents + 1)]
    return terms[-1] / sum(terms)


@pytest.mark.long
@pytest.mark.parametrize("patience", [None, 30.0])
def test_a_small_hotline_waits_as_in_theory(patience: float | None) -> None:
    holds(4, 2.8, patience, count=4, quarters=6)


@pytest.mark.long
@pytest.mark.parametrize(("agents", "load"), [(1, 0.6), (5, 4.25), (12, 10.2), (25, 22.0)])
def test_calls_wait_as_erlang_c_says(agents: int, load: float) -> None:
    holds(agents, load, None, count=8, quarters=10)


@pytest.mark.long
@pytest.mark.parametrize(("agents", "load"), [(3, 2.4), (10, 9.0), (10, 12.0), (25, 25.0)])
@pytest.mark.parametrize("patience", [10.0, 60.0])
def test_callers_give_up_as_erlang_a_says(agents: int, load: float, patience: float) -> None:
    holds(agents, load, patience, count=8, quarters=8)


# Wallace and Whitt, "Resource pooling and staffing in call centers with skill-based routing" (2004)

TYPES = tuple(f"type{i}" for i in range(6))
AGENTS = 90
LOAD = 84.0
CALL_S = 600.0


def skilled(skills: Sequence[Mapping[str, int]]) -> dict[str, Agent]:
    return {f"a{i:03}": Agent(f"a{i:03}", f"PJSIP/a{i:03}", skills[i % len(skills)]) for i in range(AGENTS)}


ONE = [{first: 10} for first in TYPES]
TWO = [{first: 10, second: 5} for first, second in permutations(TYPES, 2)]
ALL = [{**dict.fromkeys(TYPES, 5), first: 10} for first in TYPES]


def day_of(skills: Sequence[Mapping[str, int]], seed: int) -> list[Wait]:
    queues = {name: Queue(name, {name: 1}) for name in TYPES}
    calls = (LOAD / CALL_S * QUARTER_S / len(TYPES),) * 60
    day = plan({name: want(calls, dials=name) for name in TYPES}, talk=exponential(CALL_S))
    hotline: Hotline = straight(queues, skilled(skills))
    found = simulate(hotline, day, seed)
    return [wait for wait in found.waits if wait.at >= found.start + 10 * QUARTER_S]


@pytest.mark.long
def test_two_skills_an_agent_are_nearly_as_good_as_all() -> None:
    """Six kinds of calls, 90 agents, 84 erlangs. Of what is gained when everybody can do everything
    instead of one thing, nearly all is gained by two skills each, in every combination."""
    seeds = range(1, 7)
    waits = {
        name: [w for seed in seeds for w in day_of(skills, seed)]
        for name, skills in (("1", ONE), ("2", TWO), ("all", ALL))
    }
    late = {name: fmean(w.seconds > 30.0 for w in found) for name, found in waits.items()}
    mean = {name: fmean(w.seconds for w in found) for name, found in waits.items()}
    assert late["2"] - late["all"] < 0.08, late
    assert late["1"] - late["2"] > 0.8 * (late["1"] - late["all"]), late
    assert mean["1"] - mean["2"] > 0.9 * (mean["1"] - mean["all"]), mean
