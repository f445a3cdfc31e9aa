"""When a queue gives a call away, and to where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from cti.calls import events as ev
from cti.calls.words import AgentState, Party, Place, Refusal
from demo.phones import OnRing
from tests.real.shift import Caller, Plan, Shift

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANOTHER_DAY = f"{datetime.now(UTC) + timedelta(days=3):%a}".lower()

PLAN = Plan(
    agents="""
    ann: {skills: {bills: 5}}
    zoe: {skills: {help: 5}}
    """,
    queues=f"""
    queues:
      help: {{skills: {{help: 1}}, wrap_up: 0s, record: false}}
      wait:
        {{skills: {{bills: 1}}, ring: 2s, record: false, overflow: [{{when: wait, over: 1s, to: {{queue: help}}}}]}}
      length: {{skills: {{bills: 1}}, record: false, overflow: [{{when: length, over: 1, to: {{queue: help}}}}]}}
      nobody: {{skills: {{bills: 1}}, record: false, overflow: [{{when: nobody, to: {{number: "7712"}}}}]}}
      closed:
        skills: {{bills: 1}}
        hours: {{zone: UTC, open: {{{ANOTHER_DAY}: "00:00-24:00"}}}}
        overflow: [{{when: closed, to: {{queue: help}}}}]
      open:
        skills: {{bills: 1}}
        hours: {{zone: UTC, open: {{mon-sun: "00:00-24:00"}}}}
        overflow: [{{when: closed, to: {{queue: help}}}}]
      long:
        skills: {{bills: 1}}
        wrap_up: 0s
        record: false
        overflow: [{{when: estimate, over: 1s, to: {{queue: help}}}}]
      full: {{skills: {{bills: 1}}, overflow: [{{when: length, over: 1, to: {{flow: sorry}}}}]}}
      away: {{skills: {{bills: 1}}, overflow: [{{when: nobody, to: {{message: Nobody is here.}}}}]}}
    """,
    ways={
        name: f"{{queue: {name}}}" for name in ("wait", "length", "nobody", "closed", "open", "long", "full", "away")
    },
    flows={
        "sorry": """
start: menu
nodes:
  menu: {menu: We are busy. Press 1., keys: {"1": help}, otherwise: bye}
  help: {queue: help}
  bye: {hangup: true}
"""
    },
)


async def given_to_help(shift: Shift, caller: Caller, why: str) -> None:
    """The call is in the queue help by this rule, with the wait that it had."""
    left = await shift.watch.wait(ev.Left, lambda e: e.call == caller.call and e.place is Place.QUEUE)
    first, second = await shift.queued(caller), await shift.queued(caller, 2)
    assert (left.why, second.queue, second.since) == (f"overflow: {why}", "help", first.at)
    waited = await shift.why(caller)
    assert (waited["queue"], waited["waited_s"] >= left.at - first.at) == ("help", True)
    await shift.come("zoe")
    assert await shift.talks_to(caller) == "zoe"


async def test_by_wait(shift: Shift) -> None:
    caller = await shift.caller("wait")
    await given_to_help(shift, caller, "waited 1 s")
    left = await shift.watch.wait(ev.Left)
    assert left.at >= (await shift.queued(caller)).at + 1
    await shift.bye(caller)
    record = await shift.line.record(caller.call)
    assert (record["queue"], record["agent"], record["outcome"]) == ("help", "zoe", "answered")


async def test_not_while_a_phone_rings(shift: Shift) -> None:
    """Ann's phone rings for longer than the limit; when she doesn't answer, the call is given away."""
    await shift.come("ann", on_ring=OnRing.WAIT)
    caller = await shift.caller("wait")
    await given_to_help(shift, caller, "waited 1 s")
    left = await shift.watch.wait(ev.Left)
    refused = await shift.watch.wait(ev.Refused)
    assert (refused.reason, refused.at <= left.at) == (Refusal.NO_ANSWER, True)
    assert shift.after(refused)[0] == left


async def test_by_length(shift: Shift) -> None:
    """The first waits, the second goes to the other queue."""
    first = await shift.caller("length")
    await given_to_help(shift, await shift.caller("length"), "1 calls before it")
    await shift.come("ann")
    assert await shift.talks_to(first) == "ann"


async def test_nobody_logged_in_to_a_number(shift: Shift) -> None:
    caller = await shift.dials("nobody")
    transferred = await shift.watch.wait(ev.Transferred)
    assert (transferred.call, transferred.to) == (caller.call, "7712")
    await caller.phone.answered()


async def test_the_last_agent_leaves(shift: Shift) -> None:
    await shift.ask("ann", AgentState.NOT_READY, "tea")
    caller = await shift.caller("nobody")
    assert (await shift.why(caller))["agents"] == {"not ready: tea": 1, "hasn't bills 1": 1}
    await shift.ask("ann", AgentState.OFFLINE)
    transferred = await shift.watch.wait(ev.Transferred)
    assert (transferred.call, transferred.to) == (caller.call, "7712")


async def test_closed(shift: Shift) -> None:
    await shift.come("ann")
    await given_to_help(shift, await shift.caller("closed"), "closed")
    assert await shift.talks_to(await shift.caller("open")) == "ann"


async def test_by_estimated_wait(shift: Shift) -> None:
    """A talk of more than a second is what the next caller but one would have to wait for."""
    await shift.come("ann")
    first = await shift.caller("long")
    await shift.connected(first)
    await first.phone.listen(1.2)
    await shift.bye(first)
    second = await shift.caller("long")
    assert await shift.talks_to(second) == "ann"
    await given_to_help(shift, await shift.caller("long"), "an estimated wait of 1 s")


async def test_to_a_flow(shift: Shift) -> None:
    first = await shift.caller("full")
    second = await shift.dials("full")
    diverted = await shift.watch.wait(ev.Diverted)
    assert (diverted.call, diverted.flow, diverted.why) == (second.call, "sorry", "overflow: 1 calls before it")
    await shift.watch.wait(ev.EnteredMenu, lambda e: e.call == second.call and e.flow == "sorry")
    await second.phone.press("1")
    assert (await shift.watch.wait(ev.Queued, lambda e: e.queue == "help")).call == second.call
    await shift.come("zoe", "ann")
    assert [await shift.talks_to(first), await shift.talks_to(second)] == ["ann", "zoe"]


async def test_to_a_message(shift: Shift) -> None:
    """It is heard to its end, and the call ends."""
    caller = await shift.dials("away")
    diverted = await shift.watch.wait(ev.Diverted)
    assert (diverted.call, diverted.why) == (caller.call, "overflow: nobody logged in")
    assert (await shift.watch.wait(ev.Played)).whole
    ended = await shift.watch.wait(ev.Ended)
    assert (ended.call, ended.by) == (caller.call, Party.SYSTEM)
    await caller.phone.ended()
    assert np.abs(caller.phone.heard()).max() > 0.1
