"""The door: who comes in. Everybody does, unless the server is drained, or full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from cti.calls.call import Call
from cti.calls.commands import FallBack, Transfer
from cti.calls.events import Event
from cti.calls.part import Output
from cti.calls.words import CallId, Place

INSIDE = (Place.MENU, Place.QUEUE, Place.TALK)
"""Where a call is work for us."""


@dataclass(frozen=True, slots=True)
class Draining:
    """No new calls; ``until`` (Unix seconds) those that are here may go on. ``to`` names the place among the site's
    transfers where callers are sent; empty: the fallback."""

    until: float
    to: str = ""


class Door:
    """The part that decides who comes in. ``calls`` gives the live calls; no more than ``most`` of them are served
    at a time, None: any number. ``note`` is told why a caller was turned away: ``full`` or ``drained``."""

    def __init__(
        self,
        calls: Callable[[], Mapping[CallId, Call]],
        most: int | None = None,
        note: Callable[[str], None] = lambda why: None,
    ) -> None:
        self._calls = calls
        self.most = inf if most is None else most
        self._note = note
        self._handed_over = False
        self.draining: Draining | None = None

    def drain(self, draining: Draining | None) -> None:
        """From now on nobody comes in; None: everybody does again. In the loop's turn only."""
        self.draining = draining
        self._handed_over = False

    def inside(self) -> Counter[Place]:
        """How many calls are where, of those that are work for us."""
        return Counter(call.place for call in self._calls().values() if call.place in INSIDE)

    def turned_away(self, call: Call) -> Sequence[Output]:
        """What becomes of a caller who has just come and is among the live calls; nothing: he comes in."""
        if self.draining is not None:
            self._note("drained")
            return [self._elsewhere(call, self.draining)]
        if len(self._calls()) > self.most and self.inside().total() > self.most:
            self._note("full")
            return [FallBack(call=call.id, at_once=True)]
        return ()

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        if self.draining is None or self._handed_over or now < self.draining.until:
            return ()
        self._handed_over = True
        return [self._elsewhere(call, self.draining) for call in self._calls().values() if call.leased and call.channel]

    def next_time(self) -> float | None:
        return None if self.draining is None or self._handed_over else self.draining.until

    def _elsewhere(self, call: Call, draining: Draining) -> Output:
        return Transfer(call=call.id, to=draining.to) if draining.to else FallBack(call=call.id)
