"""Looks into the journal."""

from __future__ import annotations

import pytest

from cti.calls.events import AgentChanged, CallbackOver, CallbackWanted, CalledBack, Connected, Offered, Refused
from cti.calls.words import AgentState, CallId, OfferId, Refusal
from recordings.journal import decisions, last_states, open_callbacks
from recordings.storage.masking import MASK
from recordings.store import Store
from tests.recordings.scenarios import rows


async def test_the_last_state_of_each_agent(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(at: float, agent: str, state: AgentState) -> AgentChanged:
        return AgentChanged(at=at, agent=agent, state=state, reason="", call=None)

    monkeypatch.setattr("recordings.journal.STRETCH", 3)
    store = await Store.open(url)
    assert await last_states(store, ["alice"], 0.0) == {}
    happened = [
        told(1, "old", AgentState.READY),
        told(2, "alice", AgentState.READY),
        *(told(3 + n, "bob", AgentState.TALKING if n % 2 else AgentState.READY) for n in range(9)),
    ]
    await store.write(rows(happened))
    found = await last_states(store, ["alice", "bob", "old", "nobody"], since=1.5)
    assert found == {"alice": happened[1], "bob": happened[-1]}
    await store.close()


async def test_callbacks_that_are_not_over(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def wanted(at: float, call: str, number: str = "1") -> CallbackWanted:
        return CallbackWanted(at=at, call=CallId(call), number=number, queue="orders")

    def called(at: float, attempt: int) -> CalledBack:
        call, first = CallId(f"b{attempt}"), CallId("c1")
        return CalledBack(at=at, call=call, number="1", queue="orders", wanted=first, attempt=attempt, since=1.0)

    monkeypatch.setattr("recordings.journal.STRETCH", 2)
    store = await Store.open(url)
    over = CallbackOver(at=6.0, call=CallId("c2"), reached=True, attempts=1)
    happened = [wanted(0.5, "old"), wanted(1.0, "c1"), wanted(2.0, "c2"), called(3.0, 1), called(4.0, 2), over]
    await store.write(rows([*happened, wanted(7.0, "c3"), wanted(8.0, "of an erased customer", MASK)]))
    found = await open_callbacks(store, 0.9)
    assert [(event.call, attempts) for event, attempts in found] == [("c1", 2), ("c3", 0)]
    await store.close()


async def test_why_each_agent_was_asked(url: str) -> None:
    store = await Store.open(url)
    call, first, second = CallId("c1"), OfferId("o1"), OfferId("o2")
    passed = {"bob": "didn't take this call before"}
    await store.write(
        rows(
            [
                Offered(at=1.0, call=call, offer=first, agent="bob", candidates=2, strategy="longest-idle"),
                Refused(at=2.0, call=call, offer=first, agent="bob", reason=Refusal.REFUSED),
                Offered(at=3.0, call=call, offer=second, agent="ann", step=1, candidates=3, passed=passed),
                Connected(at=4.0, call=call, offer=second, agent="ann"),
            ]
        )
    )
    bob, ann = await decisions(store, call)
    assert (bob.agent, bob.candidates, bob.strategy, bob.came) == ("bob", 2, "longest-idle", "refused")
    assert (ann.agent, ann.step, ann.passed, ann.came) == ("ann", 1, passed, "talk")
    assert await decisions(store, CallId("c2")) == []
    await store.close()
