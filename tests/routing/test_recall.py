from __future__ import annotations

import pytest

from cti.calls.events import AgentChanged, CallEvent, Offered, Queued
from cti.calls.words import AgentState, CallId, OfferId
from routing.agents import Status
from routing.memory_store import MemoryStore
from routing.recall import Remembered, recall
from tests.routing.line import Line

C1 = CallId("c1")
HISTORY: list[CallEvent] = [
    Queued(at=1.0, call=C1, queue="orders", skills={}, priority=0),
    Offered(at=2.0, call=C1, offer=OfferId("o1"), agent="bob", recording=None),
    Offered(at=3.0, call=C1, offer=OfferId("o2"), agent="alice", recording=None),
]


def told(state: AgentState, call: CallId | None = None, reason: str = "") -> dict[str, AgentChanged]:
    return {"alice": AgentChanged(at=5.0, agent="alice", state=state, reason=reason, call=call)}


@pytest.mark.parametrize("state", [AgentState.READY, AgentState.OFFLINE, AgentState.NOT_READY])
def test_who_was_not_on_a_call_is_as_he_was(state: AgentState) -> None:
    expected = Status(state, since=5.0, reason="lunch", idle_since=5.0)
    assert recall(told(state, reason="lunch"), HISTORY) == {"alice": expected}


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (AgentState.TALKING, AgentState.TALKING),
        (AgentState.RINGING, AgentState.RESERVED),
        (AgentState.RESERVED, AgentState.RESERVED),
    ],
)
def test_who_was_on_a_call_that_may_be_live_stays_on_it(state: AgentState, kept: AgentState) -> None:
    expected = Status(kept, since=5.0, call=C1, offer=OfferId("o2"), queue="orders", idle_since=5.0)
    assert recall(told(state, C1), HISTORY) == {"alice": expected}


@pytest.mark.parametrize("change", [told(AgentState.TALKING, CallId("over")), told(AgentState.WRAP_UP)])
def test_who_was_on_a_call_that_is_over_is_ready(change: dict[str, AgentChanged]) -> None:
    assert recall(change, HISTORY) == {"alice": Status(AgentState.READY, since=5.0, idle_since=5.0)}
    assert recall(told(AgentState.TALKING, C1), HISTORY[:2])["alice"].state is AgentState.READY, "bob's offer"


async def test_only_the_unknown_are_asked_for_and_they_are_written() -> None:
    store = MemoryStore()
    before = Line(store)
    await before.start()
    await before.do("alice break")
    del store._agents["bob"]
    asked: list[str] = []

    async def remember(names: object) -> Remembered:
        assert isinstance(names, set)
        asked.extend(names)
        return Remembered({"bob": Status(AgentState.READY, since=5.0, idle_since=5.0)})

    after = Line(store)
    out = await after.part.start(1010.0, remember)
    assert asked == ["bob"]
    states = {event.agent: event.state.value for event in out if isinstance(event, AgentChanged)}
    assert states == {"alice": "not ready", "bob": "ready", "carl": "offline"}
    assert (await store.agents(["bob"]))["bob"].state is AgentState.READY
