"""Tells agents that the callbacks of their queues are other than before; which they are, they ask for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from cti.calls.call import Call
from cti.calls.events import CallbackOver, CallbackWanted, CalledBack, Event
from cti.calls.part import Output
from cti.calls.words import CallId
from cti.desk.feed import Feed
from cti.desk.view import Change


class CallbackNews:
    """A part that watches. ``serving`` gives the agents of a queue, None for one that is not there."""

    def __init__(self, feed: Feed, serving: Callable[[str], Collection[str] | None]) -> None:
        self._feed = feed
        self._serving = serving
        self._queues: dict[CallId, str] = {}
        """The queue of each callback that is not over."""

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        match event:
            case CallbackWanted():
                self._queues[event.call] = event.queue
                self._tell(event.queue, event)
            case CalledBack():
                self._queues[event.wanted] = event.queue
                self._tell(event.queue, event)
            case CallbackOver() if (queue := self._queues.pop(event.call, None)) is not None:
                self._tell(queue, event)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None

    def _tell(self, queue: str, event: Event) -> None:
        for name in self._serving(queue) or ():
            self._feed.tell(Change(name, event.at, type(event).__name__, more={"callbacks": queue}))
