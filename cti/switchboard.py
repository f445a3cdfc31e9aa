"""The live calls, and the parts that work on them: what becomes of events and commands once they are there.

The engine (over Asterisk) and the simulator (over a virtual telephone side) both stand on this. It
knows no clock and waits for nothing but its parts: the time is given.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from cti.about import ABOUT
from cti.calls.call import Call, apply
from cti.calls.commands import Command
from cti.calls.events import Arrived, CalledBack, CalledOut, CallEvent, Ended, Event
from cti.calls.part import Output, Part, Work
from cti.calls.words import CallId

log = structlog.get_logger()

RETRY_S = 1.0
"""How long a part that raised on its deadline is left alone."""

CarryOut = Callable[[Command, Call | None], None]
"""Has the telephone side do something; ``Call`` is the call as it stands. Must not raise."""


class Switchboard:
    """Hands each event to the parts in order, and each command to ``carry_out``.

    ``history`` are the events of calls that an earlier run did not see the end of. Times are Unix
    seconds and never go back.
    """

    def __init__(self, parts: Sequence[Part], carry_out: CarryOut, history: Iterable[Event] = ()) -> None:
        self._parts = parts
        self._carry_out = carry_out
        self._calls: dict[CallId, Call] = {}
        self._due: list[float] | None = None
        """When each part is to be woken; None when it must be asked again."""
        self._resting: dict[int, float] = {}
        """Parts, by index, that raised on a deadline, and until when they are left alone."""
        for event in history:
            if isinstance(event, CallEvent):
                self._calls[event.call] = apply(self._calls.get(event.call), event)

    @property
    def calls(self) -> Mapping[CallId, Call]:
        """The live calls."""
        return self._calls

    async def do(self, work: Work, now: float) -> None:
        """Runs ``work`` and carries out what it returns. Its exceptions come back."""
        self._due = None  # it may be on a part's behalf, and raise half way
        await self.work_off(await work(now), now)

    async def work_off(self, outputs: Sequence[Output], now: float) -> None:
        """Works off events and commands, and what the parts answer to the events, in order."""
        pending = deque(outputs)
        while pending:
            output = pending.popleft()
            ABOUT.set(getattr(output, "call", None))
            if isinstance(output, Command):
                self._carry_out(output, self._calls.get(output.call))
                continue
            self._due = None
            call = self._apply(output)
            for part in self._parts:
                try:
                    pending.extend(await part.on_event(output, call, now))
                except Exception:
                    log.exception("a part failed", part=type(part).__name__, on=type(output).__name__)
            if isinstance(output, Ended):
                self._calls.pop(output.call, None)
        ABOUT.set(None)

    def next_time(self) -> float:
        """When the first part wants to be woken; infinite when none does."""
        return min(self._deadlines(), default=float("inf"))

    async def on_time(self, now: float) -> None:
        """Wakes the parts whose time has come."""
        if self.next_time() > now:
            return
        for index, part in enumerate(self._parts):
            if self._deadlines()[index] > now:
                continue
            self._due = None
            try:
                outputs = await part.on_time(now)
            except Exception:
                log.exception("a part failed on a deadline", part=type(part).__name__)
                self._resting[index] = now + RETRY_S
            else:
                await self.work_off(outputs, now)

    def _deadlines(self) -> list[float]:
        # Most of what comes in concerns no part, so they are not asked each time.
        if self._due is None:
            self._due = [self._deadline(index, part.next_time()) for index, part in enumerate(self._parts)]
        return self._due

    def _deadline(self, index: int, at: float | None) -> float:
        return float("inf") if at is None else max(at, self._resting.get(index, at))

    def _apply(self, event: Event) -> Call | None:
        if not isinstance(event, CallEvent):
            return None
        known = self._calls.get(event.call)
        if known is None and not isinstance(event, Arrived | CalledBack | CalledOut):
            return None  # what comes after the end goes into the journal, and makes no call live again
        call = self._calls[event.call] = apply(known, event)
        return call
