"""Holding a caller and sending him on: every step may be the last that an engine does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from cti.actions.control import ControlPart
from cti.calls import commands as cmd
from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.call import Call, Parking, apply
from cti.calls.commands import Command
from cti.calls.events import CallEvent
from cti.calls.names import DIRECT_QUEUE
from cti.calls.part import Output
from cti.calls.words import CallId, OfferId, Party, Place

CALL, OFFER = CallId("c1"), OfferId("o1")
ARRIVED = ev.Arrived(call=CALL, at=1.0, channel="SIP/1", uniqueid="1.1", caller="5", caller_name="", dialled="100")
QUEUED = ev.Queued(
    call=CALL,
    at=2.0,
    queue="orders",
    skills={"faults": 3},
    priority=7,
    level="gold",
    screen={"name": "Ann"},
    after="poll",
)
TALKS: Sequence[CallEvent] = (
    ARRIVED,
    QUEUED,
    ev.Offered(call=CALL, at=3.0, offer=OFFER, agent="alice"),
    ev.Connected(call=CALL, at=4.0, offer=OFFER, agent="alice"),
)
HELD = talk_events.Held(call=CALL, at=5.0, offer=OFFER)
AGENT_GONE = ev.Left(call=CALL, at=6.0, place=Place.TALK, why="", by=Party.AGENT)
ENDED = ev.Ended(call=CALL, at=7.0, by=Party.CALLER)
MUSIC = cmd.StartMusic(call=CALL, music="bells")
LET_GO = cmd.Withdraw(call=CALL, offer=OFFER)


def asked(**where: str | bool | float) -> talk_events.TransferAsked:
    return talk_events.TransferAsked(call=CALL, at=4.5, by="alice", **where)  # type: ignore[arg-type]


def story(*events: CallEvent, part: ControlPart | None = None) -> tuple[Call, list[Output]]:
    """The call after its talk and these events, and all that came of them; decided events happen, too."""
    part = part or ControlPart({"orders": "bells"})
    call: Call | None = None
    out: list[Output] = []
    for event in (*TALKS, *events):
        happening: list[CallEvent] = [event]
        while happening:
            one = happening.pop(0)
            call = apply(call, one)
            answers = asyncio.run(part.on_event(one, call, one.at))
            out += answers
            happening += [answer for answer in answers if isinstance(answer, CallEvent)]
    assert call is not None
    return call, out


def test_on_hold_the_queues_music_plays_and_the_engine_is_needed() -> None:
    call, out = story(HELD)
    assert out == [MUSIC]
    assert (call.place, call.parked, call.held, call.leased) == (Place.TALK, OFFER, True, True)


def test_resumed_it_is_a_talk_as_before() -> None:
    call, _ = story(HELD, talk_events.Resumed(call=CALL, at=6.0))
    assert (call.place, call.parked, call.held, call.leased) == (Place.TALK, None, False, False)
    assert call.offer is not None


def test_a_hold_by_a_key_of_the_phone_is_none_of_ours() -> None:
    call, out = story(talk_events.Held(call=CALL, at=5.0))
    assert (out, call.held, call.parked, call.leased) == ([], True, None, False)


def test_an_agent_who_goes_leaves_the_caller_his_place() -> None:
    call, out = story(HELD, AGENT_GONE)
    back = out[-1]
    assert isinstance(back, ev.Queued)
    assert (back.queue, back.since, back.skills, back.priority, back.level, back.screen, back.after) == (
        "orders", 2.0, {"faults": 3}, 7, "gold", {"name": "Ann"}, "poll",
    )  # fmt: skip
    assert (call.place, call.parked, call.held, call.offer) == (Place.QUEUE, None, False, None)


@pytest.mark.parametrize("steps", [(HELD, asked(queue="support")), (asked(queue="support"), HELD)])
def test_to_a_queue(steps: Sequence[CallEvent]) -> None:
    call, out = story(*steps, AGENT_GONE)
    commands = [c for c in out if isinstance(c, Command) and c != MUSIC]
    assert commands == ([LET_GO] if steps[0] is HELD else [cmd.Hold(call=CALL, offer=OFFER), LET_GO])
    assert (call.place, call.queue, call.priority, call.level, call.screen) == (
        Place.QUEUE, "support", 7, "gold", {"name": "Ann"},
    )  # fmt: skip
    assert (call.skills, call.queued_at, call.after) == ({}, 6.0, "poll")
    assert (call.transfer, call.parked) == (None, None)


def test_the_skills_wanted_are_kept_if_so_asked() -> None:
    call, _ = story(asked(queue="support", keep_skills=True), HELD, AGENT_GONE)
    assert call.skills == {"faults": 3}


def test_to_an_agent() -> None:
    call, _ = story(asked(agent="bob"), HELD, AGENT_GONE)
    assert (call.queue, call.agent) == (DIRECT_QUEUE, "bob")


def test_back_to_the_agent_whose_phone_lost_the_talk() -> None:
    """First to him alone, with the place that the caller had."""
    _, out = story(HELD, asked(queue="orders", agent="alice"), AGENT_GONE)
    back = out[-1]
    assert isinstance(back, ev.Queued)
    assert (back.queue, back.prefer, back.agent, back.since, back.priority) == ("orders", "alice", "", 2.0, 7)


@pytest.mark.parametrize("found", [(), (ev.Adopted(call=CALL, at=20.0, place=Place.TALK, channel="SIP/1"),)])
def test_a_page_that_goes_is_waited_for_by_a_later_engine_too(found: Sequence[CallEvent]) -> None:
    part = ControlPart({})
    lost = talk_events.PhoneLost(call=CALL, at=4.5, offer=OFFER)
    call, out = story(lost, HELD, *found, part=part)
    assert out[0] == cmd.Hold(call=CALL, offer=OFFER)
    assert part.next_time() == 34.5
    assert asyncio.run(part.on_time(34.5)) == [LET_GO]
    assert part.next_time() is None
    call, out = story(lost, HELD, AGENT_GONE)
    assert (call.place, call.queue, call.queued_at, call.phone_lost_at) == (Place.QUEUE, "orders", 2.0, None)


@pytest.mark.parametrize(
    "then",
    [(talk_events.Resumed(call=CALL, at=6.0),), (asked(queue="orders", agent="alice"),), (AGENT_GONE,), (ENDED,)],
)
def test_a_page_that_went_is_waited_for_no_more(then: Sequence[CallEvent]) -> None:
    part = ControlPart({})
    story(talk_events.PhoneLost(call=CALL, at=4.5, offer=OFFER), HELD, *then, part=part)
    assert part.next_time() is None


def test_into_a_flow() -> None:
    call, out = story(asked(flow="pin"), HELD, AGENT_GONE)
    assert out[-1] == ev.Diverted(call=CALL, at=6.0, flow="pin", why="transfer")
    assert (call.place, call.flow, call.parked) == (Place.MENU, "pin", None)


INTO_PIN = ev.Diverted(call=CALL, at=5.0, flow="pin", why="transfer", back=True)
IN_PIN = ev.EnteredMenu(call=CALL, at=5.5, flow="pin", node="code", verb="verify")
BACK = ev.CameBack(call=CALL, at=8.0, screen={"PIN": "right"})
FOUND = ev.Adopted(call=CALL, at=9.0, place=Place.TALK, channel="SIP/1")
JOIN = cmd.Resume(call=CALL, offer=OFFER)


@pytest.mark.parametrize("steps", [(HELD, asked(flow="pin", back=True)), (asked(flow="pin", back=True), HELD)])
def test_through_a_flow_and_back(steps: Sequence[CallEvent]) -> None:
    """The agent's leg is kept all the while, and his screen has what the flow found out."""
    call, out = story(*steps, IN_PIN)
    assert [o for o in out if o not in (MUSIC, cmd.Hold(call=CALL, offer=OFFER))] == [replace(INTO_PIN, at=steps[1].at)]
    assert (call.place, call.parked, call.away, call.leased, call.transfer) == (Place.TALK, OFFER, True, True, None)
    assert (call.flow, call.path, call.offer is not None) == ("", ("code",), True)
    call, out = story(*steps, IN_PIN, BACK)
    assert (out[-1], call.screen, call.away) == (JOIN, {"name": "Ann", "PIN": "right"}, False)
    call, _ = story(*steps, IN_PIN, BACK, talk_events.Resumed(call=CALL, at=9.0))
    assert (call.place, call.parked, call.detour) == (Place.TALK, None, None)


def test_the_agent_goes_while_a_flow_has_the_caller() -> None:
    """The caller goes on there; given back, he has his place in the queue."""
    call, out = story(HELD, INTO_PIN, IN_PIN, AGENT_GONE)
    assert (call.place, call.flow, call.node, call.offer) == (Place.MENU, "pin", "code", None)
    assert not any(isinstance(o, ev.Queued | ev.Diverted) for o in out)
    call, _ = story(HELD, INTO_PIN, IN_PIN, AGENT_GONE, BACK)
    assert (call.place, call.queue, call.queued_at, call.screen) == (
        Place.QUEUE, "orders", 2.0, {"name": "Ann", "PIN": "right"},
    )  # fmt: skip


def test_the_flow_sends_the_caller_elsewhere() -> None:
    sent = ev.Left(call=CALL, at=8.0, place=Place.TALK, why="")
    call, out = story(HELD, INTO_PIN, IN_PIN, sent, ev.Queued(call=CALL, at=8.0, queue="support"))
    assert out[-1] == LET_GO
    assert (call.place, call.queue, call.parked, call.offer) == (Place.QUEUE, "support", None, None)
    failed = ev.Failed(call=CALL, at=9.0, command="Transfer", why="no")
    call, out = story(HELD, INTO_PIN, IN_PIN, sent, failed)
    assert (call.place, out[-1]) == (Place.MENU, LET_GO)  # it goes on where the flow says


def test_the_caller_goes_from_the_flow() -> None:
    left = ev.Left(call=CALL, at=8.0, place=Place.TALK, why="", by=Party.CALLER)
    call, out = story(HELD, INTO_PIN, IN_PIN, left, ENDED)
    assert (out[-1], call.live) == (LET_GO, False)


def test_a_new_engine_finds_the_caller_in_the_flow_or_back() -> None:
    call, out = story(asked(flow="pin", back=True), HELD, IN_PIN, FOUND)
    assert (call.away, out[-1]) == (True, INTO_PIN)
    call, out = story(HELD, INTO_PIN, IN_PIN, BACK, FOUND)
    assert (call.away, out[-2:]) == (False, [JOIN, JOIN])


def test_back_to_an_agent_whose_page_is_gone() -> None:
    lost = talk_events.PhoneLost(call=CALL, at=6.0, offer=OFFER)
    call, out = story(HELD, INTO_PIN, IN_PIN, lost, BACK)
    assert (out[-1], call.parked) == (MUSIC, OFFER)


def test_into_a_flow_whose_caller_has_gone_meanwhile() -> None:
    call, _ = story(AGENT_GONE, INTO_PIN)
    assert (call.detour, call.flow) == (None, "")


def test_to_a_number_and_back_where_it_cannot_be_dialled() -> None:
    _, out = story(asked(number="77"), HELD, AGENT_GONE)
    assert out[-1] == cmd.Transfer(call=CALL, number="77")
    failed = ev.Failed(call=CALL, at=6.5, command="Transfer", why="no")
    call, _ = story(asked(number="77"), HELD, AGENT_GONE, failed)
    assert (call.place, call.queue, call.queued_at) == (Place.QUEUE, "orders", 2.0)


def test_a_talk_that_cannot_be_taken_apart_goes_on() -> None:
    call, out = story(asked(queue="support"), ev.Failed(call=CALL, at=5.0, command="Hold", why="no"))
    assert out == [cmd.Hold(call=CALL, offer=OFFER)]
    assert (call.place, call.transfer) == (Place.TALK, None)


@pytest.mark.parametrize("steps", [(HELD,), (asked(flow="pin"), HELD), (HELD, asked(queue="support"))])
def test_a_caller_who_goes_takes_the_agents_leg_with_him(steps: Sequence[CallEvent]) -> None:
    left = ev.Left(call=CALL, at=6.0, place=Place.TALK, why="", by=Party.CALLER)
    call, out = story(*steps, left, ENDED)
    assert out[-1] == LET_GO
    assert not call.live
    assert not any(isinstance(o, ev.Queued | ev.Diverted) for o in out)


def test_the_fallback_takes_a_caller_from_hold() -> None:
    call, out = story(HELD, ev.FellBack(call=CALL, at=6.0))
    assert (call.place, call.leased, out[-1]) == (Place.FALLBACK, False, LET_GO)


@pytest.mark.parametrize("steps", [(asked(queue="support"),), (asked(queue="support"), HELD)])
def test_a_new_engine_goes_on_where_the_old_one_stopped(steps: Sequence[CallEvent]) -> None:
    adopted = ev.Adopted(call=CALL, at=6.0, place=Place.TALK, channel="SIP/1")
    call, out = story(*steps, adopted)
    assert out[-1] == (LET_GO if call.parked else cmd.Hold(call=CALL, offer=OFFER))


def test_told_twice_it_happens_once() -> None:
    _, out = story(HELD, AGENT_GONE, AGENT_GONE, HELD)
    assert sum(isinstance(o, ev.Queued) for o in out) == 1


def test_a_parked_caller_keeps_the_time_that_he_has_waited() -> None:
    call, out = story(asked(queue="orders", agent="alice", park_s=120.0), HELD, AGENT_GONE)
    queued = out[-1]
    assert isinstance(queued, ev.Queued)
    assert (queued.queue, queued.prefer, queued.park_s, queued.since) == ("orders", "alice", 120.0, 4.0)
    assert (queued.skills, queued.priority, queued.level, queued.after) == ({"faults": 3}, 7, "gold", "poll")
    assert (call.place, call.parking) == (Place.QUEUE, Parking("alice", 126.0))
    assert apply(call, ENDED).live is False
    found = ev.Adopted(call=CALL, at=7.0, place=Place.QUEUE, channel="SIP/1")
    assert apply(call, found).parking == call.parking
