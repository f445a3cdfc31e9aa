"""Short stories of calls, as events."""

from __future__ import annotations

from cti.calls.events import (
    Accepted,
    AgentChanged,
    AgentState,
    Arrived,
    CallId,
    Chosen,
    Connected,
    Digit,
    Ended,
    EnteredMenu,
    Event,
    Offered,
    OfferId,
    Party,
    Queued,
    Ringing,
)
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
