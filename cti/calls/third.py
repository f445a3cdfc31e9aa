"""A third party whom an agent consults while his caller is on hold, and who may join them or take over.

Three legs go in and out of bridges one after the other. What is told follows from who is with whom
now, so that events may come in any order: agent and third in one bridge consult; all in one have
joined; caller and third, without the agent, are a talk of their own.
"""

from __future__ import annotations

from cti.calls import apart
from cti.calls.call import Call
from cti.calls.events import CallEvent, Connected, Left, Refused, Transferred
from cti.calls.legs import Consult, Leg, Legs, Role
from cti.calls.talk_events import Consulting, ConsultOver, Joined, Resumed
from cti.calls.words import CallId, OfferId, Party, Place, Refusal

OVER = "talk over"


def expect(
    legs: Legs, call: CallId, offer: OfferId, *, agent: str = "", number: str = "", recording: str | None = None
) -> Leg:
    """The leg of a third party will appear."""
    third = legs.add(Leg(call, Role.THIRD, offer, offer=offer, agent=agent, recording=recording, number=number))
    if caller := legs.caller(call):
        caller.consult = Consult(offer)
    return third


def know(legs: Legs, call: Call) -> None:
    """Takes up the consultation of a call that an earlier engine left."""
    if call.consult is None:
        return
    asked = call.consult.open
    expect(
        legs, call.id, asked.offer, agent=asked.agent, number=call.consult.number, recording=asked.recording
    ).in_agi = asked.accepted
    if (caller := legs.caller(call.id)) and caller.consult:
        caller.consult.met, caller.consult.joined = asked.connected, call.consult.joined


def consulted(legs: Legs, call: CallId) -> Leg | None:
    """The third party of the call, while there is one."""
    caller = legs.caller(call)
    if caller is None or caller.consult is None:
        return None
    third = legs.get(caller.consult.third)
    if third is None:
        caller.consult = None
    return third


def moved(legs: Legs, third: Leg, now: float) -> list[CallEvent]:
    """One of the three has entered a bridge."""
    caller, agent = legs.caller(third.call), _agent(legs, third.call)
    if caller is None or caller.consult is None or caller.consult.joined or third.offer is None:
        return []
    with_agent, with_third = _together(caller, agent), _together(caller, third)
    if with_agent and with_third:
        apart.over(caller)
        caller.consult.met = caller.consult.joined = True
        return [Resumed(call=caller.call, at=now), Joined(call=caller.call, at=now, offer=third.offer)]
    if with_third and (agent is None or not third.conference):
        return _has_the_caller(legs, caller, third, now)
    if with_agent and not caller.conference:
        caller.consult = None
        return [ConsultOver(call=caller.call, at=now, offer=third.offer), *apart.joined(caller, now)]
    if _together(third, agent) and not caller.consult.met:
        caller.consult.met = True
        return [Consulting(call=caller.call, at=now, offer=third.offer)]
    return []


def left(legs: Legs, third: Leg, leg: Leg, now: float) -> list[CallEvent] | None:
    """One of the three has left a bridge; None where that is told as of any talk. Only a caller who
    leaves the conference ends something; else it is a leg's end that does, or the next bridge."""
    caller = legs.caller(third.call)
    if leg is caller and caller.consult is not None and caller.consult.joined:
        return None
    leg.leave()
    return []


def over(legs: Legs, third: Leg, now: float) -> list[CallEvent]:
    """The consultation is over before anything else is told of the call: the caller is off it."""
    caller = legs.caller(third.call)
    if caller is not None:
        caller.consult = None
    return [] if third.offer is None else [ConsultOver(call=third.call, at=now, offer=third.offer)]


def agent_gone(legs: Legs, third: Leg, agent: Leg, now: float) -> list[CallEvent] | None:
    """The agent's leg is no more. None where it is told as without a third party, who is off then."""
    caller = legs.caller(third.call)
    assert caller is not None
    assert caller.consult is not None
    joining = third.conference and bool(third.bridge)
    if not (caller.consult.joined or joining):
        return None
    legs.remove(agent)
    if _together(caller, third):
        return _has_the_caller(legs, caller, third, now)
    return _all_gone(legs, caller, third, now) if caller.consult.joined else []


def gone(legs: Legs, third: Leg, now: float, refusal: Refusal) -> list[CallEvent]:
    """The third party's leg is no more; ``refusal`` is why, if he did not pick up."""
    known, caller = consulted(legs, third.call), legs.caller(third.call)
    legs.remove(third)
    if third.offer is None or caller is None or caller.consult is None or known is not third:
        return []
    agent, joined = _agent(legs, third.call), caller.consult.joined
    if agent is None:
        return _all_gone(legs, caller, third, now)
    caller.consult = None
    if not (third.told or third.in_agi or third.left_bridges or third.bridge):
        return [Refused(call=third.call, at=now, offer=third.offer, agent=third.agent, reason=refusal)]
    out: list[CallEvent] = [ConsultOver(call=third.call, at=now, offer=third.offer)]
    return [*out, *apart.joined(caller, now)] if not joined and _together(caller, agent) else out


def _has_the_caller(legs: Legs, caller: Leg, third: Leg, now: float) -> list[CallEvent]:
    """Caller and third talk, and the agent is off the call, or will be at once."""
    if agent := _agent(legs, caller.call):
        legs.remove(agent)
    apart.over(caller)
    caller.consult = None
    if third.number or third.offer is None:
        return [Transferred(call=caller.call, at=now, to=third.number)]
    third.role = Role.AGENT
    return [Connected(call=caller.call, at=now, offer=third.offer, agent=third.agent)]


def _all_gone(legs: Legs, caller: Leg, third: Leg, now: float) -> list[CallEvent]:
    """Nobody is left with the caller."""
    out = over(legs, third, now)
    if caller.apart is not None:
        return [*out, *apart.agent_gone(caller, now)]
    caller.talk_ended_by = Party.AGENT
    caller.leave()
    return [*out, Left(call=caller.call, at=now, place=Place.TALK, why=OVER, by=Party.AGENT)]


def _agent(legs: Legs, call: CallId) -> Leg | None:
    return next(iter(legs.of(call, Role.AGENT)), None)


def _together(leg: Leg, other: Leg | None) -> bool:
    return other is not None and bool(leg.bridge) and leg.bridge == other.bridge
