"""Taking a talk apart and joining it again, as AMI actions."""

from __future__ import annotations

import pytest

from cti.calls import events as ev
from cti.calls.call import Call
from cti.calls.commands import Hangup, Hold, Resume, Withdraw
from cti.calls.talk_events import Resumed
from cti.calls.words import OfferId, Place
from tests.cti.calls import talk
from tests.cti.calls.talk import AGENT_CHANNEL, CALL, CALLER_CHANNEL, OFFER, agent, caller
from tests.cti.workbench import Bench

HOLD, RESUME = Hold(call=CALL, offer=OFFER), Resume(call=CALL, offer=OFFER)
TALKING = [*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS, *talk.TALKS]
WITH_US = [agent("AsyncAGIStart"), caller("AsyncAGIStart", Context="cordboard")]


def talking() -> Bench:
    return Bench(TALKING, offered=True)


def on_hold() -> Bench:
    bench = talking()
    bench.executor.carry_out(HOLD, None)
    bench.hear(WITH_US)
    bench.ami.actions.clear()
    return bench


def test_both_legs_are_taken_in_one_action_and_once() -> None:
    bench = talking()
    for _ in range(2):
        bench.executor.carry_out(HOLD, None)
    redirect = {
        "Channel": CALLER_CHANNEL, "Context": "cordboard", "Exten": "s", "Priority": "1",
        "ExtraChannel": AGENT_CHANNEL, "ExtraContext": "cordboard-agent", "ExtraExten": "s", "ExtraPriority": "talk",
    }  # fmt: skip
    assert bench.ami.actions == [("Redirect", redirect)]


def test_a_refused_hold_leaves_the_talk_as_it_was() -> None:
    bench = talking()
    bench.executor.carry_out(HOLD, None)
    bench.refuse("no such channel")
    assert bench.failures() == [("Hold", "no such channel")]
    assert [type(e) for e in bench.hear(talk.CALLER_HANGS_UP)] == [ev.Left, ev.Ended]


@pytest.mark.parametrize(
    ("messages", "offer"), [(talk.ARRIVES, OFFER), (TALKING, OfferId("cordboard-another")), (TALKING[:-1], OFFER)]
)
def test_only_who_talk_can_be_taken_apart(messages: list[talk.Event], offer: OfferId) -> None:
    bench = Bench(messages, offered=True)
    bench.executor.carry_out(Hold(call=CALL, offer=offer), None)
    assert bench.failures() == [("Hold", "caller and agent do not talk")]
    assert bench.ami.actions == []


def test_they_are_joined_again_and_need_the_engine_no_more() -> None:
    bench = on_hold()
    bench.executor.carry_out(RESUME, None)
    assert bench.hear(talk.STANDS_BY) == [RESUME]
    bench.executor.carry_out(RESUME, None)
    bench.executor.renew([CALL])
    assert bench.ami.actions == [
        ("Redirect", {"Channel": CALLER_CHANNEL, "Context": "cordboard", "Exten": "s", "Priority": "standby"}),
        ("Setvar", {"Channel": AGENT_CHANNEL, "Variable": "CORDBOARD_WITH", "Value": CALLER_CHANNEL}),
        ("Redirect", {"Channel": AGENT_CHANNEL, "Context": "cordboard-agent", "Exten": "s", "Priority": "join"}),
    ]
    assert [type(e) for e in bench.hear(talk.TALKS_AGAIN)] == [Resumed]


def test_without_a_hold_there_is_nothing_to_resume() -> None:
    bench = talking()
    bench.executor.carry_out(RESUME, None)
    assert bench.failures() == [("Resume", "the caller is not on hold")]
    bench.executor.carry_out(HOLD, None)
    bench.executor.carry_out(RESUME, None)
    assert bench.failures() == [("Resume", "the caller is not on hold")] * 2


def test_ended_by_us_nobody_has_left_a_caller_on_hold() -> None:
    bench = on_hold()
    bench.executor.carry_out(Hangup(call=CALL), None)
    told = bench.hear([agent("Hangup", Cause="16"), caller("Hangup", Cause="16")])
    assert [type(e) for e in told] == [ev.Ended]


@pytest.mark.parametrize(("place", "told"), [(Place.TALK, [ev.Left]), (Place.MENU, []), (Place.QUEUE, [])])
def test_who_is_let_go_when_the_caller_is_elsewhere_leaves_nobody_on_hold(place: Place, told: list[type]) -> None:
    bench = on_hold()
    bench.executor.carry_out(Withdraw(call=CALL, offer=OFFER), Call(id=CALL, place=place))
    assert [type(e) for e in bench.hear([agent("Hangup", Cause="16")])] == told
