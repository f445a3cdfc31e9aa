"""Who may do something with a talk: the agent on it, or a supervisor."""

from __future__ import annotations

from fastapi import HTTPException

from cti.access import Person
from cti.calls.call import Call
from cti.calls.parties import OpenOffer
from cti.calls.words import CallId, Place
from cti.desk.api import Calls
from cti.desk.view import EVERYTHING, audience_of


def talk_of(calls: Calls, id: str, who: Person) -> tuple[Call, OpenOffer]:
    """The call, and the offer by which its agent, or the one who asks, talks on it. Raises HTTPException:
    404 for others, 409 (for an agent 403) where nobody talks yet."""
    call, audience = calls().get(CallId(id)), audience_of(who)
    if call is None or not (audience is EVERYTHING or any(offer.agent == audience for offer in call.offers)):
        raise HTTPException(404, "no such call is live, or it is not yours")
    own = next((offer for offer in call.offers if offer.agent == audience), call.offer)
    if own is None or not own.connected or call.place is not Place.TALK:
        raise HTTPException(409 if audience is EVERYTHING else 403, "nobody talks on this call")
    return call, own
