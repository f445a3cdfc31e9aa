"""Random walks of the whole part: whatever comes in whatever order, nobody is promised twice."""

from __future__ import annotations

import asyncio

import hypothesis.strategies as st
from hypothesis import given, settings

from cti.calls.events import Place
from routing.agents import OFFERED, READY, TALKING
from routing.memory_store import MemoryStore
from tests.routing.line import Line

CALLS = ("c1", "c2", "c3")
HAPPENINGS = (
    "queued orders",
    "queued vip",
    "queued orders english",
    "queued nowhere",
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
time = st.sampled_from(("wait 1", "wait 12", "wait 60"))
steps = st.lists(st.one_of(of_calls, of_calls, of_agents, time, endings), max_size=40)


@settings(max_examples=150, deadline=None)
@given(steps=steps, dies_at=st.integers(0, 60))
def test_any_order_of_events(steps: list[str], dies_at: int) -> None:
    asyncio.run(walk(steps, dies_at))


async def walk(steps: list[str], dies_at: int) -> None:
    store = MemoryStore()
    line = Line(store)
    await line.start()
    for number, step in enumerate(steps):
        if number == dies_at:
            line = await born_again(line, store)
        await line.do(step)
        await check(line, store)
    await line.wait(120)
    await check(line, store)
    await line.settle([])
    await line.wait(120)
    assert not await store.waiting()
    assert all(status.call is None for status in line.part.floor.crew.statuses.values()), "nobody is stuck"


async def born_again(old: Line, store: MemoryStore) -> Line:
    line = Line(store)
    line.now, line.calls, line.offers = old.now + 5, old.calls, old.offers
    await line.start()
    live = [call for call in line.calls.values() if call.live]
    for call in live:
        if call.place in (Place.QUEUE, Place.TALK):
            await line.do(f"{call.id} adopted {call.place.value}")
    await line.settle([call.id for call in live])
    return line


async def check(line: Line, store: MemoryStore) -> None:
    floor = line.part.floor
    statuses, calls = floor.crew.statuses, floor.room.calls
    held = [status.call for status in statuses.values() if status.call is not None]
    assert len(held) == len(set(held)), "two agents for a call"
    for name, status in statuses.items():
        assert (status.call is not None) == (status.state in OFFERED | {TALKING})
        assert (status.offer is not None) == (status.state in OFFERED) or status.state is TALKING
        if status.state is READY:
            for waiting in calls.values():
                skills = floor.agents[name].skills
                able = all(skills.get(skill, 0) >= least for skill, least in waiting.needs.skills)
                place = floor.router.place(waiting.call)
                apart = place is None or place.apart.get(name, 0.0) > line.now
                assert not able or apart or waiting.call in held, "a call waits beside a ready agent"
    known = statuses.keys() - floor.crew.changed.keys()  # the others are written with the next trip
    assert await store.agents(known) == {name: statuses[name] for name in known}
    assert {waiting.call: waiting for waiting in await store.waiting()} == calls | floor.room.kept
