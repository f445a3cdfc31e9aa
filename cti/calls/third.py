"""Parties whom an agent has asked about his caller: one is consulted while the caller is on hold, and may join
them or take over; when they talk with others, one more comes straight in.

Legs go in and out of bridges one after the other. What is told follows from who is with whom
now, so that events may come in any order: agent and third in one bridge consult; a third in one with both
has joined; caller and third, without the agent, are a talk of their own.
"""

from __future__ import annotations

from cti.calls import apart
from cti.calls.call import Call
from cti.calls.events import CallEvent, Connected, Left, Refused, Transferred
from cti.calls.legs import Beside, Leg, Legs, Role
from cti.calls.parties import Consult
from cti.calls.talk_events import Consulting, ConsultOver, Joined
from cti.calls.words import CallId, OfferId, Party, Place, Refusal

OVER = "talk over"
UNKNOWN_BRIDGE = "as last known"


def expect(
    legs: Legs, call: CallId, offer: OfferId, *, agent: str = "", number: str = "", recording: str | None = None
) -> Leg:
    """The leg of a third party will appear."""
    if before := consulted(legs, call):
        before.beside = Beside.OFF
    return legs.add(Leg(call, Role.THIRD, offer, offer=offer, agent=agent, recording=recording, number=number))


def know(legs: Legs, call: Call) -> None:
    """Takes up the parties of a call that an earlier engine left."""
    caller = legs.caller(call.id)
    for party in call.parties:
        asked = party.open
        third = expect(legs, call.id, asked.offer, agent=asked.agent, number=party.number, recording=asked.recording)
        third.in_agi, third.beside = asked.accepted, _as_told(call, party)
        if third.beside is Beside.JOINED and caller is not None:
            third.bridge = caller.bridge = UNKNOWN_BRIDGE


def _as_told(call: Call, party: Consult) -> Beside:
    if call.place is Place.TRANSFER:
        return Beside.OFF
    if party.joined:
        return Beside.JOINED
    return Beside.MET if party.open.connected else Beside.ASKED


def parties(legs: Legs, call: CallId) -> list[Leg]:
    """The parties beside the agent of this call."""
    return [leg for leg in legs.of(call, Role.THIRD) if leg.beside is not Beside.OFF]


def consulted(legs: Legs, call: CallId) -> Leg | None:
    """The party who is asked or consulted, and not in the conference, while there is one."""
    return next((leg for leg in parties(legs, call) if leg.beside is not Beside.JOINED), None)


def there(legs: Legs, offer: OfferId) -> bool:
    """Whether the party of this offer is still beside the agent."""
    third = legs.get(offer)
    return third is not None and third.beside is not Beside.OFF


def moved(legs: Legs, call: CallId, now: float) -> list[CallEvent]:
    """A leg of the call has entered a bridge."""
    third, caller, agent = consulted(legs, call), legs.caller(call), _agent(legs, call)
    if third is None or caller is None or third.offer is None:
        return []
    with_agent, with_third = _together(caller, agent), _together(caller, third)
    if with_agent and with_third:
        resumed = apart.joined(caller, now) if caller.apart is not None else []
        third.beside = Beside.JOINED
        return [*resumed, Joined(call=call, at=now, offer=third.offer)]
    if with_third and (agent is None or not third.conference):
        return _has_the_caller(legs, caller, third, now)
    if with_agent and not caller.conference:
        third.beside = Beside.OFF
        return [ConsultOver(call=call, at=now, offer=third.offer), *apart.joined(caller, now)]
    if _together(third, agent) and third.beside is Beside.ASKED:
        third.beside = Beside.MET
        return [Consulting(call=call, at=now, offer=third.offer)]
    return []


def left(legs: Legs, leg: Leg, now: float) -> list[CallEvent] | None:
    """A leg has left a bridge; None where that is told as of any talk. Only a caller who leaves, or an agent who
    was alone with him, ends something; else it is a leg's end that does, or the next bridge."""
    caller, agent = legs.caller(leg.call), _agent(legs, leg.call)
    if caller is not None and caller.apart is None:
        others = any(_together(leg, third) for third in parties(legs, leg.call) if third is not leg)
        if leg is caller or (leg is agent and not others):
            return None
    leg.leave()
    return []


def over(legs: Legs, call: CallId, now: float) -> list[CallEvent]:
    """It is over for all parties before anything else is told of the call: the caller is off it."""
    return [event for third in parties(legs, call) for event in _off(third, now)]


def agent_gone(legs: Legs, agent: Leg, now: float) -> list[CallEvent] | None:
    """The agent's leg is no more. None where it is told as without other parties, who are off then."""
    caller = legs.caller(agent.call)
    assert caller is not None
    beside = parties(legs, agent.call)
    joined = any(third.beside is Beside.JOINED for third in beside)
    joining = [third for third in beside if third.conference and third.bridge]
    if not (joined or joining):
        return None
    legs.remove(agent)
    heirs = [third for third in beside if _together(caller, third)]
    if heirs:
        return _has_the_caller(legs, caller, min(heirs, key=lambda third: bool(third.number)), now)
    return _all_gone(legs, caller, now) if joined else []


def gone(legs: Legs, third: Leg, now: float, refusal: Refusal) -> list[CallEvent]:
    """The leg of a party is no more; ``refusal`` is why, if he did not pick up."""
    caller, agent, was = legs.caller(third.call), _agent(legs, third.call), third.beside
    legs.remove(third)
    if was is Beside.OFF or third.offer is None or caller is None:
        return []
    if agent is None:
        return [*_off(third, now), *_all_gone(legs, caller, now)]
    if not (third.told or third.in_agi or third.left_bridges or third.bridge):
        return [Refused(call=third.call, at=now, offer=third.offer, agent=third.agent, reason=refusal)]
    back = was is not Beside.JOINED and caller.apart is not None and _together(caller, agent)
    return [*_off(third, now), *(apart.joined(caller, now) if back else [])]


def _has_the_caller(legs: Legs, caller: Leg, third: Leg, now: float) -> list[CallEvent]:
    """Caller and third talk, and the agent is off the call, or will be at once. Where the third is outside,
    the caller is: so it is over for who has not joined them, and we follow the others no more."""
    if agent := _agent(legs, caller.call):
        legs.remove(agent)
    apart.over(caller)
    third.beside = Beside.OFF
    if not third.number and third.offer is not None:
        third.role = Role.AGENT
        return [Connected(call=caller.call, at=now, offer=third.offer, agent=third.agent)]
    waits = consulted(legs, caller.call)
    out = _off(waits, now) if waits is not None else []
    for other in parties(legs, caller.call):
        other.beside = Beside.OFF
    return [*out, Transferred(call=caller.call, at=now, to=third.number)]


def _all_gone(legs: Legs, caller: Leg, now: float) -> list[CallEvent]:
    """Nobody is left with the caller."""
    out = over(legs, caller.call, now)
    if caller.apart is not None:
        return [*out, *apart.agent_gone(caller, now)]
    caller.talk_ended_by = Party.AGENT
    caller.leave()
    return [*out, Left(call=caller.call, at=now, place=Place.TALK, why=OVER, by=Party.AGENT)]


def _off(third: Leg, now: float) -> list[CallEvent]:
    third.beside = Beside.OFF
    return [] if third.offer is None else [ConsultOver(call=third.call, at=now, offer=third.offer)]


def _agent(legs: Legs, call: CallId) -> Leg | None:
    return next(iter(legs.of(call, Role.AGENT)), None)


def _together(leg: Leg, other: Leg | None) -> bool:
    return other is not None and bool(leg.bridge) and leg.bridge == other.bridge
