"""How many agents a queue needs: against published figures, and against the chain worked out directly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from itertools import product
from math import ceil, exp, inf, isclose, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.queues import Target
from routing.staffing import Load, Need, day, expected, needed, refine, rostered


def test_erlang_c_as_published() -> None:
    """Call Centre Helper, "Erlang C formula, made simple with an easy worked example": 100 calls in half
    an hour of 180 s each; 14 agents answer 88.8% within 20 s, in the mean after 7.8 s, and are busy for
    71.4%. With 30% shrinkage 20 are to be on the roster."""
    with_14 = expected(100, 180, 14, 20, interval_s=1800)
    assert with_14.service_level == pytest.approx(0.888, abs=5e-4)
    assert with_14.mean_wait_s == pytest.approx(7.8, abs=0.05)
    assert with_14.occupancy == pytest.approx(0.714, abs=5e-4)
    assert needed(100, 180, Target(0.8, 20), interval_s=1800) == with_14
    assert rostered(14, 0.3) == 20


def test_erlang_a_as_published() -> None:
    """Garnett, Mandelbaum, Reiman (2002), table 1: 50 agents, 48 calls a minute of a minute each, patience
    of two minutes. 3.1% abandon, the wait is 3.7 s and agents are busy for 93%; if nobody abandoned, the
    wait would be 20.8 s, and they would be busy for 96%."""
    impatient = expected(48, 60, 50, 0, patience_s=120, interval_s=60)
    assert impatient.abandoned == pytest.approx(0.031, abs=5e-4)
    assert impatient.mean_wait_s == pytest.approx(3.7, abs=0.05)
    assert impatient.occupancy == pytest.approx(0.93, abs=5e-3)
    patient = expected(48, 60, 50, 0, interval_s=60)
    assert patient.mean_wait_s == pytest.approx(20.8, abs=0.05)
    assert patient.occupancy == 0.96


GRID = [
    (load, agents, patience, within)
    for load, agents, patience, within in product(
        (0.05, 0.9, 4.0, 11.5), (1, 2, 5, 12), (None, 0.05, 0.5, 3.0), (0.0, 0.1, 1.0)
    )
    if patience is not None or load < 0.97 * agents
]


@pytest.mark.parametrize(("load", "agents", "patience", "within"), GRID)
def test_a_grid_worked_out_directly(load: float, agents: int, patience: float | None, within: float) -> None:
    """The unit of time is the handling time, here 100 s."""
    got = expected(load, 100, agents, within * 100, None if patience is None else patience * 100, interval_s=100)
    leaving = 0.0 if patience is None else 1 / patience
    states = _states(load, agents, leaving)
    queue = sum(float(p) * max(0, k - agents) for k, p in enumerate(states))
    assert got.abandoned == pytest.approx(queue * leaving / load, rel=1e-9)
    assert got.mean_wait_s == pytest.approx(queue / load * 100, rel=1e-9)
    busy = sum(float(p) * min(k, agents) for k, p in enumerate(states)) / agents
    assert got.occupancy == pytest.approx(busy, rel=1e-9)
    in_time = float(sum(states[:agents])) + _answered([float(p) for p in states[agents:]], agents, leaving, within)
    assert got.service_level == pytest.approx(in_time, abs=1e-9)


def _states(load: float, agents: int, leaving: float) -> list[Decimal]:
    """The shares of time with so many calls there: birth and death, in 40 digits."""
    with localcontext(prec=40):
        weights = [Decimal(1)]
        while len(weights) <= agents or weights[-1] > weights[0] * Decimal("1e-18") * max(weights):
            k = len(weights)
            away = min(k, agents) + max(0, k - agents) * Decimal(leaving)
            weights.append(weights[-1] * Decimal(load) / away)
        return [weight / sum(weights) for weight in weights]


def _answered(waiting: list[float], agents: int, leaving: float, within: float) -> float:
    """The share of calls that wait and are answered in time: ``waiting[j]`` came when j waited already.
    Their way to the front, by uniformization."""
    fastest = agents + len(waiting) * leaving
    steps, mean = 0, fastest * within
    poisson, answered, result, rest = exp(-mean), 0.0, 0.0, 1.0
    while rest > 1e-13 and steps < 100_000:
        result += poisson * answered
        rest -= poisson
        steps += 1
        poisson *= mean / steps
        answered += waiting[0] * agents / fastest
        moved = [p * (1 - (agents + (j + 1) * leaving) / fastest) for j, p in enumerate(waiting)]
        for j in range(1, len(waiting)):
            moved[j - 1] += waiting[j] * (agents + j * leaving) / fastest
        waiting = moved
    return result


def test_the_size_of_a_national_hotline() -> None:
    """2,100 erlangs, whose powers and factorials no float holds; Erlang C in 60 digits."""
    got = needed(6300, 300, Target(0.8, 20))
    assert got.agents == 2117
    with localcontext(prec=60):
        term = total = Decimal(1)
        for k in range(1, got.agents):
            term *= Decimal(2100) / k
            total += term
        last = term * 2100 / got.agents * got.agents / (got.agents - 2100)
        waits = float(last / (total + last))
    assert got.service_level == pytest.approx(1 - waits * exp(-17 * 20 / 300), rel=1e-9)
    assert got.mean_wait_s == pytest.approx(waits * 300 / 17, rel=1e-9)
    assert needed(6300, 300, Target(0.8, 20), patience_s=120).agents == 1863


def test_far_too_few_agents() -> None:
    assert expected(1e4, 3600, 10, 3600) == Need(10, 0.0, inf, 0.0, 1.0)
    swamped = expected(1e4, 3600, 10, 3600, patience_s=600)
    assert 0 <= swamped.service_level < 1e-6
    assert swamped.abandoned == pytest.approx(1 - 10 / 40_000, rel=1e-6)
    nobody = expected(100, 300, 0, 20, patience_s=180)
    assert (nobody.service_level, nobody.occupancy) == (0, 0)
    assert nobody.abandoned == pytest.approx(1)
    assert nobody.mean_wait_s == pytest.approx(180)


def test_no_calls_need_nobody_but_who_must_be_there() -> None:
    assert needed(0, 300, Target()) == Need(0, 1.0, 0.0, 0.0, 0.0)
    assert needed(0, 300, Target(), least=2).agents == 2
    assert needed(1, 60, Target(), least=2).agents == 2
    assert needed(0.001, 300, Target()).agents == 1
    assert needed(1e-9, 300, Target(0.99), patience_s=60).agents == 1
    assert needed(5e-324, 1000, Target(0.99), patience_s=60).agents == 0


def test_busy_for_no_more_than_wished() -> None:
    relaxed, strict = (needed(300, 180, Target(), most_busy=most) for most in (1.0, 0.8))
    assert relaxed.occupancy > 0.8 >= strict.occupancy
    assert strict.agents == 75


@given(
    calls=st.floats(0, 500),
    aht_s=st.floats(10, 1200),
    share=st.floats(1e-6, 0.99),
    within_s=st.floats(0, 120),
    patience_s=st.none() | st.floats(5, 3600),
    most_busy=st.floats(0.3, 1),
)
def test_it_is_enough_and_one_less_is_not(
    calls: float, aht_s: float, share: float, within_s: float, patience_s: float | None, most_busy: float
) -> None:
    found = needed(calls, aht_s, Target(share, within_s), patience_s=patience_s, most_busy=most_busy)
    assert found.service_level >= share
    assert found.occupancy <= most_busy
    if found.agents:
        fewer = expected(calls, aht_s, found.agents - 1, within_s, patience_s)
        assert fewer.service_level < share or fewer.occupancy > most_busy
        assert fewer.service_level <= found.service_level + 1e-12
        assert fewer.abandoned >= found.abandoned - 1e-12
    load = calls * aht_s / 900
    assert isclose(found.occupancy * found.agents, load * (1 - found.abandoned), rel_tol=1e-9, abs_tol=1e-9)


def test_a_day() -> None:
    calls = (0.0,) * 48 + (30.0,) * 48
    needs = day(Load(calls, 240, 120, Target(0.9, 10)))
    assert [need.agents for need in needs] == [0] * 48 + [needed(30, 240, Target(0.9, 10), patience_s=120).agents] * 48


def test_the_roster_makes_up_for_who_is_away() -> None:
    assert [rostered(agents, 0.3) for agents in (0, 1, 7, 8)] == [0, 2, 10, 12]
    assert rostered(5, 0) == 5
    with pytest.raises(ValueError, match="shrinkage"):
        rostered(5, 1)


@pytest.mark.parametrize("bad", [-1.0, nan, inf])
def test_what_cannot_be_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        expected(bad, 100, 3, 20)
    with pytest.raises(ValueError, match="must be"):
        expected(10, bad, 3, 20)
    with pytest.raises(ValueError, match="must be"):
        expected(10, 100, 3, bad)
    with pytest.raises(ValueError, match="patience"):
        expected(10, 100, 3, 20, bad)
    with pytest.raises(ValueError, match="busy"):
        needed(10, 100, Target(), most_busy=bad)
    with pytest.raises(ValueError, match="below 100%"):
        needed(10, 100, Target(bad, 20))
    with pytest.raises(ValueError, match="above 0%"):
        needed(10, 100, Target(0.0, 20))


LOADS = {"english": 14.0, "chinese": 5.0}


def _made_up(staffing: Mapping[str, int]) -> dict[str, float]:
    """Agents of both languages fill what the others leave, the larger lack first."""
    lacks = {language: LOADS[language] - staffing.get(language, 0) for language in LOADS}
    both = staffing.get("both", 0)
    for language in sorted(lacks, key=lambda language: -lacks[language]):
        helping = min(both, ceil(max(0.0, lacks[language])))
        lacks[language] -= helping
        both -= helping
    return {language: min(1.0, max(0.0, 1 - lack / LOADS[language])) for language, lack in lacks.items()}


ALL = {"english": 1.0, "chinese": 1.0}


@pytest.mark.parametrize(
    "start",
    [
        {"english": 0, "chinese": 0, "both": 0},
        {"english": 40, "chinese": 3, "both": 0},
        {"english": 14, "chinese": 9, "both": 30},
    ],
)
def test_refining_ends_with_just_enough(start: dict[str, int]) -> None:
    refined = refine(start, _made_up, ALL)
    assert all(level == 1 for level in _made_up(refined).values())
    assert sum(refined.values()) == 19
    assert set(refined) == set(start)


def test_refining_exchanges_specialists_for_those_who_can_both() -> None:
    """Four who can both are worth three of each queue's own; two are worth one of each."""

    def simulate(staffing: Mapping[str, int]) -> dict[str, float]:
        return {queue: (staffing[queue] + 0.75 * staffing["both"]) / 10 for queue in ("a", "b")}

    refined = refine({"a": 10, "b": 10, "both": 0}, simulate, {"a": 1.0, "b": 1.0})
    assert all(level >= 1 for level in simulate(refined).values())
    assert sum(refined.values()) == 14


def test_refining_asks_for_no_staffing_twice() -> None:
    asked: list[tuple[tuple[str, int], ...]] = []

    def simulate(staffing: Mapping[str, int]) -> dict[str, float]:
        asked.append(tuple(sorted(staffing.items())))
        return _made_up(staffing)

    refine({"english": 10, "chinese": 10, "both": 10}, simulate, ALL)
    assert len(asked) == len(set(asked))


def test_refining_gives_up_where_nobody_can_help() -> None:
    with pytest.raises(ValueError, match="do not help"):
        refine({"english": 3}, _made_up, ALL)
    assert refine({}, lambda _: {}, {}) == {}
