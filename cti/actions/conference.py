"""Legs are put into one conference, as AMI actions: each when the one before it was carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cti.actions.joining import variable
from cti.actions.sending import Fields
from cti.calls.commands import Join
from cti.calls.legs import CALLER_CONFERENCE, CONFERENCE_CONTEXT, Leg, Legs
from cti.calls.third import there


@dataclass(frozen=True, slots=True)
class Step:
    """One action. ``moves``: the caller's lease stays off from it on."""

    name: str
    fields: Fields
    moves: bool = False


def together(command: Join, legs: Legs, caller: Leg) -> Sequence[Step]:
    """The steps of a command. Raises ValueError where they can't be taken as things are."""
    third = legs.get(command.offer)
    if third is None or not there(legs, command.offer):
        raise ValueError("the third party is gone")
    if caller.apart is None and caller.conference and caller.bridge:
        return [Step("Redirect", _conference(third, CONFERENCE_CONTEXT))]
    agent = legs.get(caller.apart) if caller.apart is not None and caller.apart_told else None
    if agent is None:
        raise ValueError("the caller is not on hold")
    both = {
        **_conference(agent, CONFERENCE_CONTEXT),
        "ExtraChannel": third.address,
        "ExtraContext": CONFERENCE_CONTEXT,
        "ExtraExten": agent.call,
        "ExtraPriority": "1",
    }
    # The caller comes last: until he is in it, he is in the lease's care.
    return [
        Step("Redirect", both),
        Step("Setvar", variable(caller, "TIMEOUT(absolute)", "0"), moves=True),
        Step("Redirect", _conference(caller, CALLER_CONFERENCE), moves=True),
    ]


def _conference(leg: Leg, context: str) -> dict[str, str]:
    return {"Channel": leg.address, "Context": context, "Exten": leg.call, "Priority": "1"}
