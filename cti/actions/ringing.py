"""What is said to Asterisk to have a phone ring, and a sound or ringing heard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cti.actions.sending import Fields
from cti.calls.call import Call
from cti.calls.legs import AGENT_CONTEXT, Leg
from cti.calls.words import OfferId
from cti.quoting import caller_id, phone, quote, variable

_ALL_KEYS = "0123456789*#ABCD"


def ring(
    offer: OfferId, channel: str, ring_s: float, call: Call | None, recording: str | None, told: Sequence[str]
) -> Fields:
    """The fields of an Originate that rings somebody for a call and then has his leg with us; ``told`` are
    variables for his phone."""
    fields: dict[str, str | Sequence[str]] = {
        "Channel": phone(channel),
        "ChannelId": offer,
        "Context": AGENT_CONTEXT,
        "Exten": "s",
        "Priority": "1",
        "Timeout": str(round(ring_s * 1000)),
        "Async": "true",
    }
    if call is not None:
        fields["CallerID"] = caller_id(call.caller_name, call.caller)
    variables = [] if recording is None else [variable("CORDBOARD_RECORDING", recording)]
    variables += told
    if variables:
        fields["Variable"] = variables
    return fields


def stream(sound: str, *, barge_in: bool = False) -> str:
    """The AGI command that plays a sound, an absolute path without suffix; with ``barge_in`` any key ends it."""
    return f"STREAM FILE {quote(sound)} {quote(_ALL_KEYS if barge_in else '')}"


def ringback(leg: Leg, beep: Path, *, over: bool = False) -> Fields:
    """The fields of the AGI action by which who is at this leg hears ringing, or that it is over."""
    # Any sound ends the tones that Ringing began.
    command = stream(str(beep)) if over else "EXEC Ringing"
    return {"Channel": leg.address, "Command": command}
