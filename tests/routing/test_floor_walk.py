"""Random walks of the whole part: whatever comes in whatever order, nobody is promised twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given, settings

from cti.calls.words import Place
from routing.agents import OFFERED, READY, TALKING, WRAP_UP, NotAllowed
from routing.dispositions import Disposition, NotADisposition
from routing.memory_store import MemoryStore
from routing.queues import Callbacks, Exit, Overflow, Queue, Relaxation, Rule
from tests.routing.line import QUEUES, Line

CALLS = ("c1", "c2", "c3", "b1", "b2")
SITE = replace(
    QUEUES,
    by_name={
        **QUEUES,
        "patient": Queue(
            "patient",
            {"orders": 6},
            wrap_up_s=0.0,
            resume_s=30.0,
            relax=(Relaxation(10.0, skills={"orders": 5}), Relaxation(20.0, drop=frozenset({"orders"}))),
            callbacks=Callbacks(tries=2, retry_s=30.0, ring_s=10.0),
        ),
        "asked": Queue("asked", {"orders": 3}, dispositions="sales", disposition_required=True),
        "team": Queue("team", {}, strategy="ring-all"),
        "busy": Queue(
            "busy",
            {"orders": 3},
            strategy="round-robin",
            overflow=(
                Overflow(Rule.NOBODY, 0, Exit.FLOW, "sorry"),
                Overflow(Rule.LENGTH, 1, Exit.QUEUE, "vip"),
                Overflow(Rule.WAIT, 12, Exit.NUMBER, "+4930"),
                Overflow(Rule.WAIT, 24, Exit.QUEUE, "patient"),
            ),
        ),
    },
    dispositions={"sales": (Disposition("Sold"),)},
)
"""With every rule there is."""
HAPPENINGS = (
    "queued orders",
    "queued vip",
    "queued orders english",
    "queued nowhere",
    "queued patient",
    "queued team",
    "queued asked",
    "queued busy",
    "queued vip prefer=bob for=10",
    "wants patient 0301 990",
    "wants patient 0302 990",
    "taken sue",
    "taken max",
    "pulled vip",
    "picks",
    "failed CallOut",
    "failed Transfer",
    "ringing",
    "ringing first",
    "accepted",
    "accepted first",
    "connected",
    "connected first",
    "refused",
    "refused no answer",
    "refused first",
    "refused withdrawn",
    "failed Offer",
    "failed Connect",
    "left talk",
    "left queue",
    "adopted queue",
    "adopted talk",
    "menu",
    "transferred",
)
ENDINGS = ("ended", "fallback")
of_calls = st.builds("{} {}".format, st.sampled_from(CALLS), st.sampled_from(HAPPENINGS))
endings = st.builds("{} {}".format, st.sampled_from(CALLS), st.sampled_from(ENDINGS))
of_agents = st.builds(
    "{} {}".format, st.sampled_from(("alice", "bob", "carl")), st.sampled_from(("ready", "break", "offline"))
)
of_talks = st.builds("{} says Sold".format, st.sampled_from(("alice", "bob")))
time = st.sampled_from(("wait 1", "wait 12", "wait 60"))
steps = st.lists(st.one_of(of_calls, of_calls, of_agents, of_talks, time, endings), max_size=40)


@settings(deadline=None)
@given(steps=steps, dies_at=st.integers(0, 60))
def test_any_order_of_events(steps: list[str], dies_at: int) -> None:
    asyncio.run(walk(steps, dies_at))


async def walk(steps: list[str], dies_at: int) -> None:
    store = MemoryStore()
    line = Line(store, queues=SITE)
    await line.start()
    for number, step in enumerate(steps):
        if number == dies_at:
            line = await born_again(line, store)
        with suppress(NotAllowed, NotADisposition):
            await line.do(step)
        await check(line, store)
    await line.wait(120)
    await check(line, store)
    await line.settle([])
    for name in line.part.floor.agents:
        await line.do(f"{name} offline")
    await line.wait(120)
    assert all(waiting.number for waiting in await store.waiting()), "only customers who are to be called back"
    assert all(status.call is None for status in line.part.floor.crew.statuses.values()), "nobody is stuck"


async def born_again(old: Line, store: MemoryStore) -> Line:
    line = Line(store, queues=SITE)
    line.now, line.calls, line.offers, line.names = old.now + 5, old.calls, old.offers, old.names
    await line.start()
    live = [call for call in line.calls.values() if call.live]
    for call in live:
        if call.id in line.names and not call.channel:  # the customer's phone rang, or not even that
            await line.do(f"{line.short(call.id)} ended")
        elif call.place in (Place.QUEUE, Place.TALK):
            await line.do(f"{line.short(call.id)} adopted {call.place.value}")
    await line.settle([call.id for call in live])
    return line


async def check(line: Line, store: MemoryStore) -> None:
    floor = line.part.floor
    statuses, calls = floor.crew.statuses, floor.room.calls
    held = {status.call for status in statuses.values() if status.call is not None}
    one_agent_a_call(line)
    for name, status in statuses.items():
        assert (status.call is not None) == (status.state in OFFERED | {TALKING})
        assert (status.offer is not None) == (status.state in OFFERED) or status.state is TALKING
        assert not status.owes or status.state not in OFFERED | {READY}, "he owes a disposition, and is asked"
        assert status.state is not WRAP_UP or (status.until is None) == status.owes, "nobody ends this wrap-up"
        if status.state is READY:
            for waiting in calls.values():
                place = floor.router.place(waiting.call)
                able = place is not None and place.lane is not None and name in place.lane.pool.scores
                apart = place is None or place.apart.get(name, 0.0) > line.now
                taken = floor.takers.ringing(waiting.call)
                assert not able or apart or taken or waiting.call in held, "a call waits beside a ready agent"
    known = statuses.keys() - floor.crew.changed.keys()  # the others are written with the next trip
    assert await store.agents(known) == {name: statuses[name] for name in known}
    still, left = calls | floor.room.kept, floor.room.changed
    assert not still.keys() & left, "a call that waits is written at once"
    assert {waiting.call: waiting for waiting in await store.waiting() if waiting.call not in left} == still


def one_agent_a_call(line: Line) -> None:
    """N2: a call is promised to one agent; others' phones may ring beside his, and one at most picks up."""
    on = [status for status in line.part.floor.crew.statuses.values() if status.call is not None]
    holds = [status.call for status in on if not status.beside]
    assert len(holds) == len(set(holds)), "two agents for a call"
    assert all(status.queue == "team" for status in on if status.beside)
    talks = {status.call for status in on if status.accepted or status.state is TALKING}
    assert not [status for status in on if status.call in talks and status.beside], "a phone rings on"
