"""Staff refined by the simulator: kinds of agents, their numbers through the day, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.planning import refining
from config.planning.refining import Refined, kinds_of, refined, shared, sizes_of
from config.simulation.arrivals import ArrivalsFile
from config.simulation.run import Hotline
from config.simulation.spread import spread
from routing.agents import Agent
from routing.queues import Queue, Queues, Relaxation, Target
from routing.staffing import QUARTERS, Staffing
from tests.config.simulated import exponential, plan, straight, want

pytestmark = pytest.mark.long

QUEUES = {
    "faults": Queue("faults", {"faults": 5}, relax=(Relaxation(30.0, {"faults": 3}),)),
    "service": Queue("service", {"service": 1}),
}
NOBODY = (0,) * QUARTERS
EARLY, LATE = 32, 36
"""Quarter-hours from which, and until which, people call."""


@pytest.fixture(autouse=True)
def few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refining, "ENOUGH_CALLS", 450)


def agent(name: str, **skills: int) -> Agent:
    return Agent(name, f"PJSIP/{name}", skills)


def test_agents_are_alike_whom_every_queue_takes_at_the_same_time() -> None:
    agents = [
        agent("alice", faults=8, service=5),
        agent("bob", faults=3, service=7),
        agent("carol", faults=5, service=1),
        agent("dave", service=9),
        agent("erin", sales=9),
        agent("frank", faults=9, service=9, english=4),
    ]
    kinds = kinds_of({one.name: one for one in agents}, QUEUES)
    assert {name: (kind.agents, kind.queues) for name, kind in kinds.items()} == {
        "alice": (2, {"faults": 0.0, "service": 0.0}),
        "bob": (1, {"faults": 30.0, "service": 0.0}),
        "dave": (1, {"service": 0.0}),
        "frank": (1, {"faults": 0.0, "service": 0.0}),
    }
    assert shared(kinds)
    assert not shared(kinds_of({"dave": agents[3]}, QUEUES))


def test_a_group_that_a_queue_is_limited_to_makes_a_kind() -> None:
    night = {"faults": replace(QUEUES["faults"], groups=frozenset({"night"}))}
    by_day, by_night = agent("alice", faults=8), replace(agent("bob", faults=8), groups=frozenset({"night"}))
    assert set(kinds_of({"alice": by_day, "bob": by_night}, night)) == {"bob"}


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), min_size=1),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=1, max_size=8),
)
def test_never_fewer_than_the_least_and_no_more_than_that_needs(
    staffing: dict[str, int], quarters: list[tuple[float, int]]
) -> None:
    shares, least = zip(*quarters, strict=True)
    sizes = sizes_of(staffing, dict.fromkeys(staffing, shares), least)
    for quarter, (share, fewest) in enumerate(quarters):
        there = sum(of_kind[quarter] for of_kind in sizes.values())
        assert there >= fewest
        assert there <= max(fewest, sum(count * share + 1 for count in staffing.values()))
        if sum(staffing.values()) and share == 1:
            assert there == max(fewest, sum(staffing.values()))


def an_hour(calls: float) -> ArrivalsFile:
    both = {name: want((calls,) * (LATE - EARLY), begin=EARLY, dials=name) for name in QUEUES}
    return plan(both, talk=exponential(180.0), patience=exponential(120.0))


def hotline(*agents: Agent) -> Hotline:
    made = straight(QUEUES, {one.name: one for one in agents})
    return Hotline(made.flows, made.numbers, Queues(QUEUES), made.agents)


def run(
    *agents: Agent, need: int = 5, calls: float = 15.0, least: tuple[int, ...] = NOBODY, most_busy: float = 1.0
) -> tuple[Refined, list[Mapping[str, int]]]:
    of_queue = tuple(need if EARLY <= quarter < LATE else 0 for quarter in range(QUARTERS))
    tried: list[Mapping[str, int]] = []

    def progress(number: int, staffing: Staffing) -> None:
        tried.append(staffing)
        assert number == len(tried)

    targets = dict.fromkeys(QUEUES, Target(0.8, 20))
    needs = dict.fromkeys(QUEUES, of_queue)
    return refined(hotline(*agents), an_hour(calls), needs, targets, least, most_busy, progress), tried


def test_who_can_both_are_fewer_than_erlang_says_for_each_queue() -> None:
    found, tried = run(agent("alice", faults=8, service=5))
    assert max(found.needed) < 10, "Erlang has 5 for each of the two queues"
    assert max(found.needed) >= 6, "which carry 6 erlangs, and lose a tenth of the calls"
    assert set(found.needed[:EARLY] + found.needed[LATE:]) == {0}
    assert (found.tried, found.whole) == (len(tried), True)
    assert found.days == 4, "120 calls a day"
    assert all(level > 0.68 for level in found.levels.values()), "they are others than it was chosen by"
    assert run(agent("alice", faults=8, service=5))[0] == found, "the same again"


def test_specialists_are_as_many_as_erlang_says_or_nearly() -> None:
    found, _ = run(agent("alice", faults=8), agent("bob", service=5))
    assert {kind: max(sizes) for kind, sizes in found.sizes.items()} == pytest.approx({"alice": 5, "bob": 5}, abs=1)


def test_nobody_is_busier_than_wanted() -> None:
    usual, _ = run(agent("alice", faults=8, service=5))
    easy, _ = run(agent("alice", faults=8, service=5), most_busy=0.5)
    assert easy.busy == pytest.approx(0.5, abs=0.12)
    assert max(easy.needed) > max(usual.needed)


def test_the_least_is_kept_when_nobody_calls() -> None:
    found, _ = run(agent("alice", faults=8, service=5), least=(2,) * QUARTERS)
    assert set(found.needed[:EARLY]) == {2}


def test_of_a_day_with_many_calls_the_busiest_hours_are_lived_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refining, "ENOUGH_CALLS", 50)
    found, _ = run(agent("alice", faults=8, service=5))
    assert (found.whole, found.days) == (False, 1)


def test_a_queue_that_nobody_serves() -> None:
    with pytest.raises(ValueError, match="no agent of the site can serve service: give one the skills"):
        run(agent("alice", faults=8))


def test_more_agents_do_not_help_who_let_the_phone_ring() -> None:
    slow = an_hour(3.0).model_copy(update={"answer": spread(30.0, "fixed")})
    needs = dict.fromkeys(QUEUES, (1,) * QUARTERS)
    with pytest.raises(ValueError, match="makes faults, service meet its target in the simulator"):
        refined(
            hotline(agent("alice", faults=8, service=5)),
            slow,
            needs,
            dict.fromkeys(QUEUES, Target(0.8, 20)),
            NOBODY,
            1.0,
            lambda *_: None,
        )


def test_too_many_kinds() -> None:
    agents = [agent(f"a{i}", **{"faults": 8, "service": 8, f"skill{i}": 1}) for i in range(refining.MOST_KINDS + 1)]
    with pytest.raises(ValueError, match="the site has 9 kinds of agents, and the simulator refines 8 at most"):
        run(*agents)
