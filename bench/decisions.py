"""How long the router takes for one event, and how that grows from 100 calls and agents to 10,000."""

from __future__ import annotations

import gc
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from bench.figures import percentile
from cti.calls.words import CallId
from routing.agents import Agent, Status
from routing.policy import strategies
from routing.queues import Queue, Queues, Relaxation, Waiting, merge
from routing.router import Router

SKILLS = 50
KNOWN = 6
"""Skills that an agent has, at random levels."""
EVENTS = 20_000
SEED = 95598


@dataclass(frozen=True, slots=True)
class Decisions:
    """Microseconds an event, and megabytes that agents and calls take."""

    p50_us: float
    p99_us: float
    memory_mb: float


def measure(agents: int, waiting: int) -> Decisions:
    """A site of 50 skills and queues with two relaxations each, in a rush: calls come, give up and
    move on, agents come free and take one. Each event is taken in, and the next match decided."""
    rng = random.Random(SEED)
    tracemalloc.start()
    router, now, numbers = _site(rng, agents), 0.0, count(1)
    calls = [_call(rng, now - rng.uniform(0, 300), next(numbers)) for _ in range(waiting)]
    for call in calls:
        router.wait(call, now)
    memory_mb = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    gc.collect()
    took: list[float] = []
    for event in _events(rng, router, calls, numbers, agents):
        now += 0.01
        start = time.perf_counter()
        event(now)
        match = router.next(now)
        took.append((time.perf_counter() - start) * 1e6)
        if match is not None:
            router.forget(match.call)
            router.busy(match.agent)
    return Decisions(percentile(took, 50), percentile(took, 99), memory_mb)


def _site(rng: random.Random, agents: int) -> Router:
    skills = [f"skill-{n}" for n in range(SKILLS)]
    known = {
        f"a{n}": Agent(f"a{n}", f"PJSIP/a{n}", {skill: rng.randint(1, 10) for skill in rng.sample(skills, KNOWN)})
        for n in range(agents)
    }
    queues = {
        skill: Queue(
            skill,
            {skill: 7},
            priority=rng.randint(0, 10),
            relax=(Relaxation(30.0, skills={skill: 4}), Relaxation(90.0, skills={skill: 1})),
            strategy=rng.choice(["best-skill", "longest-idle", "least-talk"]),
        )
        for skill in skills
    }
    return Router(Queues(queues), known, strategies())


def _call(rng: random.Random, at: float, number: int) -> Waiting:
    queue = f"skill-{rng.randrange(SKILLS)}"
    return Waiting(CallId(f"c{number}"), queue, merge({queue: 7}), rng.randint(0, 10), at, number)


def _events(
    rng: random.Random, router: Router, calls: list[Waiting], numbers: Iterator[int], agents: int
) -> Iterator[Callable[[float], None]]:
    """A call comes for each that goes, so that the crowd stays as large as it was."""

    def comes(now: float) -> None:
        call = _call(rng, now, next(numbers))
        calls.append(call)
        router.wait(call, now)

    def gone(now: float) -> None:
        at = rng.randrange(len(calls))
        calls[at], calls[-1] = calls[-1], calls[at]
        router.forget(calls.pop().call)

    def free(now: float) -> None:
        router.ready(f"a{rng.randrange(agents)}", Status(idle_since=now))

    for _ in range(EVENTS // 4):
        yield comes
        yield free
        yield gone
        yield router.on_time
