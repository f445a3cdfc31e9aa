"""Two legs are joined: one stands by, the other comes for it; and what is told where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cti.calls import events as ev
from cti.calls import third
from cti.calls.call import Call
from cti.calls.commands import Command, Connect, HandOver, Hold, Meet, StartMusic
from cti.calls.words import OfferId
from tests.cti.calls import talk
from tests.cti.calls.talk import AGENT_CHANNEL, CALL, CALLER_CHANNEL, OFFER, WAITING, agent, caller
from tests.cti.workbench import Bench

CONNECT = Connect(call=CALL, offer=OFFER)
KNOWN = Call(id=CALL)
IN_AGI = [caller("AsyncAGIStart", Context="cordboard")]
BOB, BOBS_CHANNEL = OfferId("cordboard-third"), "PJSIP/bob-0000000a"


def sent(channel: str, context: str, label: str) -> tuple[str, dict[str, str]]:
    return "Redirect", {"Channel": channel, "Context": context, "Exten": "s", "Priority": label}


def put(channel: str, variable: str, value: str) -> tuple[str, dict[str, str]]:
    return "Setvar", {"Channel": channel, "Variable": variable, "Value": value}


ASIDE = sent(CALLER_CHANNEL, "cordboard", "standby")
FETCHED = [
    put(AGENT_CHANNEL, "CORDBOARD_WITH", CALLER_CHANNEL),
    sent(AGENT_CHANNEL, "cordboard-agent", "join"),
]


def accepted() -> Bench:
    """An agent has picked up, and the caller hears music."""
    bench = Bench([*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS], offered=True)
    bench.executor.carry_out(StartMusic(call=CALL, music="jazz"), KNOWN)
    bench.ami.actions.clear()
    return bench


def consulting() -> Bench:
    """The caller is on hold, and bob, whom alice asked, has picked up."""
    bench = Bench([*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS, *talk.TALKS], offered=True)
    bench.executor.carry_out(Hold(call=CALL, offer=OFFER), None)
    bench.hear([agent("AsyncAGIStart"), *IN_AGI])
    third.expect(bench.tracker.legs, CALL, BOB, agent="bob")
    bench.hear([talk.event("AsyncAGIStart", Channel=BOBS_CHANNEL, Uniqueid=BOB, Context="cordboard-agent")])
    bench.ami.actions.clear()
    return bench


def again(bench: Bench, command: Command, call: Call = KNOWN) -> None:
    """The command, and what is told then, which is to have it carried out once more."""
    bench.executor.carry_out(command, call)
    assert bench.hear(talk.STANDS_BY) == [command]
    bench.executor.carry_out(command, call)


def test_the_caller_stands_by_and_the_agents_leg_takes_him() -> None:
    bench = accepted()
    again(bench, CONNECT)
    assert bench.ami.actions == [ASIDE, *FETCHED]
    told = bench.hear(talk.TALKS[len(talk.STANDS_BY) :])
    assert [type(e) for e in told] == [ev.Connected]


def test_a_caller_who_is_to_come_back_is_marked_before_the_talk() -> None:
    bench = accepted()
    again(bench, CONNECT, replace(KNOWN, after="survey"))
    assert bench.ami.actions == [ASIDE, put(CALLER_CHANNEL, "CORDBOARD_AFTER", "1"), *FETCHED]


def test_who_is_not_fetched_hears_his_music_again_and_it_is_told() -> None:
    bench = accepted()
    again(bench, CONNECT)
    music, told = bench.hear([caller("BridgeLeave", **WAITING), *IN_AGI])
    assert music == StartMusic(call=CALL, music="jazz")
    assert isinstance(told, ev.Failed)
    assert (told.command, told.offer) == ("Connect", OFFER)
    assert bench.hear(IN_AGI) == [], "once"


def test_who_is_fetched_is_told_of_no_failure_though_the_end_of_the_talk_was_missed() -> None:
    bench = accepted()
    again(bench, CONNECT)
    bench.hear(talk.TALKS[len(talk.STANDS_BY) :])
    assert bench.hear(IN_AGI) == []


def test_a_caller_who_cannot_be_sent_aside_stays_where_he_is() -> None:
    bench = accepted()
    bench.executor.carry_out(CONNECT, KNOWN)
    bench.executor.renew([CALL])
    assert bench.ami.actions == [ASIDE], "no lease runs out on the way"
    bench.refuse("no such channel")
    assert bench.failures() == [("Connect", "no such channel")]
    bench.executor.renew([CALL])
    assert bench.ami.actions[1:] == [put(CALLER_CHANNEL, "TIMEOUT(absolute)", "10")]


def test_a_caller_whom_nobody_can_fetch_is_sent_back_at_once() -> None:
    bench = accepted()
    again(bench, CONNECT)
    bench.refuse("no such channel")
    assert bench.ami.actions[-1] == sent(CALLER_CHANNEL, "cordboard", "1")
    told = bench.hear([caller("BridgeLeave", **WAITING), *IN_AGI])
    assert [type(e) for e in told] == [StartMusic, ev.Failed]


def test_whom_he_consults_is_fetched_by_the_agent() -> None:
    bench = consulting()
    bench.executor.carry_out(Meet(call=CALL, offer=BOB), KNOWN)
    there = talk.event("BridgeEnter", Channel=BOBS_CHANNEL, Uniqueid=BOB, **WAITING)
    assert bench.hear([there]) == [Meet(call=CALL, offer=BOB)]
    bench.executor.carry_out(Meet(call=CALL, offer=BOB), KNOWN)
    assert bench.ami.actions == [
        sent(BOBS_CHANNEL, "cordboard-agent", "standby"),
        put(AGENT_CHANNEL, "CORDBOARD_WITH", BOBS_CHANNEL),
        sent(AGENT_CHANNEL, "cordboard-agent", "meet"),
    ]


def test_the_caller_is_handed_over_and_then_the_agent_let_go() -> None:
    bench = consulting()
    again(bench, HandOver(call=CALL, offer=BOB))
    assert bench.ami.actions == [
        ASIDE,
        put(BOBS_CHANNEL, "CORDBOARD_WITH", CALLER_CHANNEL),
        sent(BOBS_CHANNEL, "cordboard-agent", "join"),
    ]
    done = bench.ami.done[-1]
    assert done is not None
    done()
    assert bench.ami.actions[-1] == ("Hangup", {"Channel": OFFER})


@pytest.mark.parametrize("command", [Meet(call=CALL, offer=BOB), HandOver(call=CALL, offer=BOB)])
def test_a_third_party_who_is_gone_is_put_together_with_nobody(command: Command) -> None:
    bench = consulting()
    bench.hear([talk.event("Hangup", Channel=BOBS_CHANNEL, Uniqueid=BOB, Cause="16")])
    bench.executor.carry_out(command, KNOWN)
    assert (bench.ami.actions, [why for _, why in bench.failures()]) == ([], ["the third party is gone"])
