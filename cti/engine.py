"""The one loop over Asterisk: an item in, events to the switchboard, commands out, the next deadline.

Everything that happens goes through one inbox in order: AMI events, what came of commands,
requests from the API. One item is worked off completely before the next is taken, so no part
ever sees half a step. What is done with events is the switchboard's; parts are handed their calls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Protocol

import structlog

from cti.actions.executor import Executor
from cti.ami.client import AmiError
from cti.calls.call import Call
from cti.calls.commands import Command, failed
from cti.calls.events import CallEvent, Event
from cti.calls.part import Output, Part, Work
from cti.calls.reconcile import Comparison, Reconciler
from cti.calls.tracker import Message, Tracker
from cti.calls.words import CallId
from cti.switchboard import Switchboard

log = structlog.get_logger()

INBOX_LIMIT = 100_000
"""Items waiting; beyond it AMI events are dropped and Asterisk's own list is asked for instead."""
SWEEP_S = 15.0
DOUBT_S = 2.0
"""From a list that was doubtful to the next."""
RETRY_S = 1.0
"""Before a comparison that failed is tried again."""
TICK_S = 0.001
"""The shortest wait: some loops count whole milliseconds, and would wake us too early again and again."""
_LEASES_RENEWED = 2
"""Renewals in the time of one lease, so that one may be late."""

Settle = Callable[[Collection[CallId], float], Awaitable[Sequence[Output]]]

Arrival = tuple[Message, float]
"""An AMI event, and when it came."""
Step = Callable[[], Awaitable[None]]
"""Something to do in the loop's turn."""


class ChannelList(Protocol):
    """The part of the AMI client that is used here."""

    async def listing(self, name: str) -> Sequence[Message]: ...


class Clock:
    """Unix seconds that never go back and do not jump when the machine's clock is set. ``ticks`` are
    seconds from any moment on."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._offset = time.time() - ticks()

    def now(self) -> float:
        return self._ticks() + self._offset


class Engine:
    """Runs the parts over one Asterisk. Made in the loop it runs in.

    ``history`` are the events of calls that an earlier engine did not see the end of. ``settle``
    is asked once after each comparison with Asterisk, with the calls that are alive.
    """

    def __init__(
        self,
        *,
        ami: ChannelList,
        tracker: Tracker,
        executor: Executor,
        parts: Sequence[Part],
        settle: Settle,
        lease_s: int,
        history: Sequence[Event] = (),
        ticks: Callable[[], float] = time.monotonic,  # not the loop's own time: uvloop's are whole milliseconds
    ) -> None:
        self._ami = ami
        self._tracker = tracker
        self._reconciler = Reconciler(tracker)
        self._executor = executor
        self._board = Switchboard(parts, self._carry_out, history)
        self._settle = settle
        self._renew_every = lease_s / _LEASES_RENEWED
        self._clock = Clock(ticks)
        self._inbox: asyncio.Queue[Arrival | Step | None] = asyncio.Queue()
        self._told = 0.0
        """The latest time that the parts were given."""
        self._linked = False
        self._compared = False
        """What we know of Asterisk's channels is whole, as far as events can tell."""
        self.caught_up = asyncio.Event()
        """Set once what an earlier run left has been compared with Asterisk: what is known is true."""
        self._overrun = False
        self._renew_at = float("inf")
        self._sweep_at = float("inf")

    @property
    def calls(self) -> Mapping[CallId, Call]:
        """The live calls."""
        return self._board.calls

    # Ways in; none of them waits

    def on_message(self, message: Message) -> None:
        """An AMI event has come."""
        if self._inbox.qsize() < INBOX_LIMIT:
            self._inbox.put_nowait((message, self._clock.now()))
        elif not self._overrun:
            log.error("events come faster than they are worked off; some are lost", waiting=self._inbox.qsize())
            self._overrun = True
            self._inbox.put_nowait(self._look_again)

    def emit(self, make: Callable[[float], CallEvent]) -> None:
        """Something came of a command; ``make`` is given the time."""

        async def work() -> None:
            now = self._now()
            await self._board.work_off([make(now)], now)

        self._inbox.put_nowait(work)

    async def on_up(self) -> None:
        """The link is up and logged in: events that come from now on wait behind the comparison."""
        self._linked = True
        self._inbox.put_nowait(self._look_again)

    def on_down(self, why: str) -> None:
        """The link is down: nothing can be known or done until it is up again."""
        self._linked = False
        self._renew_at = self._sweep_at = float("inf")

    async def ask(self, work: Work) -> None:
        """Runs ``work`` in the loop's turn and carries out what it returns. Its exceptions come back."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def turn() -> None:
            try:
                await self._board.do(work, self._now())
            except Exception as error:  # whatever it is, it is the asker's
                if not done.cancelled():
                    done.set_exception(error)
            else:
                if not done.cancelled():
                    done.set_result(None)

        self._inbox.put_nowait(turn)
        await done

    # The loop

    async def run(self) -> None:
        """Works until cancelled."""
        # Asked for too, not only raised: the wait_for of Python 3.11, which the Redis client has around
        # whatever it sends, may swallow a cancellation (cpython issue 86296).
        me = asyncio.current_task()
        while me is None or not me.cancelling():
            item = await self._next_item()
            try:
                if item is not None:
                    await self._step(item)
                await self._on_time()
            except AmiError as error:
                log.warning("asterisk did not answer", why=str(error))
            except Exception:
                log.exception("a step failed")

    async def _step(self, item: Arrival | Step) -> None:
        if callable(item):
            await item()
            return
        message, came = item
        # It happened when it came, though we were busy; but parts are never taken back in time.
        now = self._told = max(came, self._told)
        if events := self._tracker.feed(message, now):
            await self._board.work_off(events, now)

    def _now(self) -> float:
        """The time, for the parts."""
        self._told = self._clock.now()
        return self._told

    async def _next_item(self) -> Arrival | Step | None:
        """The next item, or None when a deadline comes first."""
        if not self._inbox.empty():
            return self._inbox.get_nowait()
        wait = self._next_time() - self._clock.now()
        if wait <= 0:
            await asyncio.sleep(0)  # whatever the parts want, others have their turn
            return None
        if wait == float("inf"):
            return await self._inbox.get()
        # Cheaper than a time-out around each item; one that comes too late wakes us for nothing.
        alarm = asyncio.get_running_loop().call_later(max(wait, TICK_S), self._inbox.put_nowait, None)
        try:
            return await self._inbox.get()
        finally:
            alarm.cancel()

    def _next_time(self) -> float:
        return min(self._board.next_time(), self._renew_at, self._sweep_at)

    async def _on_time(self) -> None:
        now = self._clock.now()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_S
            await self._compare()
        if now >= self._renew_at:
            self._renew_at = now + self._renew_every
            self._executor.renew([call.id for call in self.calls.values() if call.leased])
        if now >= self._board.next_time():
            await self._board.on_time(self._now())

    def _carry_out(self, command: Command, call: Call | None) -> None:
        try:
            self._executor.carry_out(command, call)
        except Exception as error:
            why = type(error).__name__
            log.exception("a command could not be sent", command=type(command).__name__, call=command.call)
            self.emit(lambda now: failed(command, why, now))

    # Asterisk's own list

    async def _look_again(self) -> None:
        """What we know may be wrong: all of it is compared next, before any later event."""
        if self._linked:
            self._compared = self._overrun = False
            self._sweep_at = self._clock.now()

    async def _compare(self) -> None:
        try:
            channels = await self._ami.listing("CoreShowChannels")
            now = self._now()
            if self._compared:
                comparison = self._reconciler.sweep(self.calls, channels, now)
                if comparison.doubtful:
                    self._sweep_at = now + DOUBT_S
                await self._mend(comparison, now)
            else:
                await self._take_up(channels, now)
        except Exception:
            if not self._compared and self._linked:
                self._sweep_at = self._clock.now() + RETRY_S
            raise

    async def _take_up(self, channels: Sequence[Message], now: float) -> None:
        self._renew_at = now
        await self._mend(self._reconciler.after_login(self.calls, channels, now), now)
        await self._board.do(partial(self._settle, frozenset(self.calls)), now)
        self._compared = True
        self.caught_up.set()
        log.info("took up the calls found on asterisk", calls=len(self.calls))

    async def _mend(self, comparison: Comparison, now: float) -> None:
        await self._board.work_off(comparison.events, now)
        for uniqueid in comparison.strays:
            self._executor.hang_up_stray(uniqueid)
