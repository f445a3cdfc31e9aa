"""The part that follows calls for the limits: when they end, others may begin."""

from __future__ import annotations

from collections.abc import Sequence

from cti.calls.call import Call
from cti.calls.events import Ended, Event
from cti.calls.part import Output
from cti.floods import Floods
from cti.tolls import Tolls


class LimitsPart:
    """A Part that only listens."""

    def __init__(self, tolls: Tolls, floods: Floods) -> None:
        self._tolls = tolls
        self._floods = floods

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if isinstance(event, Ended):
            self._tolls.over(event.call, now)
            self._floods.over(event.call)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None
