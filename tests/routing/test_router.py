"""The router beside a naive one that looks at everything, on random floors."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cti.calls.words import AgentState, CallId
from routing.agents import Agent, Status
from routing.policy import BUILT_IN, Candidate, score, strategies
from routing.queues import Needs, Order, Queue, Queues, Relaxation, Target, Waiting, merge, relaxed
from routing.router import Match, Router

SKILLS = ("orders", "english")
GROUPS = frozenset({"north", "south"})
# Few skills, high levels and low needs: so that several agents suit a call, each in a different way.
levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(3, 10), max_size=2)
needs = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 6), max_size=2)
groups = st.frozensets(st.sampled_from(sorted(GROUPS)), max_size=2)
pick = st.integers(0, 1_000_000)
queues = st.builds(
    Queue,
    name=st.just("q"),
    skills=needs,
    priority=st.integers(-1, 1),
    groups=groups,
    relax=st.lists(
        st.builds(
            Relaxation,
            after_s=st.sampled_from([1.0, 2.5, 6.0]),
            skills=needs,
            drop=st.frozensets(st.sampled_from(SKILLS), max_size=1),
            groups=groups,
            anyone=st.booleans(),
        ),
        max_size=3,
        unique_by=lambda step: step.after_s,
    ).map(lambda steps: tuple(sorted(steps, key=lambda step: step.after_s))),
    target=st.builds(Target, within_s=st.sampled_from([1.0, 20.0])),
    strategy=st.sampled_from(sorted(BUILT_IN)),
)


class RouterBesideTheOracle(RuleBasedStateMachine):
    @initialize(
        agents=st.lists(st.tuples(levels, groups), min_size=1, max_size=6),
        queues=st.lists(queues, min_size=1, max_size=3),
        order=st.sampled_from(Order),
        ageing=st.sampled_from([1.0, 60.0, 600.0]),
    )
    def open(
        self, agents: list[tuple[dict[str, int], frozenset[str]]], queues: list[Queue], order: Order, ageing: float
    ) -> None:
        self.agents = {f"a{n}": Agent(f"a{n}", "PJSIP/x", skills, groups) for n, (skills, groups) in enumerate(agents)}
        named = {f"q{n}": replace(queue, name=f"q{n}") for n, queue in enumerate(queues)}
        self.queues = Queues(named, order, ageing=ageing)
        self.router = Router(self.queues, self.agents, strategies())
        self.now = 0.0
        self.arrivals = 0
        self.waiting: dict[CallId, Waiting] = {}
        self.ready: dict[str, Status] = {}
        self.offered: dict[CallId, tuple[str, Waiting]] = {}
        self.apart: dict[tuple[CallId, str], float] = {}

    @rule(
        which=pick,
        wanted=needs,
        priority=st.integers(-1, 1),
        ago=st.integers(0, 3),
        alone=st.integers(0, 20),
        prefer=st.integers(0, 20),
        held=st.sampled_from([0.0, 0.0, 0.0, 2.0]),
    )
    def call_arrives(
        self, which: int, wanted: dict[str, int], priority: int, ago: int, alone: int, prefer: int, held: float
    ) -> None:
        queue = self.queues[sorted(self.queues)[which % len(self.queues)]]
        self.arrivals += 1
        call = CallId(f"c{self.arrivals}")
        place = Waiting(
            call,
            queue.name,
            merge(queue.skills, wanted, groups=queue.groups),
            queue.priority + priority,
            self.now - ago,
            self.arrivals,
            agent=f"a{alone}" if alone < len(self.agents) else "",
            prefer=f"a{prefer}" if prefer < len(self.agents) else "",
            prefer_until=self.now + 2 if prefer < len(self.agents) else 0.0,
            not_before=self.now + held if held else 0.0,
        )
        self.waiting[call] = place
        self.router.wait(place, self.now)
        self.router.wait(place, self.now)
        self.match_all()

    @rule(which=pick, talked=st.sampled_from([0.0, 5.0]))
    def agent_ready(self, which: int, talked: float) -> None:
        busy = {name for name, _ in self.offered.values()}
        free = [name for name in self.agents if name not in busy]
        if free:
            name = free[which % len(free)]
            old = self.ready.get(name, Status())
            self.come_back(name, replace(old, talked_s=old.talked_s + talked))
            self.match_all()

    @rule(backwards=st.booleans())
    def all_come_back(self, backwards: bool) -> None:
        for which in sorted(range(len(self.agents)), reverse=backwards):
            self.time_goes_by(1)
            self.agent_ready(which, 0.0)

    @rule(which=pick)
    def agent_not_ready(self, which: int) -> None:
        name = sorted(self.agents)[which % len(self.agents)]
        self.ready.pop(name, None)
        self.router.busy(name)

    @rule(which=pick)
    def caller_leaves(self, which: int) -> None:
        if self.waiting:
            call = sorted(self.waiting)[which % len(self.waiting)]
            del self.waiting[call]
            self.router.forget(call)
            self.router.forget(call)

    @rule(which=pick, again=st.booleans())
    def offer_refused(self, which: int, again: bool) -> None:
        """The call comes back to its place; the agent, ready at once or not, is kept apart from it."""
        if self.offered:
            call = sorted(self.offered)[which % len(self.offered)]
            name, place = self.offered.pop(call)
            self.waiting[call] = place
            self.apart[call, name] = self.now + 10
            self.router.keep_apart(call, name, self.now + 10, self.now)
            self.router.wait(place, self.now)
            if again:
                self.come_back(name, Status(offered_at=self.now))
            self.match_all()

    @rule(which=pick)
    def talk_over(self, which: int) -> None:
        if self.offered:
            call = sorted(self.offered)[which % len(self.offered)]
            del self.offered[call]
            self.router.forget(call)

    @rule(seconds=st.sampled_from([0.5, 1, 5]))
    def time_goes_by(self, seconds: float) -> None:
        end = self.now + seconds
        while (at := self.router.next_time()) is not None and at <= end:
            self.now = at
            self.router.on_time(at)
            self.match_all()
        self.now = end
        assert self.router.next(self.now) is None, "nothing becomes possible between two deadlines"

    def come_back(self, name: str, status: Status) -> None:
        self.ready[name] = replace(status, state=AgentState.READY, idle_since=self.now)
        self.router.ready(name, self.ready[name])

    def match_all(self) -> None:
        while True:
            expected = self.oracle()
            assert self.router.next(self.now) == expected
            if expected is None:
                return
            call, name = expected.call, expected.agent
            self.offered[call] = name, self.waiting.pop(call)
            self.router.leave(call)
            del self.ready[name]
            self.router.busy(name)

    def oracle(self) -> Match | None:
        """Every call in order, every agent in order."""
        for place in sorted(self.waiting.values(), key=self.turn):
            queue = self.queues[place.queue]
            suit = [name for name in self.ready if self.suits(name, place)]
            if suit:
                return Match(place.call, min(suit, key=lambda name: self.rank(name, queue, place)))
        return None

    def turn(self, place: Waiting) -> tuple[float, float, int]:
        queue = self.queues[place.queue]
        counts_from = place.since + (queue.target.within_s if self.queues.order is Order.TARGET else 0)
        effective = place.priority + self.queues.ageing * (self.now - counts_from) / 60
        return (-round(effective, 9), place.since, place.sequence)

    def needs(self, place: Waiting) -> Needs:
        steps = self.queues[place.queue].relax
        return relaxed(place.needs, tuple(step for step in steps if place.since + step.after_s <= self.now))

    def rank(self, name: str, queue: Queue, place: Waiting) -> tuple[tuple[float, ...], str]:
        alone = place.agent or place.prefer_until > self.now
        points = 0 if alone else score(self.agents[name].skills, self.needs(place), self.agents[name].groups)
        assert points is not None
        s = self.ready[name]
        candidate = Candidate(name, points, s.idle_since, s.offered_at, s.talked_s, s.talks)
        return strategies()[queue.strategy].rank(candidate), name

    def suits(self, name: str, place: Waiting) -> bool:
        if place.not_before > self.now or self.apart.get((place.call, name), self.now) > self.now:
            return False
        alone = place.agent or (place.prefer if place.prefer_until > self.now else "")
        if alone:
            return name == alone
        return score(self.agents[name].skills, self.needs(place), self.agents[name].groups) is not None

    @invariant()
    def the_place_in_the_queue_is_right(self) -> None:
        for place in getattr(self, "waiting", {}).values():
            own = self.turn(place)
            ahead = sum(
                other.queue == place.queue and other.not_before <= self.now and self.turn(other) < own
                for other in self.waiting.values()
            )
            assert self.router.ahead(place) == ahead


RouterBesideTheOracle.TestCase.settings = settings(stateful_step_count=30, deadline=None)
test_the_router = RouterBesideTheOracle.TestCase


def test_a_call_for_one_agent_waits_for_that_one_alone() -> None:
    agents = {name: Agent(name, "PJSIP/x", {"orders": 5}) for name in ("alice", "bob")}
    router = Router(Queues({"orders": Queue("orders", {"orders": 3})}), agents, strategies())
    alone = Waiting(CallId("c1"), "orders", merge({"orders": 9}), 9, 1.0, 1, agent="alice")
    other = Waiting(CallId("c2"), "orders", merge({"orders": 3}), 0, 2.0, 2)
    router.wait(alone, 3.0)
    router.wait(other, 3.0)
    router.ready("bob", Status(idle_since=1.0))
    assert router.next(3.0) == Match(CallId("c2"), "bob")
    router.leave(CallId("c2"))
    assert router.next(3.0) is None
    router.ready("alice", Status(idle_since=2.0))
    assert router.next(3.0) == Match(CallId("c1"), "alice"), "whatever her skills"
    router.wait(Waiting(CallId("c3"), "orders", Needs(), 9, 1.0, 3, agent="nobody"), 3.0)
    router.forget(CallId("c1"))
    assert router.next(3.0) is None
