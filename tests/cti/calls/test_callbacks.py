"""The customer's leg of a callback: from its ring to its end, and after a crash."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cti.calls import events as ev
from cti.calls import expected
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent
from cti.calls.legs import callback_uniqueid
from cti.calls.names import callback_id
from cti.calls.reconcile import Reconciler
from cti.calls.tracker import Tracker
from cti.calls.words import CallId, Party, Place
from tests.cti.calls.talk import AGENT_CHANNEL, BRIDGE, OFFER, Event, event, told

NUMBER = "+49301234"
CALL = callback_id(CallId("wanted"), 1)
CUSTOMER = callback_uniqueid(CALL)
CHANNEL = "Local/+49301234@outside-00000002;1"


def customer(name: str, **headers: str) -> Event:
    return event(name, Channel=CHANNEL, Uniqueid=CUSTOMER, **headers)


def response(reason: str) -> Event:
    return event("OriginateResponse", ActionID=CUSTOMER, Uniqueid=CUSTOMER, Response="Failure", Reason=reason)


CREATED = customer("Newchannel")
PICKS_UP = customer("AsyncAGIStart", Context="cordboard", Exten="0", CallerIDNum="<unknown>")
JOINS = [
    customer("BridgeEnter", BridgeUniqueid=BRIDGE),
    event("BridgeEnter", Channel=AGENT_CHANNEL, Uniqueid=OFFER, BridgeUniqueid=BRIDGE),
]


def called() -> Tracker:
    """The agent is there, and the customer's phone is asked to ring."""
    tracker = Tracker("test", "e1")
    expected.agent(tracker.legs, CALL, OFFER, "alice", None).channel = AGENT_CHANNEL
    expected.customer(tracker.legs, CALL, NUMBER)
    return tracker


def fed(tracker: Tracker, messages: Sequence[Event]) -> list[CallEvent]:
    return [e for m in messages for e in told(tracker.feed(m, 9.0))]


def test_the_customer_picks_up_and_talks() -> None:
    tracker = called()
    assert fed(tracker, [CREATED, PICKS_UP]) == [
        ev.Arrived(call=CALL, at=9.0, channel=CHANNEL, uniqueid=CUSTOMER, caller=NUMBER, caller_name="", dialled=""),
        ev.Answered(call=CALL, at=9.0),
    ]
    assert fed(tracker, [PICKS_UP]) == []
    (connected,) = fed(tracker, JOINS)
    assert isinstance(connected, ev.Connected)
    left, ended = fed(tracker, [customer("HangupRequest"), customer("Hangup", Cause="16")])
    assert isinstance(left, ev.Left)
    assert ended == ev.Ended(call=CALL, at=9.0, by=Party.CALLER, cause=16)


@pytest.mark.parametrize(
    ("messages", "cause"),
    [
        ([CREATED, response("5"), customer("Hangup", Cause="17")], 17),
        ([CREATED, customer("HangupRequest"), customer("Hangup", Cause="21"), response("5")], 21),
        ([CREATED, response("3"), customer("Hangup", Cause="16")], 19),
        ([CREATED, response("3"), customer("Hangup", Cause="0")], 19),
        ([CREATED, response("8"), customer("Hangup", Cause="34")], 34),
        ([response("0")], 0),
    ],
)
def test_the_customer_is_not_reached(messages: Sequence[Event], cause: int) -> None:
    assert fed(called(), messages) == [ev.Ended(call=CALL, at=9.0, by=Party.SYSTEM, cause=cause)]


def test_who_picks_up_when_all_is_over_is_no_new_caller() -> None:
    tracker = Tracker("test", "e2")
    assert fed(tracker, [PICKS_UP, customer("UserEvent", UserEvent="CordboardFallback")]) == []


# After a log-in

CALLED_BACK = ev.CalledBack(
    call=CALL, at=1.0, number=NUMBER, queue="orders", wanted=CallId("wanted"), attempt=1, since=0.0
)
OFFERED = ev.Offered(call=CALL, at=1.0, offer=OFFER, agent="alice")
ACCEPTED = ev.Accepted(call=CALL, at=2.0, offer=OFFER)
ARRIVED = ev.Arrived(call=CALL, at=3.0, channel=CHANNEL, uniqueid=CUSTOMER, caller=NUMBER, caller_name="", dialled="")
CONNECTED = ev.Connected(call=CALL, at=4.0, offer=OFFER, agent="alice")

RINGS = {"Uniqueid": CUSTOMER, "Channel": CHANNEL, "Context": "default", "Application": ""}
FAR_HALF = {"Uniqueid": f"{CUSTOMER};2", "Channel": "Local/x;2", "Context": "outside", "Application": "Dial"}
THERE = RINGS | {"Context": "cordboard", "Application": "AGI"}
WITH_FALLBACK = RINGS | {"Context": "cordboard-fallback", "Application": "Playback"}
AGENT = {"Uniqueid": OFFER, "Channel": AGENT_CHANNEL, "Context": "cordboard-agent", "Application": "AGI"}
JOINED = {"BridgeId": BRIDGE}


def calls(*happened: CallEvent) -> dict[CallId, Call]:
    call: Call | None = None
    for one in happened:
        call = apply(call, one)
    assert call is not None
    return {CALL: call}


CALLED = calls(CALLED_BACK, OFFERED, ACCEPTED)


def found(known: dict[CallId, Call], *channels: Event) -> tuple[list[tuple[str, Place | None]], list[str]]:
    """What a new engine makes of these channels."""
    comparison = Reconciler(Tracker("test", "e2")).after_login(known, channels, 10.0)
    return [(type(e).__name__, getattr(e, "place", None)) for e in comparison.events], list(comparison.strays)


def test_a_customer_who_picked_up_waits_in_the_queue() -> None:
    for known in (CALLED, calls(CALLED_BACK, OFFERED, ACCEPTED, ARRIVED)):
        assert found(known, THERE, FAR_HALF, AGENT) == ([("Adopted", Place.QUEUE)], [])


def test_a_talk_goes_on() -> None:
    known = calls(CALLED_BACK, OFFERED, ACCEPTED, ARRIVED, CONNECTED)
    assert found(known, THERE | JOINED, FAR_HALF, AGENT | JOINED) == ([("Adopted", Place.TALK)], [])


def test_a_talk_that_nobody_saw_begin() -> None:
    events, strays = found(CALLED, THERE | JOINED, FAR_HALF, AGENT | JOINED)
    assert (events, strays) == ([("Connected", None), ("Adopted", Place.TALK)], [])


def test_one_who_picked_up_while_nobody_was_there_is_with_the_fallback() -> None:
    assert found(CALLED, WITH_FALLBACK, FAR_HALF, AGENT) == ([("FellBack", None)], [AGENT["Uniqueid"]])


def test_one_who_was_adopted_and_sent_on_is_let_alone() -> None:
    adopted = ev.Adopted(call=CALL, at=5.0, place=Place.QUEUE, channel=CHANNEL)
    known = calls(CALLED_BACK, adopted, ev.Transferred(call=CALL, at=6.0, to="front-desk"))
    assert found(known, THERE | {"Context": "internal", "Application": "Echo"}, FAR_HALF) == ([], [])


def test_a_phone_that_still_rings_is_a_stray() -> None:
    assert found(CALLED, RINGS, FAR_HALF, AGENT) == ([("Ended", None)], [CUSTOMER, f"{CUSTOMER};2"])


@pytest.mark.parametrize("known", [calls(CALLED_BACK), calls(CALLED_BACK, OFFERED), CALLED])
def test_a_callback_with_nobody_on_the_line_is_over(known: dict[CallId, Call]) -> None:
    comparison = Reconciler(Tracker("test", "e2")).after_login(known, [], 10.0)
    ends = [e for e in comparison.events if isinstance(e, ev.Ended)]
    assert ends == [ev.Ended(call=CALL, at=10.0, by=Party.SYSTEM, estimated=True)]


def test_between_two_offers_a_callback_has_no_leg_and_lives() -> None:
    reconciler = Reconciler(Tracker("test", "e1"))
    known = calls(CALLED_BACK)
    for at in (20.0, 35.0, 50.0):
        assert reconciler.sweep(known, [], at).events == []


def test_while_a_phone_rings_nothing_is_a_stray() -> None:
    reconciler = Reconciler(called())
    for at in (20.0, 35.0, 50.0):
        swept = reconciler.sweep(CALLED, [RINGS, FAR_HALF, AGENT], at)
        assert (swept.events, swept.strays) == ([], [])
