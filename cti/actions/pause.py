"""A pause of the recording fails closed: what Asterisk does not confirm as paused is recorded no more."""

from __future__ import annotations

from collections.abc import Sequence

from cti.calls.call import Call
from cti.calls.commands import PauseRecording, StopRecording
from cti.calls.events import Accepted, Adopted, Consented, Event, Failed
from cti.calls.part import Output
from cti.calls.talk_events import PauseAsked
from cti.calls.words import Place, RecordingPause


class RecordingPausePart:
    """The part that has recordings paused. It must come before the part that joins caller and agent: what is
    recorded on demand is paused by then."""

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if call is None:
            return ()
        if isinstance(event, Consented) and not event.given:
            return [
                StopRecording(call=call.id, offer=open.offer)
                for open in (*call.offers, *(party.open for party in call.parties))
            ]
        asked = [open.offer for open in call.offers if open.pause is RecordingPause.ASKED]
        match event:
            case PauseAsked(offer=offer) | Accepted(offer=offer) if offer in asked:
                return [PauseRecording(call=call.id, offer=offer)]
            case Adopted(place=Place.TALK):
                return [PauseRecording(call=call.id, offer=offer) for offer in asked]
            case Failed(command="PauseRecording", offer=offer) if offer is not None and offer in asked:
                return [StopRecording(call=call.id, offer=offer)]
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None
