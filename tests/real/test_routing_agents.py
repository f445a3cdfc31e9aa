"""Who is asked: skills and their levels, asking for less, strategies, the preferred agent."""

from __future__ import annotations

import pytest

from cti.calls.words import AgentState
from demo.phones import OnRing
from tests.real.shift import Plan, Shift

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAN = Plan(
    agents="""
    ann: {skills: {faults: 8, english: 5}, groups: [north]}
    ben: {skills: {faults: 4, english: 4}, groups: [north]}
    cid: {skills: {faults: 8, english: 9}, groups: [south]}
    gus: {skills: {faults: 4}, groups: [north]}
    kim: {skills: {faults: 9}}
    dan: {skills: {bills: 3}}
    eva: {skills: {bills: 9}}
    fay: {skills: {bills: 6}}
    hal: {skills: {turns: 1}}
    ivy: {skills: {turns: 9}}
    """,
    queues="""
    queues:
      expert: {skills: {faults: 6}, wrap_up: 0s, record: false}
      faults:
        skills: {faults: 5, english: 3}
        groups: [north]
        relax:
          - {after: 1s, skills: {faults: 3}}
          - {after: 2s, drop: [english]}
          - {after: 3s, groups: [south]}
          - {after: 4s, anyone: true}
        wrap_up: 0s
        record: false
      bills: {skills: {bills: 1}, wrap_up: 0s, record: false}
      fair: {skills: {bills: 1}, strategy: longest-idle, wrap_up: 0s, record: false}
      sparing: {skills: {bills: 1}, strategy: least-talk, wrap_up: 0s, record: false}
      turns: {skills: {turns: 1}, strategy: round-robin, wrap_up: 0s, record: false}
    """,
    ways={
        "expert": "{queue: expert}",
        "english": "{queue: expert, skills: {english: 8}}",
        "faults": "{queue: faults}",
        "bills": "{queue: bills}",
        "fair": "{queue: fair}",
        "sparing": "{queue: sparing}",
        "turns": "{queue: turns}",
        "dan-for-long": "{queue: bills, prefer: dan, prefer_for: 10m}",
        "dan-for-1s": "{queue: bills, prefer: dan, prefer_for: 1s}",
    },
    flows={},
)


async def test_a_level_that_is_not_reached_passes_an_agent_over(shift: Shift) -> None:
    """Ben and gus, faults 4, are idle for longer, and never asked where 6 is wanted."""
    await shift.come("ben", "gus", "ann")
    assert await shift.talks_to(await shift.caller("expert")) == "ann"
    second = await shift.caller("expert")
    why = await shift.why(second)
    assert why["agents"] == {"hasn't faults 6": 7, "logged out": 2, "on another call": 1}
    await shift.come("cid")
    assert await shift.talks_to(second) == "cid"


async def test_what_a_menu_asks_for_is_wanted_too(shift: Shift) -> None:
    await shift.come("ann", "cid")
    assert await shift.talks_to(await shift.caller("english")) == "cid"


async def test_who_has_all_that_is_wanted_is_asked_without_relaxation(shift: Shift) -> None:
    await shift.come("cid", "gus", "ben", "ann")
    offered = await shift.offered(await shift.caller("faults"))
    assert (offered.agent, offered.step, offered.candidates, offered.strategy) == ("ann", 0, 1, "best-skill")


async def test_relaxation_in_steps(shift: Shift) -> None:
    """A lower level brings ben, a dropped skill gus, another group cid, and no group kim; each in its time."""
    await shift.come("kim", "cid", "gus", "ben", on_ring=OnRing.REFUSE)
    (await shift.phone("kim")).on_ring = OnRing.ANSWER
    caller = await shift.caller("faults")
    why = await shift.why(caller)
    assert (why["step"], why["steps"], why["needs"]) == (0, 4, "english 3, faults 5; one of north")
    since = (await shift.queued(caller)).at
    steps = {"ben": (1, 1.0), "gus": (2, 2.0), "cid": (3, 3.0), "kim": (4, 4.0)}
    for place, (agent, (step, after_s)) in enumerate(steps.items(), 1):
        offered = await shift.offered(caller, place)
        assert (offered.agent, offered.step, offered.candidates) == (agent, step, 1)
        assert offered.at >= since + after_s
    assert await shift.talks_to(caller) == "kim"


async def test_best_skill(shift: Shift) -> None:
    await shift.come("dan", "fay", "eva")
    callers = [await shift.caller("bills") for _ in range(3)]
    assert [await shift.talks_to(caller) for caller in callers] == ["eva", "fay", "dan"]


async def test_longest_idle(shift: Shift) -> None:
    """Eva, the best, is asked second; who comes back from a talk is idle anew."""
    await shift.come("dan", "eva", "fay")
    callers = [await shift.caller("fair") for _ in range(2)]
    assert [await shift.talks_to(caller) for caller in callers] == ["dan", "eva"]
    for caller in callers:
        await shift.bye(caller)
    again = [await shift.caller("fair") for _ in range(3)]
    assert [await shift.talks_to(caller) for caller in again] == ["fay", "dan", "eva"]


async def test_least_talk(shift: Shift) -> None:
    """Dan is free for longer at the end, and has talked for longer."""
    await shift.come("dan", "eva")
    long = await shift.caller("sparing")
    assert await shift.talks_to(long) == "dan"
    await long.phone.listen(1)
    await shift.bye(long)
    short = await shift.caller("sparing")
    assert await shift.talks_to(short) == "eva"
    await shift.bye(short)
    last = await shift.caller("sparing")
    offered = await shift.offered(last)
    assert (offered.agent, offered.candidates, offered.strategy) == ("eva", 2, "least-talk")


async def test_round_robin(shift: Shift) -> None:
    """Hal's phone rang, if in vain: he is still idle for longer, and it is ivy's turn all the same."""
    await shift.come("hal", on_ring=OnRing.WAIT)
    await shift.come("ivy")
    first = await shift.caller("turns")
    assert (await shift.offered(first)).agent == "hal"
    await shift.bye(first)
    second = await shift.caller("turns")
    assert (await shift.offered(second)).agent == "ivy"
    await shift.connected(second)
    await shift.bye(second)
    assert (await shift.offered(await shift.caller("turns"))).agent == "hal"


async def test_the_preferred_agent_is_asked_first(shift: Shift) -> None:
    await shift.come("eva", "dan")
    offered = await shift.offered(await shift.caller("dan-for-long"))
    assert (offered.agent, offered.candidates) == ("dan", 1)


async def test_the_preferred_agent_is_waited_for(shift: Shift) -> None:
    """A call that came later passes by; eva is free."""
    await shift.come("dan", "eva")
    await shift.ask("dan", AgentState.NOT_READY, "tea")
    waits = await shift.caller("dan-for-long")
    other = await shift.caller("bills")
    assert await shift.talks_to(other) == "eva"
    assert (await shift.why(waits))["waits_for"] == "dan"
    assert (await shift.offered(other)).passed == {waits.call: "waits for dan"}
    await shift.bye(other)
    await shift.come("dan")
    assert await shift.talks_to(waits) == "dan"


async def test_the_preferred_agent_is_given_up_after_the_time(shift: Shift) -> None:
    await shift.come("dan", "eva")
    await shift.ask("dan", AgentState.NOT_READY, "tea")
    caller = await shift.caller("dan-for-1s")
    assert (await shift.why(caller))["waits_for"] == "dan"
    offered = await shift.offered(caller)
    assert offered.agent == "eva"
    assert offered.at >= (await shift.queued(caller)).at + 1


async def test_a_preferred_agent_who_is_not_there_is_not_waited_for(shift: Shift) -> None:
    await shift.come("eva")
    caller = await shift.caller("dan-for-long")
    assert (await shift.offered(caller)).agent == "eva"
