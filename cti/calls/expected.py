"""The legs that are about to appear: of what we are going to ask for, and of what an earlier engine left."""

from __future__ import annotations

from cti.calls import apart, third
from cti.calls.call import Call
from cti.calls.legs import Leg, Legs, Role, callback_uniqueid, monitor_uniqueid
from cti.calls.words import CallId, OfferId


def agent(legs: Legs, call: CallId, offer: OfferId, name: str, recording: str | None) -> Leg:
    """An agent's leg with this offer id will appear."""
    return legs.add(Leg(call, Role.AGENT, offer, offer=offer, agent=name, recording=recording))


def customer(legs: Legs, call: CallId, number: str) -> Leg:
    """The leg of a customer who is called back will appear."""
    return legs.add(Leg(call, Role.CALLER, callback_uniqueid(call), calling=number))


def monitor(legs: Legs, call: CallId, supervisor: str) -> Leg:
    """A supervisor's leg will appear."""
    return legs.add(Leg(call, Role.MONITOR, monitor_uniqueid(call, supervisor), supervisor=supervisor))


def know(legs: Legs, call: Call) -> None:
    """Takes up a call that an earlier engine left: its legs are expected to be there."""
    uniqueid = call.uniqueid or callback_uniqueid(call.id)
    calling = "" if call.channel else call.caller
    caller = legs.add(Leg(call.id, Role.CALLER, uniqueid, channel=call.channel, calling=calling))
    for offer in call.offers:
        leg = agent(legs, call.id, offer.offer, offer.agent, offer.recording)
        if offer.offer == call.parked:
            apart.begin(caller, offer.offer)
            caller.apart_told = True
        elif offer.connected and not leg.bridge:
            caller.bridge = leg.bridge = third.UNKNOWN_BRIDGE
    third.know(legs, call)
    for supervisor in call.monitors:
        monitor(legs, call.id, supervisor)
