"""Who calls: the cards of the numbers of live calls, looked up when they arrive, long before a phone rings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

import structlog

from cti.calls.call import Call
from cti.calls.events import Event
from cti.calls.part import Output
from cti.calls.words import CallId
from cti.customers import numbers
from cti.customers.card import Card, clean

log = structlog.get_logger(__name__)

LOOK_UP_S = 2.0
"""After this the look-up of a caller is given up; he is unknown then."""
NOTES_SHOWN = 500

OfNumber = Callable[[str], Awaitable[Sequence[Card]]]
"""Looks up the cards of a number in E.164."""

Elsewhere = Callable[[str], Awaitable[Mapping[str, str]]]
"""Asks the site's own system whose number (E.164) this is: texts of SHOWN, none for nobody. It may take
seconds, and ends by itself."""

SHOWN = ("id", "name", "level", "region", "department", "owner", "notes")
"""What is shown of a card while a phone rings. One of elsewhere may have an id of its own."""


def row(card: Card) -> dict[str, Any]:
    """A card as JSON values, as short as it is shown while a phone rings."""
    return {key: getattr(card, key) for key in SHOWN} | {"notes": _cut(card.notes)}


def foreign_row(card: Mapping[str, str]) -> dict[str, Any]:
    """A card of elsewhere in the same shape. Its id is a text."""
    return {key: clean(card.get(key, "")) for key in SHOWN} | {"notes": _cut(clean(card.get("notes", ""), lines=True))}


def _cut(notes: str) -> str:
    return notes if len(notes) <= NOTES_SHOWN else notes[: NOTES_SHOWN - 1] + "…"


class Callers:
    """A part of the loop that waits for nothing: look-ups go on beside it, and ``found`` is what is
    known by now. Who has no card here is looked for ``elsewhere``. ``region`` is where numbers without a
    country code are from; ``known`` is told each call of whose caller something else is known than
    before."""

    def __init__(
        self,
        of_number: OfNumber,
        region: str | None,
        known: Callable[[CallId], None],
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._of_number = of_number
        self._elsewhere = elsewhere
        self._region = region
        self._known = known
        self._numbers: dict[CallId, str] = {}
        """The number of each live call, in E.164; empty where it shows none."""
        self._found: dict[CallId, tuple[dict[str, Any], ...]] = {}
        self._looking: dict[CallId, asyncio.Task[None]] = {}

    def found(self, call: CallId) -> tuple[dict[str, Any], ...]:
        """The cards of the call's caller, as ``row`` has them; empty where he is not known, or not yet."""
        return self._found.get(call, ())

    def changed(self, numbers: Collection[str]) -> None:
        """Cards with these numbers (E.164) are new, other or gone: their calls are looked up again."""
        for call, number in self._numbers.items():
            if number and number in numbers:
                self._look_up(call, number)

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if call is None:
            return ()
        if not call.live:
            self._forget(call.id)
        elif (number := numbers.of_caller(call.caller, self._region)) != self._numbers.get(call.id):
            self._numbers[call.id] = number
            if number:
                self._look_up(call.id, number)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None

    async def stop(self) -> None:
        """Gives up all look-ups."""
        looking = list(self._looking.values())
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)

    def _forget(self, call: CallId) -> None:
        self._numbers.pop(call, None)
        self._found.pop(call, None)
        if (task := self._looking.pop(call, None)) is not None:
            task.cancel()

    def _look_up(self, call: CallId, number: str) -> None:
        if (earlier := self._looking.pop(call, None)) is not None:
            earlier.cancel()
        task = self._looking[call] = asyncio.create_task(self._look(call, number), name=f"customer of {call}")
        task.add_done_callback(lambda done: self._looking.pop(call) if self._looking.get(call) is done else None)

    async def _look(self, call: CallId, number: str) -> None:
        try:
            async with asyncio.timeout(LOOK_UP_S):
                rows = tuple(map(row, await self._of_number(number)))
            if not rows and self._elsewhere is not None and (card := await self._elsewhere(number)):
                rows = (foreign_row(card),)
        except Exception as error:
            # Only its kind is logged: a message may have the number in it.
            log.warning("a caller could not be looked up", call=call, error=type(error).__name__)
            return
        if rows != self.found(call):
            self._found[call] = rows
            self._known(call)
