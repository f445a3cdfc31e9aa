"""A talk that we have taken apart: both legs are with us, and the caller is on hold.

While it is under way the caller's leg has ``apart`` set to the offer of the agent: that both leave
their bridge then ends no talk. What ends it is a leg that goes.
"""

from __future__ import annotations

from cti.calls.events import CallEvent, Left
from cti.calls.legs import Leg, Legs
from cti.calls.talk_events import Held, Resumed
from cti.calls.words import OfferId, Party, Place

WHY = "the agent left a caller on hold"


def begin(caller: Leg, offer: OfferId) -> None:
    """The talk is being taken apart."""
    caller.apart = offer


def over(caller: Leg) -> None:
    """It is apart no more, or could not be taken apart."""
    caller.apart, caller.apart_told = None, False


def concerns(legs: Legs, leg: Leg) -> bool:
    """Whether the leg is one of the two of a talk taken apart."""
    caller = legs.caller(leg.call)
    return caller is not None and caller.apart is not None and (leg is caller or leg.offer == caller.apart)


def in_agi(legs: Legs, leg: Leg, now: float) -> list[CallEvent]:
    """A leg that ``concerns`` is in AsyncAGI, and so in no bridge. The hold begins when both are: one that
    is still on its way can't be bridged."""
    leg.leave()
    caller = legs.caller(leg.call)
    if caller is None or caller.apart is None or caller.apart_told or not caller.in_agi:
        return []
    agent = legs.get(caller.apart)
    return _told(caller, now, there=agent is not None) if agent is None or agent.in_agi else []


def _told(caller: Leg, now: float, *, there: bool) -> list[CallEvent]:
    caller.apart_told = True
    held = Held(call=caller.call, at=now, offer=caller.apart)
    return [held] if there else [held, *_left(caller, Party.AGENT, now)]


def joined(caller: Leg, now: float) -> list[CallEvent]:
    """Both are in one bridge again."""
    over(caller)
    return [Resumed(call=caller.call, at=now)]


def agent_gone(caller: Leg, now: float) -> list[CallEvent]:
    """The agent's leg is no more. Where the caller is not with us yet, it is told when he is."""
    if caller.apart_told:
        return _left(caller, Party.AGENT, now)
    if caller.in_agi:
        return _told(caller, now, there=False)
    caller.talk_ended_by = Party.AGENT
    return []


def caller_gone(caller: Leg, now: float) -> list[CallEvent]:
    """The caller's leg is no more."""
    if caller.talk_ended_by is None:
        caller.talk_ended_by = Party.CALLER if caller.asked_to_hang_up else Party.SYSTEM
    over(caller)
    return [Left(call=caller.call, at=now, place=Place.TALK, why="talk over", by=caller.talk_ended_by)]


def left_behind(caller: Leg, now: float) -> list[CallEvent]:
    """The caller was on hold, and his agent has gone meanwhile."""
    return _left(caller, Party.AGENT, now)


def _left(caller: Leg, by: Party, now: float) -> list[CallEvent]:
    over(caller)
    caller.talk_ended_by = None
    return [Left(call=caller.call, at=now, place=Place.TALK, why=WHY, by=by)]
