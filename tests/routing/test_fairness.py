"""No queue starves: the bound that policy.py promises, beside neighbours that are never done."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import count, cycle

import hypothesis.strategies as st
from hypothesis import given

from cti.calls.words import CallId
from routing.agents import Agent, Status
from routing.policy import strategies
from routing.queues import Needs, Order, Queue, Queues, Target, Waiting, merge
from routing.router import Router

ANYONE = Needs()
POINTS = st.integers(-20, 20)
site_queues = st.lists(
    st.builds(
        Queue,
        name=st.just("q"),
        skills=st.just({}),
        priority=POINTS,
        target=st.builds(Target, within_s=st.sampled_from([1.0, 20.0, 600.0])),
    ),
    min_size=1,
    max_size=4,
).map(lambda queues: {f"q{n}": replace(queue, name=f"q{n}") for n, queue in enumerate(queues)})
kinds = st.tuples(st.integers(0, 3), POINTS)
"""Calls of one kind: the number of their queue, and what they are worth besides."""


@given(
    queues=st.builds(Queues, site_queues, st.sampled_from(Order), ageing=st.sampled_from([0.1, 1.0, 30.0, 1000.0])),
    old=kinds,
    before=st.integers(0, 5),
    rush=st.lists(kinds, min_size=1, max_size=4),
    pace=st.integers(1, 20),
    others=st.integers(0, 2),
)
def test_whoever_waits_is_served_however_many_keep_coming(
    queues: Queues, old: tuple[int, int], before: int, rush: list[tuple[int, int]], pace: int, others: int
) -> None:
    """A call that one agent alone can take, among calls for anyone: some wait already, and each time an
    agent is free a whole ``rush`` has come, for ever."""
    numbers = count(1)

    def call(kind: tuple[int, int], since: float, needs: Needs) -> Waiting:
        queue, number = queues[f"q{kind[0] % len(queues)}"], next(numbers)
        return Waiting(CallId(f"c{number}"), queue.name, needs, queue.priority + kind[1], since, number)

    def bound_s(other: Waiting, waiting: Waiting) -> float:
        """How much later the one must come than the other so as never to go before it."""
        longer_s = queues[waiting.queue].target.within_s - queues[other.queue].target.within_s
        points_s = (other.priority - waiting.priority) * 60 / queues.ageing
        return points_s + (longer_s if queues.order is Order.TARGET else 0)

    agents = {name: Agent(name, "PJSIP/x", {}) for name in ["able", *(f"other{n}" for n in range(others))]}
    agents["able"] = replace(agents["able"], skills={"rare": 5})
    router = Router(queues, agents, strategies())
    known = {waiting.call: waiting for waiting in (call(rush[0], -1.0, ANYONE) for _ in range(before))}
    waiting = call(old, 0.0, merge({"rare": 1}))
    for one in (*known.values(), waiting):
        router.wait(one, 0.0)
    longest_s = max(0.0, *(bound_s(call(kind, 0.0, ANYONE), waiting) for kind in rush))
    step_s = max(longest_s, 60.0) / pace
    able_to_pass = before + len(rush) * math.ceil(longest_s / step_s)
    now, names, passed = 0.0, cycle(agents), 0
    while True:
        now += step_s
        for kind in rush:
            came = call(kind, now, ANYONE)
            known[came.call] = came
            router.wait(came, now)
        name = next(names)
        router.ready(name, Status(idle_since=now))
        match = router.next(now)
        assert match is not None
        assert match.agent == name
        if match.call == waiting.call:
            return
        if name == "able":
            passed += 1
            assert passed <= able_to_pass
            assert known[match.call].since < bound_s(known[match.call], waiting) + 1e-6
        router.forget(match.call)
        router.busy(name)


def test_who_waits_in_the_least_queue_is_overtaken_only_by_who_came_soon_enough() -> None:
    queues = Queues({"first": Queue("first", {}, priority=10), "last": Queue("last", {})}, ageing=2.0)
    router = Router(queues, {"a": Agent("a", "PJSIP/x", {})}, strategies())
    router.ready("a", Status())
    router.wait(Waiting(CallId("old"), "last", Needs(), 0, 0.0, 1), 0.0)
    router.wait(Waiting(CallId("soon"), "first", Needs(), 10, 299.0, 2), 299.0)
    router.wait(Waiting(CallId("late"), "first", Needs(), 10, 301.0, 3), 301.0)
    served = []
    while (match := router.next(400.0)) is not None:
        served.append(match.call)
        router.forget(match.call)
    assert served == ["soon", "old", "late"]


def test_points_by_the_minute() -> None:
    router = Router(Queues({"q": Queue("q", {})}, ageing=6.0), {}, strategies())
    router.wait(Waiting(CallId("c"), "q", Needs(), 5, 100.0, 1), 100.0)
    place = router.place(CallId("c"))
    assert place is not None
    assert router.effective_priority(place, 130.0) == 8.0
