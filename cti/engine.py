"""The one loop: an event in, the parts' answers, commands out, then the next deadline.

Everything that happens goes through one inbox in order: AMI events, what came of commands,
requests from the API. One item is worked off completely before the next is taken, so no part
ever sees half a step. The engine alone knows the calls; parts are handed theirs.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol

import structlog

from cti.ami.client import AmiError
from cti.calls.call import Call, apply
from cti.calls.commands import Command
from cti.calls.events import Arrived, CalledBack, CallEvent, CallId, Ended, Event
from cti.calls.part import Output, Part, Work
from cti.calls.reconcile import Comparison, Reconciler
from cti.calls.tracker import Message, Tracker
from cti.executor import Executor, failed

log = structlog.get_logger()

INBOX_LIMIT = 100_000
"""Items waiting; beyond it AMI events are dropped and Asterisk's own list is asked for instead."""
SWEEP_S = 15.0
RETRY_S = 1.0
"""Before something is tried again: a comparison that failed, a part that raised on its deadline."""
_LEASES_RENEWED = 3
"""Renewals in the time of one lease, so that one or two may be lost."""

Settle = Callable[[Collection[CallId], float], Awaitable[Sequence[Output]]]

Step = Callable[[], Awaitable[None]]
"""Something to do in the loop's turn."""


class ChannelList(Protocol):
    """The part of the AMI client that is used here."""

    async def listing(self, name: str) -> Sequence[Message]: ...


class Clock:
    """Unix seconds that never go back and do not jump when the machine's clock is set: the running
    loop's own time, from when this was made."""

    def __init__(self) -> None:
        self._time = asyncio.get_running_loop().time
        self._offset = time.time() - self._time()

    def now(self) -> float:
        return self._time() + self._offset


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
    ) -> None:
        self._ami = ami
        self._tracker = tracker
        self._reconciler = Reconciler(tracker)
        self._executor = executor
        self._parts = parts
        self._settle = settle
        self._renew_every = lease_s / _LEASES_RENEWED
        self._clock = Clock()
        self._inbox: asyncio.Queue[Message | Step] = asyncio.Queue()
        self._calls: dict[CallId, Call] = {}
        self._linked = False
        self._compared = False
        """What we know of Asterisk's channels is whole, as far as events can tell."""
        self._overrun = False
        self._resting: dict[int, float] = {}
        """Parts, by index, that raised on a deadline, and until when they are left alone."""
        self._renew_at = float("inf")
        self._sweep_at = float("inf")
        for event in history:
            if isinstance(event, CallEvent):
                self._calls[event.call] = apply(self._calls.get(event.call), event)

    @property
    def calls(self) -> Mapping[CallId, Call]:
        """The live calls."""
        return self._calls

    # Ways in; none of them waits

    def on_message(self, message: Message) -> None:
        """An AMI event has come."""
        if self._inbox.qsize() < INBOX_LIMIT:
            self._inbox.put_nowait(message)
        elif not self._overrun:
            log.error("events come faster than they are worked off; some are lost", waiting=self._inbox.qsize())
            self._overrun = True
            self._inbox.put_nowait(self._look_again)

    def emit(self, make: Callable[[float], CallEvent]) -> None:
        """Something came of a command; ``make`` is given the time."""

        async def work() -> None:
            now = self._clock.now()
            await self._process([make(now)], now)

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
            now = self._clock.now()
            try:
                await self._process(await work(now), now)
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
        while True:
            item = await self._next_item()
            try:
                if item is not None:
                    await self._step(item)
                await self._on_time()
            except AmiError as error:
                log.warning("asterisk did not answer", why=str(error))
            except Exception:
                log.exception("a step failed")

    async def _step(self, item: Message | Step) -> None:
        if callable(item):
            await item()
            return
        now = self._clock.now()
        if events := self._tracker.feed(item, now):
            await self._process(events, now)

    async def _next_item(self) -> Message | Step | None:
        """The next item, or None when a deadline comes first."""
        if not self._inbox.empty():
            return self._inbox.get_nowait()
        wait = self._next_time() - self._clock.now()
        if wait <= 0:
            await asyncio.sleep(0)  # whatever the parts want, others have their turn
            return None
        try:
            async with asyncio.timeout(None if wait == float("inf") else wait):
                return await self._inbox.get()
        except TimeoutError:
            return None

    def _next_time(self) -> float:
        return min([*map(self._due, range(len(self._parts))), self._renew_at, self._sweep_at])

    def _due(self, index: int) -> float:
        """When a part is to be woken."""
        at = self._parts[index].next_time()
        return float("inf") if at is None else max(at, self._resting.get(index, at))

    async def _on_time(self) -> None:
        now = self._clock.now()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_S
            await self._compare()
        if now >= self._renew_at:
            self._renew_at = now + self._renew_every
            self._executor.renew([call.id for call in self._calls.values() if call.leased])
        for index, part in enumerate(self._parts):
            if self._due(index) > now:
                continue
            try:
                outputs = await part.on_time(now)
            except Exception:
                log.exception("a part failed on a deadline", part=type(part).__name__)
                self._resting[index] = now + RETRY_S
            else:
                await self._process(outputs, now)

    async def _process(self, outputs: Sequence[Output], now: float) -> None:
        """Works off events and commands, and what the parts answer to the events, in order."""
        pending = deque(outputs)
        while pending:
            output = pending.popleft()
            if isinstance(output, Command):
                self._carry_out(output)
                continue
            call = self._apply(output)
            for part in self._parts:
                try:
                    pending.extend(await part.on_event(output, call, now))
                except Exception:
                    log.exception("a part failed", part=type(part).__name__, on=type(output).__name__)
            if isinstance(output, Ended):
                self._calls.pop(output.call, None)

    def _carry_out(self, command: Command) -> None:
        try:
            self._executor.carry_out(command, self._calls.get(command.call))
        except Exception as error:
            why = type(error).__name__
            log.exception("a command could not be sent", command=type(command).__name__, call=command.call)
            self.emit(lambda now: failed(command, why, now))

    def _apply(self, event: Event) -> Call | None:
        if not isinstance(event, CallEvent):
            return None
        known = self._calls.get(event.call)
        if known is None and not isinstance(event, Arrived | CalledBack):
            return None  # what comes after the end goes into the journal, and makes no call live again
        call = self._calls[event.call] = apply(known, event)
        return call

    # Asterisk's own list

    async def _look_again(self) -> None:
        """What we know may be wrong: all of it is compared next, before any later event."""
        if self._linked:
            self._compared = self._overrun = False
            self._sweep_at = self._clock.now()

    async def _compare(self) -> None:
        try:
            channels = await self._ami.listing("CoreShowChannels")
            now = self._clock.now()
            if self._compared:
                await self._mend(self._reconciler.sweep(self._calls, channels, now), now)
            else:
                await self._take_up(channels, now)
        except Exception:
            if not self._compared and self._linked:
                self._sweep_at = self._clock.now() + RETRY_S
            raise

    async def _take_up(self, channels: Sequence[Message], now: float) -> None:
        self._renew_at = now
        await self._mend(self._reconciler.after_login(self._calls, channels, now), now)
        await self._process(await self._settle(frozenset(self._calls), now), now)
        self._compared = True
        log.info("took up the calls found on asterisk", calls=len(self._calls))

    async def _mend(self, comparison: Comparison, now: float) -> None:
        await self._process(comparison.events, now)
        for uniqueid in comparison.strays:
            self._executor.hang_up_stray(uniqueid)
