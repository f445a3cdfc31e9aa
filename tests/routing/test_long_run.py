"""A long walk over router, handler and store: ``make long``.

CORDBOARD_STEPS is how many steps, CORDBOARD_SEED where the walk begins.
"""

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import pytest
import structlog

from cti.calls.words import CallId
from routing.agents import NotAllowed
from routing.dispositions import NotADisposition
from tests.routing.line import Line
from tests.routing.test_floor_walk import ENDINGS, HAPPENINGS, SITE, born_again, check, one_agent_a_call
from tests.routing.test_handler_away import FlakyStore

T = TypeVar("T")

QUEUED = (
    "queued orders",
    "queued vip",
    "queued orders english",
    "queued patient",
    "queued team",
    "queued busy",
    "queued asked",
)
PROGRESS = ("ringing", "accepted", "connected", "left talk")
STATES = ("ready", "ready", "ready", "ready", "break", "offline")
TIMES = ("wait 1", "wait 12", "wait 60")


def now(work: Coroutine[Any, Any, T]) -> T:
    """Runs what never waits for anything: no event loop is needed."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("it waits for something")


@pytest.mark.long
@pytest.mark.skipif("CORDBOARD_STEPS" not in os.environ, reason="long: run by make long")
def test_nobody_is_promised_twice_in_many_steps(capsys: pytest.CaptureFixture[str]) -> None:
    steps = int(os.environ["CORDBOARD_STEPS"])
    seed = os.environ.get("CORDBOARD_SEED") or str(random.SystemRandom().getrandbits(32))
    structlog.configure(processors=[_nothing])
    try:
        for number in walk(random.Random(seed), steps):
            if number % (steps // 20 or 1) == 0:
                with capsys.disabled():
                    print(f"\n{number} of {steps} steps, CORDBOARD_SEED={seed}", end="", flush=True)
    finally:
        structlog.reset_defaults()


def walk(chance: random.Random, steps: int) -> Iterator[int]:
    """Yields after each step, when all that must hold has been checked."""
    store = FlakyStore()
    line = Line(store, queues=SITE)
    now(line.start())
    calls = deque([f"c{number}" for number in range(8)])
    step = "alice ready"
    for number in range(steps):
        what = chance.random()
        if what < 0.02:
            pass  # the same again
        elif what < 0.25:
            offered = [call for call, _ in line.part.floor.crew.calls()]
            step = f"{line.short(CallId(chance.choice(offered or calls)))} {chance.choice(PROGRESS)}"
        elif what < 0.4:
            step = f"{chance.choice(calls)} {chance.choice(QUEUED)}"
        elif what < 0.6:
            step = f"{chance.choice(calls)} {chance.choice((*HAPPENINGS, *ENDINGS))}"
        elif what < 0.62:
            step = f"{chance.choice(('alice', 'bob'))} says Sold"
        elif what < 0.9:
            step = f"{chance.choice(('alice', 'bob', 'carl'))} {chance.choice(STATES)}"
        else:
            step = chance.choice(TIMES)
        store.lose = 1 if chance.random() < 0.01 else store.lose
        store.down = chance.random() < (0.7 if store.down else 0.005)
        with suppress(NotAllowed, NotADisposition):
            now(line.do(step))
        if chance.random() < 0.1:
            # Another caller; the call heard of no more ended long ago.
            calls.append(f"c{number + 8}")
            old = calls.popleft()
            now(line.do(f"{old} ended"))
            line.calls.pop(CallId(old), None)
            line.offers.pop(old, None)
            over = [call for call in line.names if call not in line.calls or not line.calls[call].live]
            for call in over:
                line.calls.pop(call, None)
                line.offers.pop(call, None)
        if not store.down and chance.random() < 0.002:
            line = now(born_again(line, store))
        healthy(line, store)
        yield number


def healthy(line: Line, store: FlakyStore) -> None:
    if not store.down and line.part._retry_at is None:
        now(check(line, store))
        return
    one_agent_a_call(line)


def _nothing(*_: object) -> Any:
    raise structlog.DropEvent


def test_the_long_walk_begins() -> None:
    """A short part of it, so that it can be relied on to run."""
    for _ in walk(random.Random("1"), 2000):
        pass
