"""The router beside a naive one that looks at everything, on random floors."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cti.calls.events import CallId
from routing.agents import Agent
from routing.queues import Needs, Waiting, merge
from routing.router import Match, Router

SKILLS = ("orders", "english")
# Few skills, high levels and low needs: so that several agents suit a call, each in a different way.
levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(3, 10), max_size=2)
needs = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 6), max_size=2)
pick = st.integers(0, 1_000_000)


class RouterBesideTheOracle(RuleBasedStateMachine):
    @initialize(skills=st.lists(levels, min_size=1, max_size=6))
    def open(self, skills: list[dict[str, int]]) -> None:
        self.agents = {f"a{n}": Agent(f"a{n}", "PJSIP/x", known) for n, known in enumerate(skills)}
        self.router = Router(self.agents.values())
        self.now = 0.0
        self.arrivals = 0
        self.waiting: dict[CallId, Waiting] = {}
        self.ready: dict[str, float] = {}
        self.offered: dict[CallId, tuple[str, Waiting]] = {}
        self.apart: dict[tuple[CallId, str], float] = {}

    @rule(wanted=needs, priority=st.integers(-1, 1), ago=st.integers(0, 3))
    def call_arrives(self, wanted: dict[str, int], priority: int, ago: int) -> None:
        self.arrivals += 1
        call = CallId(f"c{self.arrivals}")
        place = Waiting(call, "q", merge(wanted), priority, self.now - ago, self.arrivals)
        self.waiting[call] = place
        self.router.wait(place)
        self.router.wait(place)
        self.match_all()

    @rule(which=pick)
    def agent_ready(self, which: int) -> None:
        busy = {name for name, _ in self.offered.values()}
        free = [name for name in self.agents if name not in busy]
        if free:
            name = free[which % len(free)]
            self.ready[name] = self.now
            self.router.ready(name, self.now)
            self.match_all()

    @rule(backwards=st.booleans())
    def all_come_back(self, backwards: bool) -> None:
        for which in sorted(range(len(self.agents)), reverse=backwards):
            self.time_goes_by(1)
            self.agent_ready(which)

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
            self.router.keep_apart(call, name, self.now + 10)
            self.router.wait(place)
            if again:
                self.ready[name] = self.now
                self.router.ready(name, self.now)
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

    def match_all(self) -> None:
        while True:
            expected = self.oracle()
            assert self.router.next(self.now) == expected
            if expected is None:
                return
            call, name = expected.call, expected.agent
            assert call not in self.offered, "a call with two agents"
            assert name not in {taken for taken, _ in self.offered.values()}, "an agent with two offers"
            self.offered[call] = (name, self.waiting.pop(call))
            self.router.leave(call)
            self.ready.pop(name)
            self.router.busy(name)

    def oracle(self) -> Match | None:
        for place in sorted(self.waiting.values(), key=lambda w: (-w.priority, w.since, w.sequence)):
            able = [name for name in self.ready if self.can_take(name, place)]
            if able:

                def merit(name: str, place: Waiting = place) -> tuple[int, float, str]:
                    skills = self.agents[name].skills
                    return (-sum(skills[skill] for skill, _ in place.needs.skills), self.ready[name], name)

                return Match(place.call, min(able, key=merit))
        return None

    def can_take(self, name: str, place: Waiting) -> bool:
        skills = self.agents[name].skills
        apart = self.apart.get((place.call, name), 0.0) > self.now
        return not apart and all(skills.get(skill, 0) >= least for skill, least in place.needs.skills)

    @invariant()
    def nobody_waits_for_a_ready_agent(self) -> None:
        for place in getattr(self, "waiting", {}).values():
            assert not any(self.can_take(name, place) for name in self.ready)

    @invariant()
    def counts_are_right(self) -> None:
        for place in getattr(self, "waiting", {}).values():
            able = sum(
                all(self.agents[name].skills.get(s, 0) >= least for s, least in place.needs.skills)
                for name in self.ready
            )
            assert self.router.able(place.needs) == able


RouterBesideTheOracle.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRouter = RouterBesideTheOracle.TestCase


def test_a_call_for_one_agent_goes_to_nobody_else() -> None:
    agents = [Agent("alice", "PJSIP/a", {}), Agent("bob", "PJSIP/b", {"orders": 9})]
    router = Router(agents)
    alone = Waiting(CallId("c1"), "orders", merge({"orders": 3}), 9, 1.0, 1, agent="alice")
    other = Waiting(CallId("c2"), "orders", merge({"orders": 3}), 0, 2.0, 2)
    router.wait(alone)
    router.wait(other)
    router.ready("bob", 1.0)
    assert router.next(3.0) == Match(CallId("c2"), "bob")
    router.leave(CallId("c2"))
    assert router.next(3.0) is None
    router.ready("alice", 2.0)
    assert router.next(3.0) == Match(CallId("c1"), "alice"), "whatever her skills"
    router.wait(Waiting(CallId("c3"), "orders", Needs(), 9, 1.0, 3, agent="nobody"))
    router.forget(CallId("c1"))
    assert router.next(3.0) is None
