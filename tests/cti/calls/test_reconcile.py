"""After a log-in Asterisk's own list of channels is the truth."""

from __future__ import annotations

from cti.calls import events as ev
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent
from cti.calls.reconcile import Reconciler
from cti.calls.tracker import Tracker
from cti.calls.words import CallId, Place
from tests.cti.calls.talk import AGENT_CHANNEL, CALL, CALLER, CALLER_CHANNEL, OFFER, caller, told

CALLER_THERE = {"Uniqueid": CALLER, "Channel": CALLER_CHANNEL, "Context": "cordboard", "Application": "AGI"}
JOINED = {"BridgeId": "b1"}
AGENT_THERE = {"Uniqueid": OFFER, "Channel": AGENT_CHANNEL, "Context": "cordboard-agent", "Application": ""}


def left_behind(*happened: CallEvent) -> dict[CallId, Call]:
    arrived = ev.Arrived(
        call=CALL, at=1.0, channel=CALLER_CHANNEL, uniqueid=CALLER, caller="1", caller_name="", dialled="100"
    )
    call = apply(None, arrived)
    for event in happened:
        call = apply(call, event)
    return {CALL: call}


def words(events: object) -> list[str]:
    assert isinstance(events, list)
    return [type(e).__name__ for e in events]


QUEUED = ev.Queued(call=CALL, at=2.0, queue="orders")
OFFERED = ev.Offered(call=CALL, at=3.0, offer=OFFER, agent="alice")
CONNECTED = ev.Connected(call=CALL, at=4.0, offer=OFFER, agent="alice")


def test_a_waiting_call_is_adopted_where_it_stands() -> None:
    found = Reconciler(Tracker("test", "e2")).after_login(left_behind(QUEUED), [CALLER_THERE], 10.0)
    assert [(type(e), getattr(e, "place", None)) for e in found.events] == [(ev.Adopted, Place.QUEUE)]


def test_a_call_that_went_meanwhile_is_over() -> None:
    found = Reconciler(Tracker("test", "e2")).after_login(left_behind(QUEUED), [], 10.0)
    assert words(found.events) == ["Ended"]
    assert isinstance(found.events[0], ev.Ended)
    assert found.events[0].estimated


def test_a_talk_goes_on() -> None:
    calls = left_behind(QUEUED, OFFERED, CONNECTED)
    found = Reconciler(Tracker("test", "e2")).after_login(calls, [CALLER_THERE | JOINED, AGENT_THERE | JOINED], 10.0)
    assert [(type(e), getattr(e, "place", None)) for e in found.events] == [(ev.Adopted, Place.TALK)]
    assert found.strays == []


def test_a_talk_that_began_while_nobody_watched() -> None:
    calls = left_behind(QUEUED, OFFERED)
    found = Reconciler(Tracker("test", "e2")).after_login(calls, [CALLER_THERE | JOINED, AGENT_THERE | JOINED], 10.0)
    assert words(found.events) == ["Connected", "Adopted"]


def test_a_talk_that_ended_while_nobody_watched() -> None:
    calls = left_behind(QUEUED, OFFERED, CONNECTED)
    assert words(Reconciler(Tracker("test", "e2")).after_login(calls, [], 10.0).events) == ["Left", "Ended"]


def test_who_stood_by_for_an_agent_as_the_engine_died_waits_on() -> None:
    calls = left_behind(QUEUED, OFFERED)
    there = CALLER_THERE | {"Application": "BridgeWait", "BridgeId": "of his own"}
    tracker = Tracker("test", "e2")
    found = Reconciler(tracker).after_login(calls, [there, AGENT_THERE | {"Application": "AGI"}], 10.0)
    assert [(type(e), getattr(e, "place", None)) for e in found.events] == [(ev.Adopted, Place.QUEUE)]
    assert words(list(tracker.feed(caller("AsyncAGIStart", Context="cordboard"), 11.0))) == ["Failed"]


def test_a_caller_nobody_knows_has_arrived() -> None:
    found = Reconciler(Tracker("test", "e2")).after_login({}, [CALLER_THERE], 10.0)
    assert words(found.events) == ["Arrived"]


def test_a_caller_whom_the_fallback_had_all_along() -> None:
    there = CALLER_THERE | {"Context": "cordboard-fallback", "Application": "Dial"}
    rung = {"Uniqueid": "1.2", "Channel": "PJSIP/bob-1", "Context": "cordboard-fallback", "Application": "AppDial"}
    found = Reconciler(Tracker("test", "e2")).after_login({}, [there, rung], 10.0)
    assert words(found.events) == ["Arrived", "FellBack"]


def test_a_leg_of_ours_without_a_call_is_a_stray() -> None:
    reconciler = Reconciler(Tracker("test", "e2"))
    assert reconciler.after_login({}, [AGENT_THERE], 10.0).strays == [OFFER]
    again = reconciler.sweep({}, [AGENT_THERE], 20.0)
    assert (again.strays, again.doubtful) == ([OFFER], False)


def test_one_list_without_a_leg_is_not_its_end() -> None:
    tracker = Tracker("test", "e2")
    reconciler = Reconciler(tracker)
    calls = left_behind(QUEUED)
    reconciler.after_login(calls, [CALLER_THERE], 10.0)
    first, second = reconciler.sweep(calls, [], 20.0), reconciler.sweep(calls, [], 30.0)
    assert (words(first.events), first.doubtful, words(second.events), second.doubtful) == ([], True, ["Ended"], False)


def test_the_fallback_has_him_and_his_agent_is_let_go() -> None:
    """The engine died as it took the two apart: the agent's leg waits for nobody."""
    calls = left_behind(QUEUED, OFFERED, CONNECTED)
    there = CALLER_THERE | {"Context": "cordboard-fallback", "Application": "Dial"}
    found = Reconciler(Tracker("test", "e2")).after_login(calls, [there, AGENT_THERE | {"Application": "AGI"}], 10.0)
    assert words(found.events) == ["FellBack"]
    assert found.strays == [OFFER]


def test_the_fallback_has_it() -> None:
    there = CALLER_THERE | {"Context": "cordboard-fallback", "Application": "Dial"}
    found = Reconciler(Tracker("test", "e2")).after_login(left_behind(QUEUED), [there], 10.0)
    assert words(found.events) == ["FellBack"]


QUEUED_WITH_AFTER = ev.Queued(call=CALL, at=2.0, queue="orders", after="survey")


def test_a_caller_who_came_back_after_the_talk_while_nobody_watched() -> None:
    calls = left_behind(QUEUED_WITH_AFTER, OFFERED, CONNECTED)
    found = Reconciler(Tracker("test", "e2")).after_login(calls, [CALLER_THERE], 10.0)
    assert words(found.events) == ["Left", "Returned"]
    call = calls[CALL]
    for event in told(found.events):
        call = apply(call, event)
    assert (call.place, call.leased) == (Place.MENU, True)


def test_one_whose_talk_had_been_seen_to_end() -> None:
    over = ev.Left(call=CALL, at=5.0, place=Place.TALK, why="talk over")
    calls = left_behind(QUEUED_WITH_AFTER, OFFERED, CONNECTED, over)
    found = Reconciler(Tracker("test", "e2")).after_login(calls, [CALLER_THERE], 10.0)
    assert words(found.events) == ["Returned"]
