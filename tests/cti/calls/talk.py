"""The AMI events of one plain call, as Asterisk 22 sends them (only the headers that are read)."""

from __future__ import annotations

from collections.abc import Iterable

from cti.calls.events import CallEvent
from cti.calls.names import call_id
from cti.calls.part import Output
from cti.calls.words import CallId, OfferId

CALLER = "1763790000.17"
CALLER_CHANNEL = "PJSIP/caller-00000008"
OFFER = OfferId("cordboard-0011223344556677")
AGENT_CHANNEL = "PJSIP/alice-00000009"
BRIDGE = "7b0f8a52-5d51-4f0e-9f0f-6d5b3ac0e0a1"
CALL: CallId = call_id("test", CALLER)

Event = dict[str, str]


def told(outputs: Iterable[Output]) -> list[CallEvent]:
    """The events among them."""
    return [output for output in outputs if isinstance(output, CallEvent)]


def event(name: str, **headers: str) -> Event:
    return {"Event": name, **headers}


def caller(name: str, **headers: str) -> Event:
    return event(name, Channel=CALLER_CHANNEL, Uniqueid=CALLER, Linkedid=CALLER, **headers)


def agent(name: str, **headers: str) -> Event:
    return event(name, Channel=AGENT_CHANNEL, Uniqueid=OFFER, Linkedid=OFFER, **headers)


ARRIVES = [
    caller("Newchannel", Context="from-trunk", Exten="100"),
    caller("AsyncAGIStart", Context="cordboard", Exten="100", CallerIDNum="5550123", CallerIDName="Ann"),
]
ANSWERED = [caller("AsyncAGIExec", CommandID=f"e1:{CALL}:answer", Result="200%20result%3D0%0A")]
PLAYED = [
    caller("DTMFEnd", Digit="1", Direction="Received"),
    caller("AsyncAGIExec", CommandID=f"e1:{CALL}:play-1", Result="200%20result%3D49%20endpos%3D800%0A"),
]
RINGS = [agent("Newchannel", Context="cordboard-agent"), agent("Newstate", ChannelState="5")]
ACCEPTS = [
    agent("Newstate", ChannelState="6"),
    agent("MixMonitorStart"),
    agent("AsyncAGIStart", Context="cordboard-agent"),
]
WAITING = {"BridgeUniqueid": "b1", "BridgeType": "base", "BridgeCreator": "BridgeWait"}
STANDS_BY = [caller("AsyncAGIEnd"), caller("BridgeEnter", **WAITING)]
TALKS = [
    *STANDS_BY,
    agent("AsyncAGIEnd"),
    caller("BridgeLeave", **WAITING),
    caller("BridgeEnter", BridgeUniqueid=BRIDGE),
    agent("BridgeEnter", BridgeUniqueid=BRIDGE),
]
AGAIN = "0c5e2f6e-3a54-4be2-8f0c-a7e3a2b0d9f4"
TALKS_AGAIN = [caller("BridgeEnter", BridgeUniqueid=AGAIN), agent("BridgeEnter", BridgeUniqueid=AGAIN)]
CALLER_HANGS_UP = [
    caller("HangupRequest"),
    caller("BridgeLeave", BridgeUniqueid=BRIDGE),
    agent("BridgeLeave", BridgeUniqueid=BRIDGE),
    caller("Hangup", Cause="16"),
    agent("Hangup", Cause="16"),
]
AGENT_HANGS_UP = [
    agent("HangupRequest"),
    agent("BridgeLeave", BridgeUniqueid=BRIDGE),
    caller("BridgeLeave", BridgeUniqueid=BRIDGE),
    agent("Hangup", Cause="16"),
    caller("Hangup", Cause="16"),
]
