"""When a talk is not recorded, though it was to be."""

from __future__ import annotations

from cti.calls.events import CallEvent, Connected, Offered
from cti.calls.talk_events import PauseAsked, RecordingPaused, RecordingResumed, RecordingStopped
from cti.calls.words import OfferId

STOPPED = "recording stopped"


class Pauses:
    """What the events of one call say of pauses that were asked for."""

    def __init__(self) -> None:
        self._asked = False
        self._early: OfferId | None = None
        """Who has picked up, and is not recorded from the beginning."""

    def begins(self, event: CallEvent) -> str | None:
        """How the pause is that begins with this event: empty, or STOPPED where the recording ended in its
        place. None where none begins."""
        match event:
            case PauseAsked() | Offered(on_demand=True):
                self._asked = True
            case RecordingPaused():
                self._asked, self._early = False, event.offer
                return ""
            case RecordingResumed():
                self._early = None
            case Connected() if event.offer == self._early:
                return ""
            case RecordingStopped() if self._asked:
                self._asked = False
                return STOPPED
        return None
