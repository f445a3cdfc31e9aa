"""The virtual telephone side: what comes of each command, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from cti.calls import commands as cmd
from cti.calls import events as ev
from cti.calls.call import Call
from cti.calls.events import Event
from cti.calls.part import Output
from cti.calls.words import AgentState, CallId, OfferId, Party, Place
from cti.switchboard import Switchboard
from cti.virtual import KEY_S, REACTION_S, VirtualSide, drive
from tests.cti.engine_room import Reply, Scripted

CALL = CallId("v1")
OFFER = OfferId("o1")
SOUND_S = 4.0
MENU = ev.EnteredMenu(call=CALL, at=0, flow="main", node="main", verb="menu")
PLAY = cmd.Play(call=CALL, play=1, sound="hello", barge_in=True)
QUEUED = ev.Queued(call=CALL, at=0, queue="orders")
MUSIC = cmd.StartMusic(call=CALL, music="default")
RING = cmd.Offer(call=CALL, offer=OFFER, agent="alice", phone="PJSIP/alice", ring_s=15)
OFFERED = ev.Offered(call=CALL, at=0, offer=OFFER, agent="alice")


@dataclass
class Script:
    """A caller who does what is written here."""

    number: str = "5550100"
    dialled: str = "100"
    pressed: Mapping[str, str] = field(default_factory=dict)
    patience: float = 60.0
    talk: float = 100.0
    picks_up: float = 5.0

    def keys(self, node: str) -> str:
        return self.pressed.get(node, "")

    def patience_s(self, call: Call) -> float:
        return self.patience

    def talk_s(self, call: Call) -> float:
        return self.talk

    def message_s(self) -> float:
        return 20.0

    def picks_up_s(self) -> float:
        return self.picks_up


def story(reply: Mapping[type[Event], Sequence[Output]] | Reply, caller: Script, answer_s: float = 3.0) -> list[Event]:
    """All that happens to one call that arrives at 0, when each kind of event is answered like this."""
    side = VirtualSide(lambda agent, call: answer_s, lambda sound: SOUND_S)
    answers: Reply = reply if callable(reply) else (lambda event, call: reply.get(type(event), ()))
    part = Scripted(answers)
    board = Switchboard([part], side.carry_out)
    side.calls_at(0.0, CALL, caller)

    async def settled() -> None:
        return

    asyncio.run(drive(side, board, settled))
    return [event for event, _ in part.seen]


def times(happened: Sequence[Event], *kinds: type[Event]) -> list[tuple[str, float]]:
    return [(type(e).__name__, round(e.at, 3)) for e in happened if not kinds or isinstance(e, kinds)]


TALKS: Mapping[type[Event], Sequence[Output]] = {
    ev.Arrived: [QUEUED, MUSIC, OFFERED, RING],
    ev.Accepted: [cmd.Connect(call=CALL, offer=OFFER)],
}


def test_keys_are_pressed_when_the_prompts_are_over() -> None:
    twice = cmd.Play(call=CALL, play=2, sound="again", barge_in=True)

    def reply(event: Event, call: Call | None) -> Sequence[Output]:
        match event:
            case ev.Arrived():
                return [cmd.Answer(call=CALL)]
            case ev.Answered():
                return [MENU, PLAY]
            case ev.Played(play=1):
                return [twice]
            case ev.Digit(digit="2"):
                return [cmd.Hangup(call=CALL)]
        return []

    happened = story(reply, Script(pressed={"main": "12"}))
    assert times(happened, ev.Played, ev.Digit, ev.Ended) == [
        ("Played", SOUND_S),
        ("Played", 2 * SOUND_S),
        ("Digit", 2 * SOUND_S + REACTION_S),
        ("Digit", 2 * SOUND_S + REACTION_S + KEY_S),
        ("Ended", 2 * SOUND_S + REACTION_S + KEY_S),
    ]
    assert isinstance(happened[-1], ev.Ended)
    assert happened[-1].by is Party.SYSTEM


def test_who_hears_something_new_presses_no_more_keys() -> None:
    def reply(event: Event, call: Call | None) -> Sequence[Output]:
        match event:
            case ev.Arrived():
                return [MENU, PLAY]
            case ev.Digit():
                return [ev.EnteredMenu(call=CALL, at=0, flow="main", node="next", verb="say"), PLAY]
        return []

    assert times(story(reply, Script(pressed={"main": "123"})), ev.Digit) == [("Digit", SOUND_S + REACTION_S)]


def test_a_talk_from_ring_to_end() -> None:
    happened = story(TALKS, Script())
    assert times(happened) == [
        ("Arrived", 0),
        ("Queued", 0),
        ("Offered", 0),
        ("Ringing", 0),
        ("Accepted", 3),
        ("Connected", 3),
        ("Left", 103),
        ("Ended", 103),
    ]
    assert isinstance(happened[-2], ev.Left)
    assert (happened[-2].place, happened[-2].by) == (Place.TALK, Party.CALLER)


def test_where_the_flow_goes_on_the_agent_ends_the_talk() -> None:
    after = ev.Queued(call=CALL, at=0, queue="orders", after="survey")
    replies: Mapping[type[Event], Sequence[Output]] = {
        **TALKS,
        ev.Arrived: [after, MUSIC, OFFERED, RING],
        ev.Returned: [cmd.Hangup(call=CALL)],
    }
    happened = story(replies, Script())
    assert times(happened[-3:]) == [("Left", 103), ("Returned", 103), ("Ended", 103)]


def test_patience_ends_in_the_queue_while_the_phone_rings() -> None:
    happened = story(TALKS, Script(patience=2.0))
    assert times(happened, ev.Accepted, ev.Ended) == [("Ended", 2)]


def test_nobody_answers() -> None:
    happened = story(TALKS, Script(), answer_s=16)
    assert times(happened, ev.Refused, ev.Ended) == [("Refused", 15), ("Ended", 60)]


def test_an_offer_taken_back_is_not_picked_up() -> None:
    replies = {**TALKS, ev.Ringing: [cmd.Withdraw(call=CALL, offer=OFFER)]}
    assert times(story(replies, Script()), ev.Accepted, ev.Refused) == []


def test_messages_between_the_music_take_no_patience_away() -> None:
    def reply(event: Event, call: Call | None) -> Sequence[Output]:
        match event:
            case ev.Arrived():
                return [QUEUED, MUSIC, PLAY]
            case ev.Played():
                return [MUSIC]
        return []

    assert times(story(reply, Script()), ev.Played, ev.Ended) == [("Played", SOUND_S), ("Ended", 60)]


def test_who_is_out_of_the_queue_has_patience_again() -> None:
    tape = cmd.Tape(call=CALL, play=2, recording="r", longest_s=10, silence_s=3, stop_keys="#", beep=True)

    def reply(event: Event, call: Call | None) -> Sequence[Output]:
        match event:
            case ev.Arrived():
                return [QUEUED, MUSIC, MENU, PLAY]
            case ev.Played():
                return [tape]
        return []

    happened = story(reply, Script(patience=5))
    assert times(happened[-1:]) == [("Taped", SOUND_S + 10)]


def test_a_transfer_is_a_talk_elsewhere() -> None:
    happened = story({ev.Arrived: [cmd.Transfer(call=CALL, to="front-desk")]}, Script())
    assert times(happened) == [("Arrived", 0), ("Transferred", 0), ("Ended", 100)]


CALLED_BACK = ev.CalledBack(call=CALL, at=0, number="5550100", queue="orders", wanted=CallId("v0"), attempt=1, since=0)


def calling_back(caller: Script | None) -> list[Event]:
    """All that happens when the caller of an earlier call is called back at 0, the agent first."""
    side = VirtualSide(lambda agent, call: 3.0, lambda sound: 0.0, lambda call: caller)

    def reply(event: Event, call: Call | None) -> Sequence[Output]:
        match event:
            case ev.CalledBack():
                return [OFFERED, RING]
            case ev.Accepted():
                return [cmd.CallOut(call=CALL, number="5550100", ring_s=30)]
            case ev.Arrived():
                return [cmd.Connect(call=CALL, offer=OFFER)]
        return []

    part = Scripted(reply)
    board = Switchboard([part], side.carry_out)

    async def begin(now: float) -> Sequence[Output]:
        return [CALLED_BACK]

    async def settled() -> None:
        return

    side.does_at(0.0, begin)
    asyncio.run(drive(side, board, settled))
    return [event for event, _ in part.seen]


def test_who_is_called_back_is_rung_after_the_agent() -> None:
    assert times(calling_back(Script()))[2:] == [
        ("Ringing", 0),
        ("Accepted", 3),
        ("Arrived", 8),
        ("Connected", 8),
        ("Left", 108),
        ("Ended", 108),
    ]


def test_who_is_called_back_and_not_there() -> None:
    ended = calling_back(Script(picks_up=float("inf")))[-1]
    assert isinstance(ended, ev.Ended)
    assert (ended.at, ended.by, ended.cause) == (33, Party.SYSTEM, 19)


def test_nobody_known_cannot_be_called_back() -> None:
    assert [e.why for e in calling_back(None) if isinstance(e, ev.Failed)] == ["the caller is gone"]


def test_of_two_phones_that_ring_the_one_that_is_picked_up_is_joined() -> None:
    other = OfferId("o2")
    side = VirtualSide(lambda agent, call: 3.0 if agent == "bob" else 9.0, lambda sound: 0.0)
    second = cmd.Offer(call=CALL, offer=other, agent="bob", phone="PJSIP/bob", ring_s=15)

    def reply(event: Event, call: Call | None) -> Sequence[Output]:
        match event:
            case ev.Arrived():
                return [QUEUED, MUSIC, OFFERED, RING, ev.Offered(call=CALL, at=0, offer=other, agent="bob"), second]
            case ev.Accepted(offer=offer):
                return [cmd.Connect(call=CALL, offer=offer), cmd.Withdraw(call=CALL, offer=OFFER)]
        return []

    part = Scripted(reply)
    side.calls_at(0.0, CALL, Script())

    async def settled() -> None:
        return

    asyncio.run(drive(side, Switchboard([part], side.carry_out), settled))
    assert [(e.agent, e.at) for e, _ in part.seen if isinstance(e, ev.Connected)] == [("bob", 3)]
    assert sum(isinstance(e, ev.Accepted) for e, _ in part.seen) == 1


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (cmd.Connect(call=CALL, offer=OFFER), "the agent's leg is gone"),
        (cmd.StopMonitor(call=CALL, supervisor="sue"), "a virtual telephone side cannot do this"),
    ],
)
def test_what_cannot_be_done_has_failed(command: cmd.Command, why: str) -> None:
    happened = story({ev.Arrived: [command]}, Script())
    assert [e.why for e in happened if isinstance(e, ev.Failed)] == [why]


def test_commands_after_the_end_fail_and_nothing_more_happens() -> None:
    happened = story({**TALKS, ev.Ended: [PLAY]}, Script(patience=1.0))
    assert times(happened[-2:]) == [("Ended", 1), ("Failed", 1)]


def test_work_has_its_turn_and_nothing_happens_after_the_last_moment() -> None:
    side = VirtualSide(lambda agent, call: 0.0, lambda sound: 0.0)
    part = Scripted()
    board = Switchboard([part], side.carry_out)
    done: list[float] = []

    async def work(now: float) -> Sequence[Output]:
        done.append(now)
        return [ev.AgentChanged(at=now, agent="alice", state=AgentState.READY)]

    async def settled() -> None:
        return

    for at in (2.0, 1.0, 9.0):
        side.does_at(at, work)
    asyncio.run(drive(side, board, settled, until=5.0))
    assert done == [1.0, 2.0]
    assert part.words == ["AgentChanged"] * 2


def test_deadlines_of_parts_come_in_between() -> None:
    side = VirtualSide(lambda agent, call: 0.0, lambda sound: 0.0)
    part = Scripted()
    part.due = 5.0

    def woken(now: float) -> Sequence[Any]:
        part.due = None
        return []

    part.on_waking = woken
    board = Switchboard([part], side.carry_out)
    side.calls_at(7.0, CALL, Script())

    async def settled() -> None:
        return

    asyncio.run(drive(side, board, settled))
    assert part.woken == [5.0]
    assert times([e for e, _ in part.seen]) == [("Arrived", 7)]
