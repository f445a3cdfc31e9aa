"""Who has come: the event Arrived, made from what Asterisk tells of a caller's leg."""

from __future__ import annotations

from collections.abc import Mapping

from cti.calls.events import Arrived
from cti.calls.legs import Leg
from cti.masking import masked

_NAME_LENGTH = 80


def clean(text: str) -> str:
    """A name or number from outside, fit to be shown and stored: printable, at most 80 characters,
    and no number of a payment card."""
    if text == "<unknown>":  # what AMI says for none
        return ""
    return masked("".join(c for c in text if c.isprintable()))[:_NAME_LENGTH]


def arrived(leg: Leg, message: Mapping[str, str], now: float) -> Arrived:
    """A caller's leg came to us, as this message tells."""
    return Arrived(
        call=leg.call,
        at=now,
        channel=leg.channel,
        uniqueid=leg.uniqueid,
        caller=clean(message.get("CallerIDNum", "")),
        caller_name=clean(message.get("CallerIDName", "")),
        dialled=clean(message.get("Exten", "")),
    )


def called_back(leg: Leg, number: str, now: float) -> Arrived:
    """The customer picked up whom we called at this number."""
    return Arrived(
        call=leg.call, at=now, channel=leg.channel, uniqueid=leg.uniqueid, caller=number, caller_name="", dialled=""
    )
