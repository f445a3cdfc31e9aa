"""Who called before, and who spoke with them."""

from __future__ import annotations

import pytest

from cti.calls.events import Arrived, CallEvent, Connected, Ended, Offered, Queued
from cti.calls.words import CallId, OfferId, Party
from recordings.desk import contacts
from recordings.desk.contacts import last_agent, of_callers
from recordings.store import JournalRow, Store


def call(name: str, at: float, caller: str, agent: str = "") -> list[CallEvent]:
    """A call that an agent answers, or that nobody does."""
    id_, offer = CallId(name), OfferId(f"of-{name}")
    story: list[CallEvent] = [
        Arrived(at=at, call=id_, channel="PJSIP/x", uniqueid=name, caller=caller, caller_name="", dialled="100"),
        Queued(at=at + 1, call=id_, queue="orders"),
    ]
    if agent:
        story += [
            Offered(at=at + 2, call=id_, offer=offer, agent=agent),
            Connected(at=at + 3, call=id_, offer=offer, agent=agent),
        ]
    return [*story, Ended(at=at + 9, call=id_, by=Party.CALLER)]


async def remember(store: Store, *calls: list[CallEvent]) -> None:
    happened = [event for events in calls for event in events]
    await store.write([JournalRow("run", number, event) for number, event in enumerate(happened, 1)])


ANN = "+4930123"


@pytest.mark.parametrize("page", [1, 100])
async def test_the_last_and_the_first_agent_of_a_caller(
    store: Store, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "PAGE", page)
    await remember(
        store,
        call("long-ago", 100, ANN, "carol"),
        call("first", 1000, ANN, "alice"),
        call("second", 2000, ANN, "bob"),
        call("abandoned", 3000, ANN),
        call("other", 4000, "+4930999", "carol"),
    )
    assert await last_agent(store, ANN, 500.0) == "bob"
    assert await last_agent(store, ANN, 500.0, first=True) == "alice"
    assert await last_agent(store, ANN, 2500.0) == ""
    assert await last_agent(store, "+4930998", 0.0, first=True) == ""


async def test_the_last_calls_of_some_numbers(store: Store) -> None:
    calls = (call("one", 100, ANN), call("two", 200, "030123", "bob"), call("three", 300, "+4930999"))
    await remember(store, *calls)
    assert [record.id for record in await of_callers(store, {ANN, "030123"}, 50)] == ["two", "one"]
    assert [record.id for record in await of_callers(store, {ANN, "030123"}, 1)] == ["two"]
    assert await of_callers(store, set(), 50) == []
