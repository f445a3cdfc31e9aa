"""The look-up of callers: beside the loop, told when it is there, forgotten with the call."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from structlog.testing import capture_logs

from cti.calls.call import Call, apply
from cti.calls.events import Arrived, CalledBack, CallEvent, Ended
from cti.calls.words import CallId, Party
from cti.customers.callers import NOTES_SHOWN, Callers, row
from cti.customers.card import Card

C1, C2 = CallId("c1"), CallId("c2")


def card(id: int, name: str, notes: str = "") -> Card:
    return Card(id=id, version=1, changed_at=1.0, name=name, notes=notes, level="gold")


class Room:
    """Callers over a store that answers when it is let."""

    def __init__(self) -> None:
        self.cards: dict[str, list[Card]] = {"+4930123456": [card(1, "Ada")]}
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.told: asyncio.Queue[CallId] = asyncio.Queue()
        self.elsewhere: dict[str, dict[str, str]] = {}
        self.callers = Callers(self.of_number, "DE", self.told.put_nowait, self.ask)
        self.calls: dict[CallId, Call] = {}

    async def of_number(self, number: str) -> Sequence[Card]:
        self.asked.append(number)
        await self.open.wait()
        if not self.cards:
            raise ConnectionError("030 123456 could not be looked up")
        return self.cards.get(number, [])

    async def ask(self, number: str) -> Mapping[str, str]:
        if number == "+4930666666":
            raise ConnectionError("030 666666 could not be looked up")
        return self.elsewhere.get(number, {})

    async def happens(self, event: CallEvent) -> None:
        call = self.calls[event.call] = apply(self.calls.get(event.call), event)
        assert await self.callers.on_event(event, call, event.at) == ()

    async def arrives(self, caller: str = "030 123456", call: CallId = C1) -> None:
        await self.happens(
            Arrived(at=1, call=call, channel="", uniqueid="", caller=caller, caller_name="", dialled="1")
        )

    async def settled(self) -> None:
        """All look-ups are done."""
        while tasks := [task for task in asyncio.all_tasks() if task.get_name().startswith("customer of")]:
            await asyncio.wait(tasks)


async def test_a_caller_is_known_when_the_look_up_is_done_and_the_loop_never_waits() -> None:
    room = Room()
    room.open.clear()
    await room.arrives()
    assert room.callers.found(C1) == ()
    room.open.set()
    assert await room.told.get() == C1
    assert room.callers.found(C1) == (row(card(1, "Ada")),)
    await room.arrives()
    assert room.asked == ["+4930123456"]  # once a call


async def test_who_is_nobody_is_told_to_nobody() -> None:
    room = Room()
    await room.arrives("+4930999999")
    await room.arrives("anonymous", C2)
    await room.settled()
    assert room.told.empty()
    assert room.asked == ["+4930999999"]
    assert room.callers.found(C1) == room.callers.found(C2) == ()


async def test_who_has_no_card_here_is_looked_for_elsewhere() -> None:
    room = Room()
    hostile = "<script>\u202e\x00"
    room.elsewhere["+4930777777"] = {"id": "C-7", "name": f"Eve {hostile}", "notes": f"a\nb{hostile}" + "n" * 900}
    room.elsewhere["+4930123456"] = {"id": "C-1", "name": "Ada too"}
    await room.arrives()
    await room.arrives("030 777777", C2)
    assert {await room.told.get(), await room.told.get()} == {C1, C2}
    assert [found["name"] for found in room.callers.found(C1)] == ["Ada"]
    (eve,) = room.callers.found(C2)
    assert (eve["id"], eve["name"], eve["level"]) == ("C-7", "Eve <script>", "")
    assert eve["notes"].startswith("a\nb<script>")
    assert len(eve["notes"]) == NOTES_SHOWN
    assert eve.keys() == room.callers.found(C1)[0].keys()
    with capture_logs() as logs:
        await room.arrives("030 666666", CallId("c3"))
        await room.settled()
    assert [log["error"] for log in logs] == ["ConnectionError"]
    assert "666666" not in str(logs)


async def test_a_card_made_in_the_midst_of_a_call_is_seen() -> None:
    room = Room()
    await room.arrives("030 999999")
    await room.settled()
    room.cards["+4930999999"] = [card(2, "Bob"), card(3, "Eve")]
    room.callers.changed(["+4930999999"])
    assert await room.told.get() == C1
    assert [found["name"] for found in room.callers.found(C1)] == ["Bob", "Eve"]
    room.callers.changed(["+4930123456"])
    await room.settled()
    assert room.told.empty()


async def test_a_call_that_is_over_is_forgotten() -> None:
    room = Room()
    await room.arrives()
    await room.told.get()
    await room.happens(Ended(at=2, call=C1, by=Party.CALLER, cause=16))
    assert room.callers.found(C1) == ()
    room.callers.changed(["+4930123456"])
    await room.settled()
    assert room.told.empty()


async def test_a_call_that_ends_before_it_is_looked_up_leaves_nothing() -> None:
    room = Room()
    room.open.clear()
    await room.arrives()
    await room.happens(Ended(at=2, call=C1, by=Party.CALLER, cause=16))
    room.open.set()
    await room.settled()
    assert room.told.empty()
    assert room.callers.found(C1) == ()


async def test_who_is_called_back_is_looked_up_by_that_number() -> None:
    room = Room()
    await room.happens(CalledBack(at=1, call=C1, wanted=C2, attempt=1, number="+4930123456", queue="sales", since=1))
    assert await room.told.get() == C1


async def test_a_store_that_fails_leaves_the_caller_unknown_and_no_number_in_the_log() -> None:
    room = Room()
    room.cards.clear()
    with capture_logs() as logs:
        await room.arrives()
        await room.settled()
    assert room.callers.found(C1) == ()
    assert [log["error"] for log in logs] == ["ConnectionError"]
    assert "123456" not in str(logs)


async def test_stopping_gives_up_what_is_looked_up() -> None:
    room = Room()
    room.open.clear()
    await room.arrives()
    await room.callers.stop()
    await room.settled()
    assert room.told.empty()


def test_long_notes_are_cut_while_a_phone_rings() -> None:
    assert row(card(1, "Ada", "n" * 4000))["notes"] == "n" * (NOTES_SHOWN - 1) + "…"
