"""What becomes of a third party whom an agent consults: he meets the agent when both are ready for it,
and is let go when it is over.

Nothing here ends a hold: a caller whose agent's third party is gone stays on hold, and his agent,
whose leg is with us again, goes back to him or asks another.
"""

from __future__ import annotations

from collections.abc import Sequence

from cti.calls.call import Call
from cti.calls.commands import Meet, StopRecording, Withdraw
from cti.calls.events import Accepted, Adopted, Ended, Event, Failed, FellBack, Left, Transferred
from cti.calls.part import Output
from cti.calls.talk_events import ConsultOver, Held, Joined, PauseAsked
from cti.calls.words import OfferId, Place


class ConsultPart:
    """The part that follows consultations and conferences."""

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if call is None:
            return ()
        match event:
            case Accepted() | Held() | Adopted(place=Place.TALK) if call.consult is not None:
                return _meet(call)
            case Failed(command="Hold" | "Consult" | "Meet") if call.consult is not None:
                return _off(call, now)
            case PauseAsked() | Joined() if call.offer is not None and call.offer.pause is not None:
                return _unrecorded(call)
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


def _meet(call: Call) -> Sequence[Output]:
    """Both are with us: the caller's hold has begun, and the third has picked up."""
    assert call.consult is not None
    third = call.consult.open
    if call.parked is None or not third.accepted or third.connected:
        return ()
    return [Meet(call=call.id, offer=third.offer)]


def _unrecorded(call: Call) -> Sequence[Output]:
    """What the agent's recording is not to have, the third's is not either."""
    third = call.consult
    if third is None or not third.joined or third.open.recording is None:
        return ()
    return [StopRecording(call=call.id, offer=third.open.offer)]


def _off(call: Call, now: float) -> Sequence[Output]:
    """He and the agent can't be brought together."""
    assert call.consult is not None
    third = call.consult.open
    return () if third.connected else [ConsultOver(call=call.id, at=now, offer=third.offer)]


def _left_over(call: Call) -> Sequence[OfferId]:
    """Whose legs would stay, in a conference or in a consultation, when the caller is gone from it."""
    third = call.consult.open.offer if call.consult is not None else None
    return [offer for offer in (third, call.conference) if offer is not None]
