"""Short stories of calls, as events; and any events at all."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cti.calls.events import (
    Accepted,
    Adopted,
    AgentChanged,
    Arrived,
    Chosen,
    Connected,
    Digit,
    Ended,
    EnteredMenu,
    Event,
    FellBack,
    Left,
    Offered,
    Queued,
    Refused,
    Ringing,
)
from cti.calls.talk_events import MonitorStarted
from cti.calls.words import AgentState, CallId, MonitorMode, OfferId, Party, Place, Refusal
from tests.cti.desk.desktop import NOW

C1, C2 = CallId("c1"), CallId("c2")
O1 = OfferId("o1")


def arrives(call: CallId = C1, at: float = NOW, name: str = "Alice") -> list[Event]:
    return [
        Arrived(at=at, call=call, channel="PJSIP/x-1", uniqueid="u.1", caller="5550", caller_name=name, dialled="100"),
        EnteredMenu(at=at, call=call, flow="main", node="hello", verb="menu"),
    ]


def waits(call: CallId = C1, at: float = NOW, priority: int = 0) -> list[Event]:
    return [
        *arrives(call, at),
        Digit(at=at, call=call, digit="7"),
        Chosen(at=at, call=call, node="hello", value="sales"),
        Queued(at=at + 1, call=call, queue="sales", priority=priority),
    ]


def rings(agent: str = "ann", call: CallId = C1) -> list[Event]:
    return [
        *waits(call),
        Offered(at=NOW + 2, call=call, offer=O1, agent=agent),
        AgentChanged(at=NOW + 2, agent=agent, state=AgentState.RINGING, call=call),
        Ringing(at=NOW + 3, call=call, offer=O1),
    ]


def talks(agent: str = "ann", call: CallId = C1) -> list[Event]:
    return [
        *rings(agent, call),
        Accepted(at=NOW + 4, call=call, offer=O1),
        Connected(at=NOW + 5, call=call, offer=O1, agent=agent),
        AgentChanged(at=NOW + 5, agent=agent, state=AgentState.TALKING, call=call),
    ]


def ends(call: CallId = C1, at: float = NOW + 60) -> list[Event]:
    return [Ended(at=at, call=call, by=Party.CALLER)]


names = st.sampled_from(["ann", "bob", "eve"])
calls = st.sampled_from([C1, C2, CallId("c3")])
offers = st.sampled_from([O1, OfferId("o2")])
times = st.floats(NOW, NOW + 1000)


def _of(kind: type[Event], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    return st.builds(kind, at=times, **fields)


any_event: st.SearchStrategy[Event] = st.one_of(
    _of(Arrived, call=calls, channel=st.just("x"), uniqueid=st.just("u"), caller=st.text(), caller_name=st.text(),
        dialled=st.text()),
    _of(Adopted, call=calls, channel=st.just("x"), place=st.sampled_from(Place)),
    _of(EnteredMenu, call=calls, flow=st.just("f"), node=st.just("n"), verb=st.just("say")),
    _of(Chosen, call=calls, node=st.just("n"), value=st.text()),
    _of(Queued, call=calls, queue=st.sampled_from(["sales", "help"]), priority=st.integers(0, 3)),
    _of(Offered, call=calls, offer=offers, agent=names),
    _of(Ringing, call=calls, offer=offers),
    _of(Accepted, call=calls, offer=offers),
    _of(Refused, call=calls, offer=offers, agent=names, reason=st.sampled_from(Refusal)),
    _of(Connected, call=calls, offer=offers, agent=names),
    _of(MonitorStarted, call=calls, supervisor=st.just("sue"), mode=st.sampled_from(MonitorMode)),
    _of(Left, call=calls, place=st.sampled_from(Place), why=st.just("over")),
    _of(FellBack, call=calls),
    _of(Ended, call=calls, by=st.sampled_from(Party)),
    _of(AgentChanged, agent=names, state=st.sampled_from(AgentState), reason=st.text(), call=st.none() | calls),
)  # fmt: skip
