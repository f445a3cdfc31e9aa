"""The parties whom an agent asked about his caller, each a segment of the call's record."""

from __future__ import annotations

from typing import Any

from cti.calls.talk_events import ConsultAsked
from cti.calls.words import OfferId


class Beside:
    """What the events of one call say of parties beside its agent. Segments are given as their fields."""

    def __init__(self) -> None:
        self._recordings: dict[OfferId, str | None] = {}
        self._open: dict[OfferId, dict[str, Any]] = {}

    def __contains__(self, offer: OfferId) -> bool:
        """Whether a party was ever asked by this offer."""
        return offer in self._recordings

    def asked(self, event: ConsultAsked, segment: dict[str, Any]) -> None:
        self._recordings[event.offer] = event.recording
        self._open[event.offer] = segment

    def over(self, offer: OfferId, at: float, why: str = "") -> None:
        """The party is off the call, or has the caller; ``why`` if nothing came of it."""
        if segment := self._open.pop(offer, None):
            segment.update(ended_at=at, detail=why or segment["detail"])

    def all_over(self, at: float) -> None:
        for offer in tuple(self._open):
            self.over(offer, at)

    def recording(self, offer: OfferId) -> str | None:
        """What records the leg of the party of this offer."""
        return self._recordings.get(offer)

    def records(self, recording: str, connected: set[OfferId]) -> bool:
        """Whether it records the leg of somebody who has not the caller (yet); ``connected`` are those who had."""
        return recording in (stem for offer, stem in self._recordings.items() if offer not in connected)
