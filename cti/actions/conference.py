"""A further party is rung, and legs are put together, as AMI actions: one after the other, each when
the one before it was carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cti.actions.ringing import stream
from cti.actions.sending import Fields
from cti.calls.commands import HandOver, Join, Meet
from cti.calls.legs import CALLER_CONFERENCE, CONFERENCE_CONTEXT, Leg, Legs
from cti.calls.third import there

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


def together(command: Meet | HandOver | Join, legs: Legs, caller: Leg) -> Sequence[Step]:
    """The steps of a command. Raises ValueError where they can't be taken as things are."""
    third = legs.get(command.offer)
    if third is None or not there(legs, command.offer):
        raise ValueError("the third party is gone")
    if isinstance(command, Join) and caller.apart is None and caller.conference and caller.bridge:
        return [Step("Redirect", _conference(third, CONFERENCE_CONTEXT))]
    agent = legs.get(caller.apart) if caller.apart is not None and caller.apart_told else None
    if agent is None:
        raise ValueError("the caller is not on hold")
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


def ringback(leg: Leg, beep: Path, *, over: bool = False) -> Fields:
    """The fields of the AGI action by which who is at this leg hears ringing, or that it is over."""
    # Any sound ends the tones that Ringing began.
    command = stream(str(beep)) if over else "EXEC Ringing"
    return {"Channel": leg.address, "Command": command}


def _bridge(leg: Leg, other: Leg) -> Fields:
    return {"Channel1": leg.address, "Channel2": other.address, "Tone": "no"}


def _conference(leg: Leg, context: str) -> dict[str, str]:
    return {"Channel": leg.address, "Context": context, "Exten": leg.call, "Priority": "1"}


def _variable(leg: Leg, variable: str, value: str) -> Fields:
    return {"Channel": leg.address, "Variable": variable, "Value": value}
