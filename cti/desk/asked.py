"""Who is asked for a call, has it or is consulted about it, and how far that is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cti.calls.call import Call
from cti.calls.parties import Consult, OpenOffer


def offer_state(offer: OpenOffer | None) -> str | None:
    """How far the offer has come: offered, ringing, accepted, connected; None without one."""
    if offer is None:
        return None
    states = {"connected": offer.connected, "accepted": offer.accepted, "ringing": offer.ringing}
    return next((state for state, reached in states.items() if reached), "offered")


def party_row(party: Consult) -> dict[str, Any]:
    """A party beside the agent: by what offer he is there, who, how far it is, and whether he talks with all."""
    open = party.open
    who = {"agent": open.agent, "number": party.number}
    return {"offer": open.offer, **who, "state": offer_state(open), "joined": party.joined}


def asked(call: Call | None) -> Iterable[str]:
    """The agents who are asked for the call, or have it, and those who are asked about it."""
    if call is None:
        return ()
    beside = (party.open.agent for party in call.parties if party.open.agent)
    return (*(offer.agent for offer in call.offers), *beside)
