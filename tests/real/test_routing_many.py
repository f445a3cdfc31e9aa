"""Twenty agents, and forty callers at once, then twenty more; what was decided is checked against the journal."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence

import pytest

from cti.calls import events as ev
from cti.calls.events import Event
from cti.calls.words import AgentState, CallId, Place
from demo.phones import Phone
from routing.agents import Agent
from routing.queues import Queue, Queues
from tests.real.shift import Caller, Plan, Shift, journal

pytestmark = pytest.mark.asyncio(loop_scope="module")

SKILLS = "abcde"
AGENTS = [f"agent{i}" for i in range(20)]
FIRST, SECOND = 40, 20
"""How many callers wait for the agents, and for how many the agents wait."""
ON_CALL = (AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING)


def skills(i: int) -> str:
    """Two skills, each agent's another pair, at levels from 3 to 10."""
    first, second = SKILLS[i % 5], SKILLS[(i + 1 + i // 5) % 5]
    return f"{{{first}: {3 + 7 * i % 8}, {second}: {3 + 5 * i % 8}}}"


PLAN = Plan(
    agents="\n".join(f"{name}: {{skills: {skills(i)}}}" for i, name in enumerate(AGENTS))
    + "\ntom: {skills: {target: 1}}",
    queues="""
    order: target
    levels: {gold: 20}
    queues:
      plain: {skills: {a: 3}, wrap_up: 0s, record: false}
      pressing: {skills: {b: 3}, priority: 5, wrap_up: 1s, record: false}
      hard: {skills: {c: 6}, wrap_up: 0s, target: {within: 60s}, record: false}
      fair: {skills: {d: 3}, strategy: longest-idle, wrap_up: 0s, record: false}
      both: {skills: {a: 3, e: 3}, wrap_up: 0s, target: {within: 5s}, record: false}
      slow: {skills: {target: 1}, wrap_up: 0s, target: {within: 1m}, record: false}
      fast: {skills: {target: 1}, wrap_up: 0s, target: {within: 10s}, record: false}
    """,
    ways={
        "plain": "{queue: plain}",
        "gold": "{queue: plain, level: gold}",
        "best": "{queue: plain, skills: {a: 8}, priority: 30}",
        "pressing": "{queue: pressing}",
        "hard": "{queue: hard}",
        "fair": "{queue: fair}",
        "urgent": "{queue: fair, priority: 3}",
        "both": "{queue: both}",
        "slow": "{queue: slow}",
        "fast": "{queue: fast}",
    },
    flows={},
)
MIXED = [way for way in PLAN.ways if way not in ("slow", "fast")]


class Replay:
    """Follows the journal, and says for each offer whether it was right."""

    def __init__(self, queues: Queues, agents: dict[str, Agent]) -> None:
        self._queues = queues
        self._agents = agents
        self._waiting: dict[CallId, ev.Queued] = {}
        self._came: list[CallId] = []
        self._on: dict[str, CallId] = {}
        self._ready: dict[str, float] = {}
        """Who is ready, and since when."""
        self.served: Counter[CallId] = Counter()

    def take(self, event: Event) -> None:
        """The next event. Raises AssertionError where it must not be."""
        match event:
            case ev.AgentChanged():
                self._ready.pop(event.agent, None)
                if event.state is AgentState.READY:
                    self._ready[event.agent] = event.at
                if event.state in ON_CALL:
                    assert self._on[event.agent] == event.call
                else:
                    self._on.pop(event.agent, None)
            case ev.Queued():
                self._waiting[event.call] = event
                self._came.append(event.call)
            case ev.Offered():
                self._offered(event)
            case ev.Connected():
                assert self._on[event.agent] == event.call
                self.served[event.call] += 1
            case ev.Refused() | ev.Failed():
                raise AssertionError(event)

    def _offered(self, event: ev.Offered) -> None:
        # Nobody has two calls, and no call two agents.
        assert event.agent not in self._on
        assert event.call not in self._on.values()
        call = self._waiting.pop(event.call)
        self._on[event.agent] = event.call
        # Who has an earlier turn can't be served by this agent.
        before = [other for other in self._waiting.values() if self._turn(other) < self._turn(call)]
        assert not [other for other in before if self._score(event.agent, other) is not None]
        # The agent is the one whom the strategy names.
        able = {name: score for name in self._ready if (score := self._score(name, call)) is not None}
        queue = self._queue(call)
        if queue.strategy == "longest-idle":
            assert self._ready[event.agent] == min(self._ready[name] for name in able)
        else:
            assert able[event.agent] == max(able.values())
        # And the reasons say so.
        assert (event.step, event.candidates, event.strategy) == (0, len(able), queue.strategy)
        passed = {other.call for other in before if other.queue == call.queue}
        assert passed.issuperset(event.passed)
        assert bool(passed) == bool(event.passed)

    def _queue(self, call: ev.Queued) -> Queue:
        return self._queues[call.queue]

    def _turn(self, call: ev.Queued) -> tuple[float, float, int]:
        """The smallest is next: points, counted from when the target is missed; then the longest wait."""
        queue = self._queue(call)
        points = queue.priority + call.priority + self._queues.levels.get(call.level, 0)
        return (
            (call.at + queue.target.within_s) * self._queues.ageing / 60 - points,
            call.at,
            self._came.index(call.call),
        )

    def _score(self, name: str, call: ev.Queued) -> int | None:
        """How well an agent meets what the call needs; None where he can't take it."""
        needs = dict(self._queue(call).skills)
        for skill, level in call.skills.items():
            needs[skill] = max(level, needs.get(skill, 0))
        levels = {skill: self._agents[name].skills.get(skill, 0) for skill in needs}
        return sum(levels.values()) if all(levels[skill] >= least for skill, least in needs.items()) else None


async def work(phone: Phone) -> None:
    """An agent's work: short talks, one after the other."""
    while True:
        call = await phone.called(within=None)
        with contextlib.suppress(ConnectionError, TimeoutError):
            await call.answered()
            await call.listen(0.3)
        await call.hang_up()


async def test_twenty_agents_and_many_callers(shift: Shift) -> None:
    """Nobody gets two calls, everybody is served, each in turn by the right agent, with reasons."""

    async def call(count: int) -> list[Caller]:
        return await asyncio.gather(*(shift.caller(MIXED[i % len(MIXED)]) for i in range(count)))

    phones = [await shift.phone(name) for name in AGENTS]
    callers = await call(FIRST)
    working = [asyncio.create_task(work(phone)) for phone in phones]
    try:
        await asyncio.gather(*(shift.ask(name, AgentState.READY) for name in AGENTS))
        await shift.watch.wait(ev.Ended, count=FIRST)
        callers += await call(SECOND)
        await shift.watch.wait(ev.Ended, count=FIRST + SECOND)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)

    def complete(events: Sequence[Event]) -> bool:
        return sum(isinstance(e, ev.Ended) for e in events) == FIRST + SECOND

    site = shift.line.stage.site
    events = await journal(site, complete)
    replay = Replay(site.queues, dict(site.agents))
    for event in events:
        replay.take(event)
    assert replay.served == Counter(caller.call for caller in callers)
    assert {e.place for e in events if isinstance(e, ev.Left)} <= {Place.TALK}


async def test_the_queue_nearer_to_missing_its_target_goes_first(shift: Shift) -> None:
    slow, fast = await shift.caller("slow"), await shift.caller("fast")
    assert (await shift.why(slow))["waited_s"] > (await shift.why(fast))["waited_s"]
    await shift.come("tom")
    assert await shift.served(2) == [fast.call, slow.call]
