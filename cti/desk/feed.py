"""The live feed: what every desktop shows, sent over a WebSocket without gaps.

A desktop gets a snapshot, then numbered changes. Each message says ``seq``, its number, and
``prev``, the number of the message before it for the same audience: a desktop whose last
number is not ``prev`` has missed something. It comes back with ``?stream=<id>&after=<seq>``
and gets what it missed, or a snapshot where that is no longer known.

Messages are JSON objects told apart by ``type``:

- ``snapshot``: stream, seq, now, agents, queues, calls, announcements; for supervisors also today
  and alerts. Everything; forget what was before.
- ``change``: seq, prev, at, event, agents, queues, calls, announcements, alerts (rows that replace
  the rows of the same name or id), today, gone (ids of calls no longer seen), notices.
- ``alive``: now. Sent after ALIVE_S seconds of silence, so that a dead connection is noticed,
  and at once to a desktop that comes back and has missed nothing.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Protocol

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from cti import personal
from cti.access import FEED, WHO, Person
from cti.calls.call import Call
from cti.calls.events import Event
from cti.calls.words import CallId
from cti.desk.guard import same_host
from cti.desk.today import Touched
from cti.desk.view import EVERYTHING, Audience, Change, View, audience_of, sees_customers
from cti.desk.wall import WALL, Wall
from cti.sight import Sight, sight_of

ALIVE_S = 5.0
LOG_IN_FIRST = 4401
NOT_ALLOWED = 4403
ONLY_LISTEN = 1008
"""RFC 6455, 7.4.1, policy violation: desktops have nothing to say on this socket."""


_text = json.JSONEncoder(separators=(",", ":")).encode


class _Sent:
    """A message. Its text, whole or veiled, is made when the first desktop wants it: most are seen by nobody."""

    __slots__ = ("_change", "_texts", "prev", "seq")

    def __init__(self, seq: int, prev: int, change: Change) -> None:
        self.seq = seq
        self.prev = prev
        self._change = change
        self._texts: dict[bool, str] = {}

    def text(self, veiled: bool) -> str:
        if veiled not in self._texts:
            self._texts[veiled] = _change_text(_veiled(self._change) if veiled else self._change, self.seq, self.prev)
        return self._texts[veiled]


class _Log:
    """What was sent to one audience: the last message's number, and the last messages."""

    def __init__(self, first: int, kept: int) -> None:
        self.seq = first
        self.sent: deque[_Sent] = deque(maxlen=kept)

    def after(self, seq: int, veiled: bool) -> list[str] | None:
        """The messages after number ``seq``, or None if they are not all known any more."""
        if seq == self.seq:
            return []
        missed = [message for message in self.sent if message.seq > seq]
        return [message.text(veiled) for message in missed] if missed and missed[0].prev == seq else None


class Reader:
    """One desktop's messages in wait. Never more than ``limit``: then all give way to a snapshot. Without
    ``customers`` its calls tell nothing of them; ``veiled``: numbers are hidden."""

    def __init__(self, audience: Audience, limit: int, customers: bool = True, veiled: bool = False) -> None:
        self.audience = audience
        self.customers = customers
        self.veiled = veiled
        self._limit = limit
        self._texts: deque[str] = deque()
        self._wake = asyncio.Event()
        self.behind = False
        """It fell behind, or is new: it needs a snapshot before anything else."""

    def put(self, text: str) -> None:
        if self.behind:
            return
        if len(self._texts) >= self._limit:
            self.need_snapshot()
        else:
            self._texts.append(text)
            self._wake.set()

    def need_snapshot(self) -> None:
        self._texts.clear()
        self.behind = True
        self._wake.set()

    @property
    def pending(self) -> bool:
        """Whether there is something to send."""
        return self._wake.is_set()

    async def wait(self) -> None:
        """Returns when there is something to send."""
        await self._wake.wait()

    def take(self) -> list[str]:
        texts = list(self._texts)
        self._texts.clear()
        self._wake.clear()
        self.behind = False
        return texts


Beside = Callable[[Audience, float], Mapping[str, Any]]
"""What else a snapshot has for an audience at a time, by key."""


class Entrance(Protocol):
    """Knows who may come in."""

    def who(self, connection: HTTPConnection, *, over: bool = False) -> Person | None:
        """Who asks; ``over``: his token may have expired while his session goes on."""


class Feed:
    """Gives each audience its changes. ``beside`` are further keys of its snapshot,
    ``wall`` makes what is told to walls.

    Supervisors see everybody's: ``gather_s`` seconds after an event they are told what is other than
    they were last told, at once if it is 0. The last ``kept`` messages to supervisors, and the last
    ``kept_each`` to each agent, can be had again. A desktop that has ``limit`` of them unsent is sent
    a snapshot instead.
    """

    def __init__(
        self,
        view: View,
        *,
        kept: int = 600,
        kept_each: int = 20,
        limit: int = 200,
        gather_s: float = 0.05,
        clock: Callable[[], float] = time.time,
        beside: Sequence[Beside] = (),
        wall: Wall | None = None,
    ) -> None:
        self.view = view
        self._beside = tuple(beside)
        self._wall = wall
        self.stream = secrets.token_hex(8)
        self._kept = kept
        self._kept_each = kept_each
        self._limit = limit
        self._gather_s = gather_s
        self._gathering: asyncio.TimerHandle | None = None
        self._clock = clock
        self._numbers = count(1)
        self._logs: dict[Audience, _Log] = {}
        self._readers: dict[Audience, set[Reader]] = {}

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self._clock()

    def wanted(self, audience: Audience) -> bool:
        """Whether a desktop of this audience was ever there. Nobody else can have missed a change."""
        return audience in self._logs

    def happened(self, event: Event, call: Call | None) -> None:
        """Takes in an event, and its call with the event applied, and tells who is to know. Never waits."""
        self._tell_all(self.view.apply(event, call, self.wanted))

    def known(self, call: CallId) -> None:
        """Something else is known of the call's caller: tells who is to know. Never waits."""
        self._tell_all(self.view.known(call, self.wanted))

    def counted(self, touched: Touched, now: float) -> None:
        """Figures of the day are other than before, by no event: whom it concerns is told."""
        if touched.queues or touched.agents:
            self._tell_all(self.view.counted(touched, now))

    def _tell_all(self, changes: Sequence[Change]) -> None:
        """Tells agents now, and supervisors soon."""
        for change in changes:
            self.tell(change)
        self.gather()

    def gather(self) -> None:
        """Rows may be other than supervisors were told: they are told soon."""
        if not (self.wanted(EVERYTHING) or self.wanted(WALL)):
            return
        if not self._gather_s:
            self.tell_gathered()
        elif self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(self._gather_s, self.tell_gathered)

    def tell_gathered(self) -> None:
        """Tells supervisors what was gathered, if there is anything."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        change = self.view.news()
        if change is None:
            return
        self.tell(change)
        if self._wall is not None and self.wanted(WALL) and (shown := self._wall.change(change)) is not None:
            self.tell(shown)

    def tell(self, change: Change) -> None:
        """Tells an audience at once, if anybody of it was ever there."""
        if not self.wanted(change.audience):
            return
        log = self._log(change.audience)
        sent = _Sent(next(self._numbers), log.seq, change)
        log.sent.append(sent)
        log.seq = sent.seq
        for reader in self._readers.get(change.audience, ()):
            reader.put(sent.text(reader.veiled))

    def join(
        self,
        audience: Audience,
        stream: str = "",
        after: int | None = None,
        *,
        customers: bool = True,
        veiled: bool = False,
    ) -> Reader:
        """A reader that goes on after message ``after`` of ``stream``, or begins with a snapshot."""
        reader = Reader(audience, self._limit, customers, veiled)
        missed = self._log(audience).after(after, veiled) if stream == self.stream and after is not None else None
        if missed is None or len(missed) > self._limit:
            reader.need_snapshot()
        else:
            for text in missed:
                reader.put(text)
        self._readers.setdefault(audience, set()).add(reader)
        return reader

    @property
    def desktops(self) -> int:
        """How many desktops are connected."""
        return sum(len(readers) for readers in self._readers.values())

    def leave(self, reader: Reader) -> None:
        readers = self._readers.get(reader.audience, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(reader.audience, None)

    async def next(self, reader: Reader) -> list[str]:
        """The reader's next messages, as soon as there are any, or one ``alive`` after ALIVE_S."""
        try:
            async with asyncio.timeout(ALIVE_S):
                await reader.wait()
        except TimeoutError:
            return [self._alive()]
        if not reader.behind:
            return reader.take()
        snapshot = self._snapshot(reader.audience, reader.veiled)
        reader.take()  # From here on it is told what comes after the snapshot.
        return [snapshot]

    async def serve(
        self, socket: WebSocket, gate: Entrance, audience: Callable[[Person], Audience] = audience_of
    ) -> None:
        """Talks to one desktop until it goes, or its session ends: a token that is renewed meanwhile ends nothing."""
        await socket.accept()
        who = socket.scope[WHO] = gate.who(socket)
        if not same_host(socket):
            await socket.close(NOT_ALLOWED, "this page is of another host")
            return
        if who is None:
            await socket.close(LOG_IN_FIRST, "log in first")
            return
        if refusal := FEED.refusal(who):
            await socket.close(NOT_ALLOWED, refusal)
            return
        after = socket.query_params.get("after", "")
        number = int(after) if after.isascii() and after.isdigit() and len(after) <= 18 else None
        stream = socket.query_params.get("stream", "")
        of = audience(who)
        veiled = of is EVERYTHING and sight_of(who, socket) is not Sight.ALWAYS  # to an agent, all is his own
        reader = self.join(of, stream, number, customers=sees_customers(who), veiled=veiled)
        sending = asyncio.create_task(self._send(socket, reader, gate))
        hearing = asyncio.create_task(_hear(socket))
        try:
            done, _ = await asyncio.wait((sending, hearing), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except WebSocketDisconnect:
            pass  # The desktop went while it was being sent something.
        finally:
            self.leave(reader)
            for task in (sending, hearing):
                task.cancel()
            await asyncio.gather(sending, hearing, return_exceptions=True)

    async def _send(self, socket: WebSocket, reader: Reader, gate: Entrance) -> None:
        checked = self._clock()
        if not reader.pending:
            await socket.send_text(self._alive())  # Nothing was missed: say so at once.
        while True:
            texts = await self.next(reader)
            now = self._clock()
            # A signature costs more to check than a message to send: not at every message.
            if abs(now - checked) >= ALIVE_S:
                checked = now
                if gate.who(socket, over=True) is None:
                    await socket.close(LOG_IN_FIRST, "log in again")
                    return
            for text in texts:
                await socket.send_text(text if reader.customers else _without_customers(text))

    def _alive(self) -> str:
        return _text({"type": "alive", "now": self._clock()})

    def _log(self, audience: Audience) -> _Log:
        log = self._logs.get(audience)
        if log is None:
            # Numbers are never shared by audiences: one's ``after`` means nothing to another.
            kept = self._kept if audience is EVERYTHING else self._kept_each
            log = self._logs[audience] = _Log(next(self._numbers), kept)
        return log

    def _snapshot(self, audience: Audience, veiled: bool) -> str:
        if audience is EVERYTHING:
            # What the snapshot shows must count as told: else it would not be told when it is gone again.
            self.tell_gathered()
        seq = self._log(audience).seq
        head = {"type": "snapshot", "stream": self.stream, "seq": seq, "now": self._clock()}
        seen = head | self.view.seen_by(audience)
        for beside in self._beside:
            seen |= beside(audience, self._clock())
        return _text({**seen, "calls": personal.veiled(seen["calls"])} if veiled else seen)


async def _hear(socket: WebSocket) -> None:
    """Returns when the desktop is gone. One that speaks is shown out."""
    message = await socket.receive()
    if message["type"] == "websocket.receive":
        await socket.close(ONLY_LISTEN, "this socket only tells")


def _without_customers(text: str) -> str:
    """A message for who may not know of customers. Few read so: it is made anew for each."""
    message = json.loads(text)
    for call in message.get("calls", ()):
        call["customers"] = []
    return _text(message)


def _veiled(change: Change) -> Change:
    calls, notices = personal.veiled(list(change.calls)), personal.veiled(list(change.notices))
    return replace(change, calls=tuple(calls), notices=tuple(notices))


def _change_text(change: Change, seq: int, prev: int) -> str:
    head = {"type": "change", "seq": seq, "prev": prev, "at": change.at, "event": change.event}
    body = {
        "agents": change.agents,
        "queues": change.queues,
        "calls": change.calls,
        "gone": change.gone,
        "notices": change.notices,
        **change.more,
    }
    return _text(head | {key: rows for key, rows in body.items() if rows})
