"""A third party is rung, and three legs are put together, as AMI actions: one after the other, each when
the one before it was carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cti.actions import ring
from cti.calls.call import Call
from cti.calls.commands import Consult, HandOver, Join, Meet
from cti.calls.legs import CALLER_CONFERENCE, CONFERENCE_CONTEXT, Leg, Legs
from cti.outbound import Outbound
from cti.sending import Fields

AFTER_VARIABLE = "CORDBOARD_AFTER"
"""Set on a caller's channel, it lets the dialplan give the caller back after the talk."""
KEPT_VARIABLE = "CORDBOARD_KEPT"
"""Set on an agent's channel, it gives his leg back to us once when the bridge it is in is over."""


@dataclass(frozen=True, slots=True)
class Step:
    """One action. ``needed``: that it is refused is told. ``moves``: the caller's lease stays off from it on."""

    name: str
    fields: Fields
    needed: bool = True
    moves: bool = False


def third_called(command: Consult, call: Call, outbound: Outbound, told: Sequence[str]) -> Fields:
    """The fields by which a third party is rung; ``told`` are variables for his phone.
    Raises ValueError for a number that may not be dialled."""
    channel = command.phone
    if command.number:
        if command.number not in outbound:
            raise ValueError("this number may not be called")
        # Both halves stay (n): ours is known by its Uniqueid, and would be gone with the talk's beginning.
        channel = f"Local/{command.number}@{outbound.context}/n"
    return ring(command.offer, channel, command.ring_s, call, command.recording, told)


def together(command: Meet | HandOver | Join, legs: Legs, caller: Leg) -> Sequence[Step]:
    """The steps of a command. Raises ValueError where they can't be taken as things are."""
    third = legs.get(command.offer)
    agent = legs.get(caller.apart) if caller.apart is not None and caller.apart_told else None
    if agent is None:
        raise ValueError("the caller is not on hold")
    if third is None or caller.consult is None or caller.consult.third != command.offer:
        raise ValueError("the third party is gone")
    no_lease = Step("Setvar", _variable(caller, "TIMEOUT(absolute)", "0"), moves=True)
    match command:
        case Meet():
            return [Step("Setvar", _variable(agent, KEPT_VARIABLE, "1")), Step("Bridge", _bridge(agent, third))]
        case HandOver():
            return [
                no_lease,
                *([Step("Setvar", _variable(caller, AFTER_VARIABLE, ""))] if third.number else []),
                Step("Bridge", _bridge(caller, third), moves=True),
                Step("Hangup", {"Channel": agent.uniqueid}, needed=False),
            ]
        case Join():
            # The caller comes last: until he is in it, he is in the lease's care.
            both = {
                **_conference(agent, CONFERENCE_CONTEXT),
                "ExtraChannel": third.address,
                "ExtraContext": CONFERENCE_CONTEXT,
                "ExtraExten": agent.call,
                "ExtraPriority": "1",
            }
            return [
                Step("Setvar", _variable(agent, KEPT_VARIABLE, "")),
                Step("Redirect", both),
                no_lease,
                Step("Redirect", _conference(caller, CALLER_CONFERENCE), moves=True),
            ]


def _bridge(leg: Leg, other: Leg) -> Fields:
    return {"Channel1": leg.address, "Channel2": other.address, "Tone": "no"}


def _conference(leg: Leg, context: str) -> dict[str, str]:
    return {"Channel": leg.address, "Context": context, "Exten": leg.call, "Priority": "1"}


def _variable(leg: Leg, variable: str, value: str) -> Fields:
    return {"Channel": leg.address, "Variable": variable, "Value": value}
