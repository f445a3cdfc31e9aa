"""A hotline to try: private Asterisk, Cordboard, and phones, with everything that happens at hand."""

from __future__ import annotations

import asyncio
import io
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

import httpx
import soundfile
import structlog

from config import log
from cti.calls.call import Call
from cti.calls.events import (
    AgentChanged,
    Arrived,
    CallbackWanted,
    CalledBack,
    CalledOut,
    CallEvent,
    Chosen,
    Digit,
    Event,
    Played,
    Queued,
)
from cti.calls.part import Output, Part
from cti.calls.talk_events import RecordingStopped
from cti.calls.words import AgentState, CallId
from demo.configuration import Phone as Line
from demo.debian import Program
from demo.phones import SILENCE, OnRing, Phone, PhoneCall, Phones
from demo.robots import HOTLINE
from demo.stage import Stage, serving, stage
from demo.tones import Samples

E = TypeVar("E", bound=Event)

PATIENCE_S = 20.0
HIDDEN = "55***23"
"""The usual caller's number, 5550123, to who needs no more."""
_TELLING = 6
"""Shorter texts may be in a log by chance."""

FLOW = """
start: main
nodes:
  main:
    menu: Press 1 or 2.
    keys: {"1": orders, "2": support, "3": rush, "4": front_desk}
    timeout: 1s
    retries: 1
    otherwise: bye
  orders: {queue: orders}
  rush: {queue: orders, priority: 5}
  support: {queue: support}
  front_desk: {transfer: front-desk, otherwise: bye}
  bye: {hangup: true}
"""

QUEUES = """
levels: {gold: 20}
queues:
  orders: {skills: {faults: 3}, ring: 2s, wrap_up: 1s}
  support: {skills: {service: 6}, ring: 2s, wrap_up: 1s}
"""


T = TypeVar("T")


async def soon(look: Callable[[], Awaitable[T]]) -> T:
    """What ``look`` finds, as soon as it finds something; what is not told by an event."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)


class Watch:
    """A part that looks on, and lets tests wait for what is to happen."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Condition()

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        self.events.append(event)
        async with self._news:
            self._news.notify_all()
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None

    async def wait(self, kind: type[E], fits: Callable[[E], bool] = lambda _: True, count: int = 1) -> E:
        """The ``count``-th event of a kind that fits, as soon as it has happened.

        Raises AssertionError with all that did happen, after PATIENCE_S.
        """
        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                while True:
                    found = [e for e in self.events if isinstance(e, kind) and fits(e)]
                    if len(found) >= count:
                        return found[count - 1]
                    await self._news.wait()
        except TimeoutError:
            happened = "\n".join(map(repr, self.events))
            raise AssertionError(f"no {kind.__name__} that fits among\n{happened}") from None

    def words(self, call: CallId) -> list[str]:
        """The names of a call's events, without keys, sounds, and the end of the recording, which
        may come before or after the caller's."""
        mine = [e for e in self.events if isinstance(e, CallEvent) and e.call == call]
        return [type(e).__name__ for e in mine if not isinstance(e, Digit | Played | RecordingStopped)]

    def states(self, agent: str) -> list[AgentState]:
        """The states an agent was in, one after the other."""
        return [e.state for e in self.events if isinstance(e, AgentChanged) and e.agent == agent]


class Hotline:
    """A running hotline."""

    def __init__(self, at: Stage, url: str, watch: Watch, phones: Phones, exits: AsyncExitStack) -> None:
        self.stage = at
        self.url = url
        self.watch = watch
        self.phones = phones
        self._exits = exits
        self._desks: dict[str, httpx.AsyncClient] = {}

    async def desk(self, name: str) -> httpx.AsyncClient:
        """An HTTP client logged in as one of the site's people."""
        if name not in self._desks:
            client = await self._exits.enter_async_context(httpx.AsyncClient(base_url=self.url))
            logged_in = await client.post("/api/login", json={"name": name, "password": self.stage.passwords[name]})
            logged_in.raise_for_status()
            self._desks[name] = client
        return self._desks[name]

    async def person(self, name: str, *, on_ring: OnRing = OnRing.ANSWER, microphone: Samples = SILENCE) -> Phone:
        """The registered phone of one of the site's people."""
        return await self.phones.add(name, self.stage.phone_password, on_ring=on_ring, microphone=microphone)

    async def caller(self, number: str = "5550123", *, microphone: Samples = SILENCE) -> Phone:
        """A phone that only calls."""
        return await self.phones.add(number, microphone=microphone)

    async def calls(self, number: str = "5550123", key: str = "1") -> PhoneCall:
        """Somebody calls, presses a key at the menu, and waits in a queue."""
        before = sum(isinstance(event, Queued) for event in self.watch.events)
        call = await (await self.caller(number)).dial(HOTLINE)
        await call.answered()
        await call.press(key)
        await self.watch.wait(Queued, count=before + 1)
        return call

    async def state(self, agent: str, state: AgentState = AgentState.READY) -> None:
        """The agent presses a button."""
        desk = await self.desk(agent)
        (await desk.post(f"/api/agents/{agent}/state", json={"state": state})).raise_for_status()

    async def sound(self, recording: Any) -> tuple[Samples, int]:
        """What is heard of a recording, shape (samples, directions), and its rate."""
        answer = await (await self.desk("sue")).get(f"/api/recordings/{recording['stem']}")
        answer.raise_for_status()
        samples, rate = soundfile.read(io.BytesIO(answer.content), dtype="float32")
        return samples, rate

    def prompts(self) -> list[Path]:
        """The sounds of the menu's prompts."""
        own = ("beep.wav", "fallback.wav", "sorry.wav")
        return [path for path in self.stage.site.sounds.glob("*.wav") if path.name not in own]

    async def record(
        self, call: CallId, ready: Callable[[Any], bool] = lambda _: True, patience_s: float = PATIENCE_S
    ) -> Any:
        """A call's record as the API gives it, as soon as it is written and ``ready``."""
        desk = await self.desk("sue")
        async with asyncio.timeout(patience_s):
            while True:
                answer = await desk.get(f"/api/records/{call}")
                if answer.status_code == 200:
                    found = answer.json()
                    if ready(found):
                        return found | found["record"]
                await asyncio.sleep(0.05)


@contextmanager
def logged() -> Iterator[StringIO]:
    """What the server logs, as the tests' own output besides."""
    heard = StringIO()
    log.set_up(heard)
    try:
        yield heard
    finally:
        structlog.reset_defaults()
        sys.stderr.write(heard.getvalue())


def personal(logged: str, happened: Iterable[Event]) -> set[str]:
    """Numbers and names of callers, and what they entered, as far as the log has them."""
    known = set()
    for event in happened:
        match event:
            case Arrived():
                known |= {event.caller, event.caller_name}
            case CalledOut() | CalledBack() | CallbackWanted():
                known.add(event.number)
            case Chosen():
                known.add(event.value)
    return {one for one in known if len(one) >= _TELLING and re.search(rf"(?<![\w-]){re.escape(one)}(?!\w)", logged)}


@asynccontextmanager
async def hotline(
    folder: Path,
    programs: Mapping[str, Program],
    *,
    changes: Mapping[str, Any],
    includes: Sequence[Path] = (),
    phones: Sequence[Line] = (),
    watchers: Sequence[Part] = (),
) -> AsyncIterator[Hotline]:
    """Runs a hotline on the site in ``folder``. ``phones`` are lines that are nobody's of the site,
    ``watchers`` further parts that look on."""
    async with AsyncExitStack() as exits:
        heard = exits.enter_context(logged())
        at = await exits.enter_async_context(stage(folder, programs, changes=changes, includes=includes, phones=phones))
        watch = Watch()
        url = await exits.enter_async_context(serving(at.site, watch, *watchers))
        robots = await exits.enter_async_context(Phones(at.asterisk.ports.sip))
        yield Hotline(at, url, watch, robots, exits)
    assert personal(heard.getvalue(), watch.events) - at.site.people.keys() == set()
