"""What becomes of parties whom an agent asks about his caller: one who is consulted meets the agent when both
are ready for it, one who is asked into a conference comes in, and all are let go when it is over.

Nothing here ends a hold: a caller whose agent's third party is gone stays on hold, and his agent,
whose leg is with us again, goes back to him or asks another.
"""

from __future__ import annotations

from collections.abc import Sequence

from cti.calls.call import Call
from cti.calls.commands import Join, Meet, Ringback, StopRecording, Withdraw
from cti.calls.events import Accepted, Adopted, Ended, Event, Failed, FellBack, Left, Refused, Ringing, Transferred
from cti.calls.part import Output
from cti.calls.parties import Consult
from cti.calls.talk_events import ConsultOver, Held, Joined, PauseAsked
from cti.calls.words import OfferId, Place


class ConsultPart:
    """The part that follows consultations and conferences."""

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if call is None:
            return ()
        match event:
            case Accepted() | Ringing() | Held() | Adopted(place=Place.TALK) if call.consult is not None:
                return _meet(call, call.consult)
            case Refused() if call.parked is not None and call.place is Place.TALK:
                return [Ringback(call=call.id, offer=call.parked, over=True)]
            case Failed(command="Hold" | "Consult" | "Meet" | "Join") if call.consult is not None:
                return _off(call, now)
            case PauseAsked() | Joined() if call.offer is not None and call.offer.pause is not None:
                return _unrecorded(call, event.offer)
            case ConsultOver():
                return [Withdraw(call=call.id, offer=event.offer)]
            case Ended() | FellBack() | Left(place=Place.TALK):
                return [Withdraw(call=call.id, offer=offer) for offer in _left_over(call)]
            case Transferred() if call.parked is None and call.conference is not None:
                return [Withdraw(call=call.id, offer=call.conference)]
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None


def _meet(call: Call, third: Consult) -> Sequence[Output]:
    """He has picked up: he meets the agent when the caller's hold has begun, or comes into the conference. Till
    then the agent hears that it rings."""
    if third.open.ringing and call.parked is not None:
        return [Ringback(call=call.id, offer=call.parked)]
    if not third.open.accepted or third.open.connected:
        return ()
    if call.parked is not None:
        # The beep says so; and a ringback that still waits to be played, for when he is gone, ends with it.
        return [Ringback(call=call.id, offer=call.parked, over=True), Meet(call=call.id, offer=third.open.offer)]
    return [Join(call=call.id, offer=third.open.offer)] if third.joins else ()


def _unrecorded(call: Call, offer: OfferId) -> Sequence[Output]:
    """What the agent's recording is not to have, the others' are not either: of who has joined by this offer, or
    of all if it is the agent's."""
    talk = [party.open for party in call.parties if party.joined and party.open.recording is not None]
    theirs = [open for open in talk if offer == open.offer or call.offered(offer)]
    return [StopRecording(call=call.id, offer=open.offer) for open in theirs]


def _off(call: Call, now: float) -> Sequence[Output]:
    """He can't be brought together with anybody."""
    assert call.consult is not None
    third = call.consult.open
    return () if third.connected else [ConsultOver(call=call.id, at=now, offer=third.offer)]


def _left_over(call: Call) -> Sequence[OfferId]:
    """Whose legs would stay, in a conference or in a consultation, when the caller is gone from it."""
    agent = [call.conference] if call.conference is not None else []
    return [*(party.open.offer for party in call.parties), *agent]
