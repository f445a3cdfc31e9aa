"""Who is asked for a call, has it or is consulted about it, and how far that is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cti.calls.call import Call, Consult, OpenOffer


def offer_state(offer: OpenOffer | None) -> str | None:
    """How far the offer has come: offered, ringing, accepted, connected; None without one."""
    if offer is None:
        return None
    states = {"connected": offer.connected, "accepted": offer.accepted, "ringing": offer.ringing}
    return next((state for state, reached in states.items() if reached), "offered")


def consult_row(consult: Consult | None) -> dict[str, Any] | None:
    """A third party: who, how far it is, and whether all three talk."""
    if consult is None:
        return None
    third = consult.open
    return {"agent": third.agent, "number": consult.number, "state": offer_state(third), "joined": consult.joined}


def asked(call: Call | None) -> Iterable[str]:
    """The agents who are asked for the call, or have it, and who is consulted about it."""
    if call is None:
        return ()
    third = call.consult.open.agent if call.consult is not None else ""
    return (*(offer.agent for offer in call.offers), *([third] if third else []))
