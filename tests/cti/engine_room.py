"""An engine with its tracker and executor, over a scripted Asterisk and parts that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from cti.actions.executor import Executor
from cti.actions.leaving import Destination
from cti.actions.sending import Fields
from cti.calls import events as ev
from cti.calls.call import Call
from cti.calls.events import CallEvent, Event
from cti.calls.part import Output
from cti.calls.tracker import Message, Tracker
from cti.calls.words import CallId
from cti.engine import Engine
from cti.outbound import Outbound
from cti.tolls import Limits, Tolls
from tests.cti.calls.talk import CALL, CALLER, CALLER_CHANNEL

LEASE_S = 10
QUEUED = ev.Queued(call=CALL, at=2.0, queue="orders")
ARRIVED = ev.Arrived(
    call=CALL, at=1.0, channel=CALLER_CHANNEL, uniqueid=CALLER, caller="1", caller_name="", dialled="100"
)


class Surprise(Exception):
    """What a part raises that has a fault."""


def surprised(*_: object) -> Sequence[Output]:
    raise Surprise


class Posted:
    """The AMI client, as far as the engine and the executor know it: it writes down what is asked.

    ``channels`` is its answer to CoreShowChannels; an exception in its place is raised. While
    ``slow`` holds something, the answer waits for it.
    """

    def __init__(self) -> None:
        self.actions: list[tuple[str, Fields]] = []
        self.ids: list[str] = []
        self.done: list[Callable[[], None] | None] = []
        self.refused: list[Callable[[str], None] | None] = []
        self.times: list[float] = []
        self.listings: list[float] = []
        self.channels: Sequence[Message] | Exception = ()
        self.slow: asyncio.Event | None = None

    def post(
        self,
        name: str,
        fields: Fields | None = None,
        *,
        on_done: Callable[[], None] | None = None,
        on_refused: Callable[[str], None] | None = None,
        action_id: str = "",
    ) -> None:
        self.actions.append((name, fields or {}))
        self.done.append(on_done)
        self.refused.append(on_refused)
        self.ids.append(action_id)
        self.times.append(asyncio.get_running_loop().time() if _looping() else 0.0)

    async def listing(self, name: str) -> Sequence[Message]:
        assert name == "CoreShowChannels"
        self.listings.append(asyncio.get_running_loop().time())
        if self.slow is not None:
            await self.slow.wait()
        if isinstance(self.channels, Exception):
            raise self.channels
        return self.channels

    def named(self, name: str) -> list[Fields]:
        return [fields for action, fields in self.actions if action == name]

    def leases(self) -> list[tuple[float, str]]:
        """When a lease was set, and to how many seconds."""
        at = [n for n, (name, _) in enumerate(self.actions) if name == "Setvar"]
        return [(self.times[n], str(self.actions[n][1]["Value"])) for n in at]


def _looping() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


Reply = Callable[[Event, Call | None], Sequence[Output]]


class Scripted:
    """A part that writes down what it sees, and answers with ``reply``."""

    def __init__(self, reply: Reply = lambda event, call: ()) -> None:
        self.seen: list[tuple[Event, Call | None]] = []
        self.reply = reply
        self.due: float | None = None
        self.woken: list[float] = []
        self.on_waking: Callable[[float], Sequence[Output]] = lambda now: ()

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        self.seen.append((event, call))
        return self.reply(event, call)

    async def on_time(self, now: float) -> Sequence[Output]:
        self.woken.append(now)
        return self.on_waking(now)

    def next_time(self) -> float | None:
        return self.due

    @property
    def words(self) -> list[str]:
        return [type(event).__name__ for event, _ in self.seen]


def on(kind: type[Event], *outputs: Output) -> Scripted:
    """A part that answers events of this kind with these outputs."""
    return Scripted(lambda event, call: outputs if isinstance(event, kind) else ())


class Room:
    """The engine and everything around it."""

    def __init__(self, parts: Sequence[Scripted], history: Sequence[CallEvent] = ()) -> None:
        self.ami = Posted()
        self.tracker = Tracker("test", "e1")
        self.settled: list[Collection[CallId]] = []
        self.settles: Callable[[], Sequence[Output]] = lambda: ()
        self.executor = Executor(
            self.ami,
            self.tracker,
            destinations={"front-desk": Destination("internal", "0")},
            lease_s=LEASE_S,
            emit=self._emit,
            recordings=Path("/nowhere"),
            beep=Path("/sounds/beep"),
            outbound=Outbound(),
            callbacks=Outbound("outside", ("555*",)),
            dials=Outbound(),
            tolls=Tolls(Limits()),
            clock=lambda: 0.0,
        )
        self.engine = Engine(
            ami=self.ami,
            tracker=self.tracker,
            executor=self.executor,
            parts=parts,
            settle=self._settle,
            lease_s=LEASE_S,
            history=history,
            ticks=asyncio.get_running_loop().time,
        )

    def _emit(self, make: Callable[[float], CallEvent]) -> None:
        self.engine.emit(make)

    async def _settle(self, live: Collection[CallId], now: float) -> Sequence[Output]:
        self.settled.append(live)
        return self.settles()

    def hear(self, *messages: Mapping[str, str]) -> None:
        for message in messages:
            self.engine.on_message(message)

    async def worked_off(self) -> None:
        """Waits until everything given so far is worked off."""

        async def nothing(now: float) -> Sequence[Output]:
            return ()

        await self.engine.ask(nothing)

    async def now(self) -> float:
        """The engine's time."""
        times: list[float] = []

        async def look(now: float) -> Sequence[Output]:
            times.append(now)
            return ()

        await self.engine.ask(look)
        return times[0]


@asynccontextmanager
async def working(*parts: Scripted, history: Sequence[CallEvent] = ()) -> AsyncIterator[Room]:
    """A running engine with these parts."""
    room = Room(parts, history)
    task = asyncio.create_task(room.engine.run())
    try:
        yield room
    finally:
        task.cancel()
        await asyncio.wait({task})
