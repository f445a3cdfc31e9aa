"""What becomes of events and commands: who sees them in what order, when parts are woken, and what
happens when one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from cti.calls import events as ev
from cti.calls.call import Call
from cti.calls.commands import Answer, Command, Play
from cti.calls.events import Event
from cti.calls.part import Output
from cti.calls.words import Party, Place
from cti.switchboard import RETRY_S, Switchboard
from tests.cti.calls.talk import CALL
from tests.cti.engine_room import ARRIVED, QUEUED, Scripted, Surprise, on, surprised

ENDED = ev.Ended(call=CALL, at=3.0, by=Party.CALLER)


class Sent:
    """A telephone side that writes down what is asked of it, and of which call."""

    def __init__(self) -> None:
        self.commands: list[tuple[Command, Call | None]] = []

    def __call__(self, command: Command, call: Call | None) -> None:
        self.commands.append((command, call))


def board(*parts: Scripted, history: Sequence[Event] = ()) -> tuple[Switchboard, Sent]:
    sent = Sent()
    return Switchboard(parts, sent, history), sent


def do(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_events_and_commands_go_out_in_the_order_given() -> None:
    entered = ev.EnteredMenu(call=CALL, at=1.0, flow="main", node="main", verb="menu")
    hello, late = (Play(call=CALL, play=n, sound=f"/s/{n}", barge_in=True) for n in (1, 2))
    first, second = on(ev.Arrived, Answer(call=CALL), entered, hello), on(ev.EnteredMenu, late)
    switchboard, sent = board(first, second)
    do(switchboard.work_off([ARRIVED], 1.0))
    assert first.words == second.words == ["Arrived", "EnteredMenu"]
    assert [command for command, _ in sent.commands] == [Answer(call=CALL), hello, late]
    assert [call.node for _, call in sent.commands if call] == ["", "main", "main"]
    assert [call.node for _, call in first.seen if call] == ["", "main"]


def test_a_part_that_raises_does_not_stop_the_others() -> None:
    last = Scripted()
    switchboard, _ = board(Scripted(surprised), on(ev.Arrived, QUEUED), last)
    do(switchboard.work_off([ARRIVED, ENDED], 1.0))
    assert last.words == ["Arrived", "Ended", "Queued"]


def test_after_its_end_a_call_is_gone() -> None:
    part = on(ev.Ended, QUEUED)
    switchboard, _ = board(part)
    do(switchboard.work_off([ARRIVED], 1.0))
    assert list(switchboard.calls) == [CALL]
    do(switchboard.work_off([ENDED], 3.0))
    assert not switchboard.calls
    (_, arrived), (_, ended), (late, call) = part.seen
    assert arrived is not None
    assert ended is not None
    assert not ended.live
    assert (late, call) == (QUEUED, None)


def test_history_is_folded_into_calls() -> None:
    switchboard, _ = board(history=[ARRIVED, QUEUED])
    call = switchboard.calls[CALL]
    assert (call.place, call.queue, call.caller) == (Place.QUEUE, "orders", "1")


# Deadlines


def test_a_part_is_asked_for_its_deadline_only_after_something_happened() -> None:
    class Counted(Scripted):
        asked = 0

        def next_time(self) -> float | None:
            self.asked += 1
            return self.due

    part = Counted()
    switchboard, _ = board(part)
    part.due = 7.0
    for _ in range(3):
        assert switchboard.next_time() == 7.0
        do(switchboard.on_time(5.0))
    assert part.asked == 1
    part.due = 9.0
    do(switchboard.work_off([ARRIVED], 5.0))
    assert switchboard.next_time() == 9.0
    assert part.asked == 2


def test_deadlines_wake_parts_in_their_time() -> None:
    part, other = Scripted(), Scripted()

    def woken(now: float) -> Sequence[Output]:
        part.due = None if len(part.woken) == 3 else now + 5
        return [QUEUED]

    part.on_waking, part.due = woken, 7.0
    switchboard, _ = board(part, other)
    while (now := switchboard.next_time()) < float("inf"):
        do(switchboard.on_time(now))
    assert part.woken == [7, 12, 17]
    assert other.words == ["Queued"] * 3


def test_a_part_that_raises_on_its_deadline_is_left_alone_for_a_while() -> None:
    part, other = Scripted(), Scripted()
    part.on_waking, part.due = surprised, 1.0

    def once(now: float) -> Sequence[Output]:
        other.due = None
        return ()

    other.on_waking, other.due = once, 1.0
    switchboard, _ = board(part, other)
    for _ in range(3):
        do(switchboard.on_time(switchboard.next_time()))
    assert part.woken == [1, 1 + RETRY_S, 1 + 2 * RETRY_S]
    assert other.woken == [1]


def test_work_that_raises_may_have_moved_a_deadline() -> None:
    part = Scripted()
    switchboard, _ = board(part)
    assert switchboard.next_time() == float("inf")

    async def half(now: float) -> Sequence[Output]:
        part.due = 4.0
        raise Surprise

    with pytest.raises(Surprise):
        do(switchboard.do(half, 1.0))
    assert switchboard.next_time() == 4.0
