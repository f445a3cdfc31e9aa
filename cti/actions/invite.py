"""What an agent's phone is told with a call, in headers of its INVITE."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cti.calls.call import Call
from cti.calls.commands import Consult, Offer
from cti.quoting import variable

CardUrl = Callable[[Call, str], str | None]
"""Where the card of a call that an agent (by name) is offered can be looked at; None for nowhere."""

_AUTO_ANSWER = (
    variable("PJSIP_HEADER(add,Call-Info)", "<sip:cordboard>;answer-after=0"),
    variable("PJSIP_HEADER(add,Alert-Info)", "<http://cordboard>;info=alert-autoanswer;delay=0"),
)
"""Phones pick up by themselves at these; no make reads all kinds."""


def nowhere(call: Call, agent: str) -> str | None:
    """Where there are no cards."""
    return None


def headers(offer: Offer | Consult, call: Call | None, card_url: CardUrl) -> Sequence[str]:
    """The variables of Originate that set them; only phones of PJSIP can be told."""
    if not offer.phone.startswith("PJSIP/"):
        return ()
    told = _AUTO_ANSWER if offer.auto_answer else ()
    url = card_url(call, offer.agent) if call is not None else None
    # A web page that tells of the caller (RFC 3261, 20.9). What is set last stands first in the INVITE, and
    # some phones read no further.
    return (variable("PJSIP_HEADER(add,Call-Info)", f"<{url}>;purpose=info"), *told) if url else told
