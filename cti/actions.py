"""What AMI actions carry: text made safe, and the fields by which a phone is asked to ring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cti.calls.call import Call
from cti.calls.legs import AGENT_CONTEXT
from cti.calls.words import OfferId

Fields = Mapping[str, str | Sequence[str]]

_LONGEST = 80
_AUTO_ANSWER = (
    "PJSIP_HEADER(add,Call-Info)=<sip:cordboard>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)=<http://cordboard>;info=alert-autoanswer;delay=0",
)
"""Headers of INVITE at which phones pick up by themselves; no make reads all kinds."""


def ring(
    offer: OfferId, channel: str, ring_s: float, call: Call | None, recording: str | None, *, auto_answer: bool
) -> Fields:
    """The fields of an Originate that rings somebody for a call and then has his leg with us."""
    fields: dict[str, str | Sequence[str]] = {
        "Channel": channel,
        "ChannelId": offer,
        "Context": AGENT_CONTEXT,
        "Exten": "s",
        "Priority": "1",
        "Timeout": str(round(ring_s * 1000)),
        "Async": "true",
    }
    if call is not None:
        fields["CallerID"] = caller_id(call.caller_name, call.caller)
    variables = [] if recording is None else [f"CORDBOARD_RECORDING={recording}"]
    if auto_answer and channel.startswith("PJSIP/"):
        variables += _AUTO_ANSWER
    if variables:
        fields["Variable"] = variables
    return fields


def quote(text: str) -> str:
    """An AGI argument in quotes. Raises ValueError for text that no quoting makes safe."""
    if any(not c.isprintable() for c in text):
        raise ValueError("an AGI argument with a control character in it")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def caller_id(name: str, number: str) -> str:
    """``"Name" <number>`` of what is printable, without what would break out of it. A name and a
    number have at most 80 characters each."""
    name = "".join(c for c in name if c.isprintable() and c not in '"<>\\')[:_LONGEST]
    number = "".join(c for c in number if c.isalnum() or c in "+*#")[:_LONGEST]
    return f'"{name}" <{number}>'
