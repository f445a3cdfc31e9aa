"""Tells agents that other callers are parked than before; who they are, they ask for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from cti.calls.call import Call
from cti.calls.events import Event
from cti.calls.part import Output
from cti.calls.words import CallId
from cti.desk.feed import Feed
from cti.desk.view import Change


class ParkNews:
    """A part that watches. ``serving`` gives the agents of a queue, None for one that is not there."""

    def __init__(self, feed: Feed, serving: Callable[[str], Collection[str] | None]) -> None:
        self._feed = feed
        self._serving = serving
        self._parked: dict[CallId, tuple[str, str, bool]] = {}
        """The parked callers: the queue, who has parked them, and whether somebody's phone rings for them."""

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if call is None or (call.parking is None and call.id not in self._parked):
            return ()
        parking = call.parking if call.live else None
        found = (call.queue, parking.by, call.offer is not None) if parking is not None else None
        before = self._parked.pop(call.id, None)
        if found is not None:
            self._parked[call.id] = found
        if found != before:
            self._tell({place[:2] for place in (before, found) if place is not None}, event)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None

    def _tell(self, places: Collection[tuple[str, str]], event: Event) -> None:
        for queue, by in places:
            for name in {*(self._serving(queue) or ()), by}:
                self._feed.tell(Change(name, event.at, type(event).__name__, more={"parked": queue}))
