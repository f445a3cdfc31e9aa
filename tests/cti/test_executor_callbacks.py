"""What the executor does to call a customer back: an agent first, then the customer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cti.actions.invite import headers, nowhere
from cti.calls import events as ev
from cti.calls import expected
from cti.calls.call import Call
from cti.calls.commands import CallOut, Connect, Hangup, Offer, Play
from cti.calls.legs import callback_uniqueid
from cti.calls.words import CallId, Party, Place
from tests.cti.calls.talk import AGENT_CHANNEL, OFFER, event
from tests.cti.workbench import Bench

CALL = CallId("back")
CUSTOMER = callback_uniqueid(CALL)
CHANNEL = "Local/5550123@outside-00000002;1"
BACK = Call(id=CALL, caller="5550123", place=Place.QUEUE)
OFFERED = Offer(call=CALL, offer=OFFER, agent="alice", phone="PJSIP/alice", ring_s=15.0)
OUT = CallOut(call=CALL, number="5550123", ring_s=30.5)
CREATED = event("Newchannel", Channel=CHANNEL, Uniqueid=CUSTOMER)
PICKS_UP = event("AsyncAGIStart", Channel=CHANNEL, Uniqueid=CUSTOMER, Context="cordboard")


def bench(*, agent: bool = True) -> Bench:
    """With nothing asked yet, but for an agent who is on the line."""
    made = Bench([])
    if agent:
        expected.agent(made.tracker.legs, CALL, OFFER, "alice", None).channel = AGENT_CHANNEL
    return made


def test_an_agent_is_rung_though_no_caller_is_there() -> None:
    at = bench(agent=False)
    at.executor.carry_out(OFFERED, BACK)
    ((name, fields),) = at.ami.actions
    assert (name, fields["Channel"], fields["CallerID"]) == ("Originate", "PJSIP/alice", '"" <5550123>')
    assert at.failures() == []


def test_the_customer_is_called_once_and_the_agent_hears_it_ring() -> None:
    at = bench()
    at.executor.carry_out(OUT, BACK)
    at.executor.carry_out(OUT, BACK)
    assert at.ami.actions == [
        (
            "Originate",
            {
                "Channel": "Local/5550123@outside/n",
                "ChannelId": CUSTOMER,
                "Context": "cordboard",
                "Exten": "s",
                "Priority": "1",
                "Timeout": "30500",
                "Async": "true",
            },
        ),
        ("AGI", {"Channel": AGENT_CHANNEL, "Command": "EXEC Ringing"}),
    ]
    assert at.ami.ids[0] == CUSTOMER
    at.refuse("the agent is in no AGI")
    assert at.failures() == []


@pytest.mark.parametrize("number", ["0900123", "555", "5550123&Local/s@x", "5550123@x", ""])
def test_no_other_number_is_called(number: str) -> None:
    at = bench()
    at.executor.carry_out(replace(OUT, number=number), BACK)
    assert at.ami.actions == []
    assert at.failures() == [("CallOut", "this number may not be called")]


@pytest.mark.parametrize("call", [None, replace(BACK, place=Place.ENDED)])
def test_nobody_is_called_for_a_call_that_is_over(call: Call | None) -> None:
    at = bench()
    at.executor.carry_out(OUT, call)
    at.executor.carry_out(OFFERED, call)
    assert at.ami.actions == []
    assert [command for command, _ in at.failures()] == ["CallOut", "Offer"]


def test_one_who_is_there_after_a_crash_is_not_called_again() -> None:
    at = bench()
    expected.know(at.tracker.legs, replace(BACK, channel=CHANNEL))
    at.executor.carry_out(OUT, replace(BACK, channel=CHANNEL))
    assert (at.ami.actions, at.failures()) == ([], [])


def test_one_that_asterisk_refuses_may_be_asked_for_again() -> None:
    at = bench(agent=False)
    at.executor.carry_out(OUT, BACK)
    at.refuse("Originate failed")
    assert at.failures() == [("CallOut", "Originate failed")]
    assert CUSTOMER not in at.tracker.legs


def test_the_customer_who_picked_up_is_a_caller_like_any_other() -> None:
    at = bench()
    at.executor.carry_out(OUT, BACK)
    assert [type(e) for e in at.hear([CREATED, PICKS_UP])] == [ev.Arrived, ev.Answered]
    there = replace(BACK, channel=CHANNEL, uniqueid=CUSTOMER)
    at.ami.actions.clear()
    at.executor.carry_out(Connect(call=CALL, offer=OFFER), there)
    assert at.ami.actions == [
        ("Redirect", {"Channel": CHANNEL, "Context": "cordboard", "Exten": "s", "Priority": "standby"})
    ]


def test_hanging_up_stops_the_customers_phone_and_the_agents() -> None:
    at = bench()
    at.executor.carry_out(OUT, BACK)
    at.ami.actions.clear()
    at.executor.carry_out(Hangup(call=CALL), BACK)
    assert at.ami.actions == [("Hangup", {"Channel": OFFER}), ("Hangup", {"Channel": CUSTOMER})]
    assert at.emitted == [], "the end of the customer's leg tells it"


@pytest.mark.parametrize("agent", [True, False])
def test_hanging_up_before_the_customer_is_called_is_the_end(agent: bool) -> None:
    at = bench(agent=agent)
    at.executor.carry_out(Hangup(call=CALL), BACK)
    assert at.emitted == [ev.Ended(call=CALL, at=5.0, by=Party.SYSTEM)]
    at.executor.carry_out(Hangup(call=CALL), None)
    assert len(at.emitted) == 1


def test_nothing_is_played_to_nobody() -> None:
    at = bench()
    at.executor.carry_out(Play(call=CALL, play=1, sound="/s", barge_in=False), BACK)
    assert at.failures() == [("Play", "the caller is gone")]


def test_a_phone_is_told_of_a_card_that_can_be_looked_at() -> None:
    offer = replace(OFFERED, phone="PJSIP/second", agent="ann")
    assert headers(offer, BACK, lambda call, agent: f"https://desk/{call.id}/{agent}") == (
        f"PJSIP_HEADER(add,Call-Info)=<https://desk/{CALL}/ann>;purpose=info",
    )
    assert headers(offer, BACK, nowhere) == headers(offer, None, lambda call, agent: "https://desk/") == ()
    assert headers(replace(offer, phone="SIP/second"), BACK, lambda call, agent: "https://desk/") == ()


@pytest.mark.parametrize(("phone", "told"), [("PJSIP/second", True), ("SIP/second", False), ("Local/1@x", False)])
def test_auto_answer_is_for_phones_of_pjsip(phone: str, told: bool) -> None:
    at = bench(agent=False)
    at.executor.carry_out(replace(OFFERED, phone=phone, recording="r", auto_answer=True), BACK)
    variables = at.ami.actions[0][1]["Variable"]
    assert variables[0] == "CORDBOARD_RECORDING=r"
    assert [v.partition("=")[0] for v in variables[1:]] == (
        ["PJSIP_HEADER(add,Call-Info)", "PJSIP_HEADER(add,Alert-Info)"] if told else []
    )


def test_what_agents_call_has_a_list_and_a_context_of_its_own() -> None:
    bench = Bench([])
    call = Call(id=CALL, place=Place.QUEUE)
    for number, own in (("5551", True), ("4441", False)):
        bench.executor.carry_out(CallOut(call=CALL, number=number, ring_s=30.0, own=own), call)
    why = "this number may not be called"
    assert bench.failures() == [("CallOut", why)] * 2
    bench.executor.carry_out(CallOut(call=CALL, number="4441", ring_s=30.0, own=True), call)
    assert bench.ami.named("Originate")[0]["Channel"] == "Local/4441@dialled/n"
