"""One connection to Asterisk: what was asked, what came back, and the silence between."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import Any, cast

from cti.ami.errors import AmiDown, AmiError, AmiRefused, AmiTimeout
from cti.ami.wire import Framer, Message, WireError, encode

Fields = Mapping[str, str | Sequence[str]]
Outcome = list[Message] | AmiError
"""The response and the events of its list, if it has one; or what went wrong."""


@dataclass(slots=True)
class _Pending:
    """An action that is not answered yet. ``answer`` grows while its list comes in."""

    name: str
    finish: Callable[[Outcome], None]
    is_list: bool
    deadline: asyncio.TimerHandle
    answer: list[Message] = field(default_factory=list)


class Session(asyncio.Protocol):
    """The protocol of one connection, from its first byte to its last.

    ``on_event`` is called from the read itself: events keep their order, nothing piles up, and
    a reader who is too slow is slowed down by TCP. ``on_stray`` is called for each message that
    is for nobody, such as an event of a list that was given up.
    """

    def __init__(
        self,
        *,
        on_event: Callable[[Message], None],
        on_stray: Callable[[], None],
        silence_s: float,
        deadline_s: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_event = on_event
        self._on_stray = on_stray
        self._silence_s = silence_s
        self._deadline_s = deadline_s
        self._framer = Framer()
        self._ids = (f"{prefix}-{n}" for prefix in [token_hex(4)] for n in count(1))
        self._pending: dict[str, _Pending] = {}
        self._given_up: set[str] = set()
        self._transport: asyncio.Transport | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._last_byte = 0.0
        self._why = ""
        self._lost = asyncio.Event()

    @property
    def banner(self) -> str:
        return self._framer.banner

    @property
    def certificate_ends(self) -> float | None:
        """When the other side's certificate expires, in seconds since 1970; None without TLS."""
        shown = None if self._transport is None else self._transport.get_extra_info("peercert")
        return float(ssl.cert_time_to_seconds(shown["notAfter"])) if shown else None

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._why

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._last_byte = self._loop.time()
        self._silence = self._loop.call_later(self._silence_s, self._listen)

    def data_received(self, data: bytes) -> None:
        self._last_byte = self._loop.time()
        if self._why:
            return
        try:
            messages = self._framer.feed(data)
        except WireError as error:
            self.close(str(error))
            return
        for message in messages:
            if "Event" in message and "ActionID" not in message:
                self._on_event(message)
            else:
                self._match(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._why = self._why or (f"the connection broke: {exc}" if exc else "Asterisk closed the connection")
        if self._silence is not None:
            self._silence.cancel()
        while self._pending:
            _, pending = self._pending.popitem()
            pending.deadline.cancel()
            pending.finish(AmiDown(self._why))
        self._lost.set()

    async def over(self) -> str:
        """Waits until the connection is over, if it ever was there, and says why."""
        if self._transport is not None:
            await self._lost.wait()
        return self._why

    def close(self, why: str = "the link was closed") -> None:
        """Drops the connection; all that is not answered fails a moment later."""
        self._why = self._why or why
        if self._transport is not None:
            self._transport.abort()

    def ask(
        self,
        name: str,
        fields: Fields,
        finish: Callable[[Outcome], None],
        *,
        is_list: bool = False,
        deadline_s: float | None = None,
        action_id: str = "",
    ) -> None:
        """Writes an action at once; ``finish`` is called exactly once, later, with what became of it.

        Events that come of the action much later carry its ``action_id`` too, so one may be
        given; one that still waits for its answer is refused and not sent. Raises WireError
        for what cannot be sent.
        """
        action_id = action_id or next(self._ids)
        data = encode(name, fields, action_id)
        if self._transport is None or self._why:
            self._loop.call_soon(finish, AmiDown(self._why or "there is no link yet"))
            return
        if action_id in self._pending:
            self._loop.call_soon(finish, AmiRefused("an action with this id is not answered yet"))
            return
        wait = self._deadline_s if deadline_s is None else deadline_s
        deadline = self._loop.call_later(wait, self._give_up, action_id)
        self._pending[action_id] = _Pending(name, finish, is_list, deadline)
        # Asterisk reads TLS in pieces of 1 kB and does not see what is left of a longer record until
        # the next one comes: so a line is a record of its own (seen on 22.10).
        self._transport.writelines(data.splitlines(keepends=True))

    def call(
        self, name: str, fields: Fields, *, is_list: bool = False, deadline_s: float | None = None
    ) -> asyncio.Future[list[Message]]:
        """As ``ask``, for one who waits."""
        future: asyncio.Future[list[Message]] = self._loop.create_future()

        def finish(outcome: Outcome) -> None:
            if future.done():
                return  # whoever waited was cancelled
            if isinstance(outcome, AmiError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        self.ask(name, fields, finish, is_list=is_list, deadline_s=deadline_s)
        return future

    def send(self, data: dict[str, Any], as_list: bool | None = None) -> asyncio.Future[list[Message]]:
        """What panoramisk's Manager calls, for its Login and its Pings.

        A Ping that comes to nothing drops the link: it may still bring events while it no
        longer takes actions.
        """
        name = data["Action"]
        future = self.call(name, {k: v for k, v in data.items() if k != "Action"}, is_list=bool(as_list))
        if name == "Ping":
            future.add_done_callback(self._pinged)
        return future

    def _pinged(self, future: asyncio.Future[list[Message]]) -> None:
        if not future.cancelled() and future.exception() is not None:
            self.close("a Ping was not answered")

    def _listen(self) -> None:
        left = self._last_byte + self._silence_s - self._loop.time()
        if left > 0:
            self._silence = self._loop.call_later(left, self._listen)
        else:
            self.close(f"silent for {self._silence_s:g} s")

    def _give_up(self, action_id: str) -> None:
        pending = self._pending.pop(action_id)
        if pending.is_list:
            self._given_up.add(action_id)
        pending.finish(AmiTimeout(f"{pending.name} was not answered in time"))

    def _match(self, message: Message) -> None:
        action_id = message.get("ActionID", "")
        pending = self._pending.get(action_id)
        if "Event" not in message:
            if pending is None or pending.answer or "Response" not in message:
                self._on_stray()
            else:
                self._answered(action_id, pending, message)
        elif pending is not None and pending.is_list:
            if _ends_list(message):
                self._finish(action_id, pending.answer)
            else:
                pending.answer.append(message)
        elif action_id in self._given_up:
            self._on_stray()
            if _ends_list(message):
                self._given_up.discard(action_id)
        else:  # such as OriginateResponse, which has a Response header too
            self._on_event(message)

    def _answered(self, action_id: str, pending: _Pending, response: Message) -> None:
        if response["Response"] not in ("Success", "Goodbye"):
            self._finish(action_id, AmiRefused(_refusal(response)))
            return
        pending.answer.append(response)
        if not pending.is_list or response.get("EventList", "").lower() != "start":
            self._finish(action_id, pending.answer)

    def _finish(self, action_id: str, outcome: Outcome) -> None:
        pending = self._pending.pop(action_id)
        pending.deadline.cancel()
        pending.finish(outcome)


def _refusal(response: Message) -> str:
    """Asterisk's reason. That of a CLI command is in its output."""
    return "; ".join(response.all("Output")) or response.get("Message") or "refused without a reason"


def _ends_list(message: Message) -> bool:
    return message.get("EventList", "").lower() in ("complete", "cancelled")
