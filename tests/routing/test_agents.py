from __future__ import annotations

from dataclasses import replace

import pytest

from cti.calls.words import AgentState, CallId, OfferId
from routing.agents import ASKABLE, NEXT, ON_CALL, READY, TALKING, WRAP_UP, NotAllowed, Status


@pytest.mark.parametrize("state", AgentState)
@pytest.mark.parametrize("then", AgentState)
def test_only_steps_of_the_table_are_made(state: AgentState, then: AgentState) -> None:
    status = Status(state, since=1.0, token=7)
    if then in NEXT[state]:
        assert status.to(then, 2.0, "why").state is then
        assert status.to(then, 2.0).token == 7
    else:
        with pytest.raises(NotAllowed, match=f"{then} can't follow {state}"):
            status.to(then, 2.0)


def test_every_state_can_be_reached_and_left() -> None:
    assert set(NEXT) == set(AgentState)
    assert set().union(*NEXT.values()) == set(AgentState)
    assert all(NEXT.values())


@pytest.mark.parametrize("state", AgentState)
@pytest.mark.parametrize("wish", sorted(ASKABLE))
def test_what_may_be_asked_for_is_granted_now_or_after_the_call(state: AgentState, wish: AgentState) -> None:
    asked = Status(state, token=3).asked(wish, "lunch", 5.0)
    if state in ON_CALL:
        assert asked.state is state
        assert asked.freed(6.0).state is wish
    else:
        assert asked.state is wish


def test_a_call_leaves_nothing_behind() -> None:
    talking = Status(TALKING, call=CallId("c1"), offer=OfferId("o1"), queue="orders", accepted=True, token=2)
    wrapping = talking.asked(AgentState.OFFLINE, "bye", 5.0).to(WRAP_UP, 6.0, until=16.0)
    assert wrapping == Status(WRAP_UP, since=6.0, until=16.0, token=2, wish=AgentState.OFFLINE, wish_reason="bye")
    assert wrapping.freed(16.0) == Status(AgentState.OFFLINE, since=16.0, reason="bye", token=2)


def test_idle_time_counts_from_becoming_free() -> None:
    ready = Status(WRAP_UP).to(READY, 10.0)
    assert ready.idle_since == 10.0
    offered = replace(ready.to(AgentState.RESERVED, 20.0), call=CallId("c1"), offer=OfferId("o1"))
    assert offered.freed(30.0).idle_since == 10.0
    assert offered.freed(30.0).since == 30.0
