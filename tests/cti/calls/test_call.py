"""A call is a fold over its events, whatever these are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.call import Call, apply
from cti.calls.codec import KINDS
from cti.calls.events import CallEvent, Event
from cti.calls.words import AgentState, CallId, MonitorMode, OfferId, Party, Place, Refusal

CALL = CallId("c1")
FIRST, SECOND = OfferId("o1"), OfferId("o2")

FIELDS: Mapping[str, st.SearchStrategy[object]] = {
    "at": st.integers(0, 9).map(float),
    "offer": st.sampled_from([FIRST, SECOND]),
    "agent": st.sampled_from(["alice", "bob"]),
    "supervisor": st.sampled_from(["sue", "root"]),
    "mode": st.sampled_from(MonitorMode),
    "place": st.sampled_from([p for p in Place if p is not Place.ENDED]),
    "by": st.sampled_from(Party),
    "reason": st.sampled_from(Refusal),
    "recording": st.none() | st.just("r"),
    "park_s": st.sampled_from([0.0, 120.0]),
    "passed": st.dictionaries(st.just("bob"), st.just("busy"), max_size=1),
    "state": st.sampled_from(AgentState),
    "seconds": st.sampled_from([0.0, 2.5]),
    "prefer_s": st.sampled_from([0.0, 20.0]),
    "since": st.none() | st.integers(0, 9).map(float),
    "whole": st.booleans(),
    "play": st.integers(0, 3),
    "priority": st.integers(-3, 3),
    "screen": st.dictionaries(st.sampled_from(["PIN"]), st.text(max_size=2), max_size=1),
    "skills": st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 10), max_size=2),
    "cause": st.integers(0, 127),
    "estimated": st.booleans(),
}


def some(kind: type[Event]) -> st.SearchStrategy[CallEvent]:
    """Any event of a kind."""
    names = [f.name for f in fields(kind) if f.name != "call"]
    values = {name: FIELDS.get(name, st.sampled_from(["", "x", "y"])) for name in names}
    return st.builds(kind, call=st.just(CALL), **values)  # type: ignore[arg-type]


REAL_KINDS = [k for k in KINDS.values() if issubclass(k, CallEvent) and k is not CallEvent]
ANY = st.one_of([some(kind) for kind in REAL_KINDS])
STORY = st.lists(ANY, min_size=1, max_size=15)
AGAIN = (ev.EnteredMenu, ev.Chosen)


def after(story: list[CallEvent]) -> Call:
    call = reduce(apply, story, None)
    assert call is not None
    return call


@given(STORY)
def test_any_story_makes_a_call(story: list[CallEvent]) -> None:
    call = after(story)
    assert call.id == CALL
    assert isinstance(call.place, Place)
    assert call.live is not any(isinstance(e, ev.Ended) for e in story)
    waits = call.place in (Place.MENU, Place.QUEUE) and not (call.offer and call.offer.accepted)
    assert call.leased == (waits or (call.place is Place.TALK and call.parked is not None))


@given(STORY, some(ev.Ended), STORY)
def test_nothing_happens_after_the_end(before: list[CallEvent], end: CallEvent, late: list[CallEvent]) -> None:
    ended = after([*before, end])
    assert after([*before, end, *late]) == ended
    assert (ended.offer, ended.monitors) == (None, {})


@given(STORY, ANY.filter(lambda e: not isinstance(e, AGAIN)))
def test_an_event_told_twice_changes_nothing_the_second_time(story: list[CallEvent], event: CallEvent) -> None:
    once = after([*story, event])
    assert apply(once, event) == once


@given(STORY)
def test_what_an_earlier_offer_tells_late_changes_nothing(story: list[CallEvent]) -> None:
    over = ev.Refused(call=CALL, at=9.0, offer=FIRST, agent="alice", reason=Refusal.WITHDRAWN)
    call = after([*story, over, ev.Offered(call=CALL, at=9.0, offer=SECOND, agent="bob")])
    for late in (
        ev.Ringing(call=CALL, at=9.0, offer=FIRST),
        ev.Accepted(call=CALL, at=9.0, offer=FIRST),
        ev.Connected(call=CALL, at=9.0, offer=FIRST, agent="alice"),
        ev.Refused(call=CALL, at=9.0, offer=FIRST, agent="alice", reason=Refusal.NO_ANSWER),
    ):
        assert apply(call, late) == call


ARRIVED = ev.Arrived(call=CALL, at=1.0, channel="PJSIP/1", uniqueid="1.1", caller="5", caller_name="A", dialled="100")
QUEUED = ev.Queued(call=CALL, at=3.0, queue="orders", skills={"english": 3}, priority=2)
OFFERED = ev.Offered(call=CALL, at=4.0, offer=FIRST, agent="alice", recording="r")
ACCEPTED = ev.Accepted(call=CALL, at=5.0, offer=FIRST)
CONNECTED = ev.Connected(call=CALL, at=6.0, offer=FIRST, agent="alice")
HELD = talk_events.Held(call=CALL, at=7.0)
LISTENS = talk_events.MonitorStarted(call=CALL, at=7.0, supervisor="sue", mode=MonitorMode.LISTEN)
LEFT = ev.Left(call=CALL, at=8.0, place=Place.TALK, why="talk over", by=Party.AGENT)

PLACES: list[tuple[list[CallEvent], Place]] = [
    ([ARRIVED], Place.MENU),
    ([ARRIVED, QUEUED], Place.QUEUE),
    ([ARRIVED, QUEUED, OFFERED, ACCEPTED], Place.QUEUE),
    ([ARRIVED, QUEUED, OFFERED, ACCEPTED, CONNECTED], Place.TALK),
    ([ARRIVED, QUEUED, CONNECTED], Place.QUEUE),
    ([ARRIVED, ev.Transferred(call=CALL, at=3.0, to="desk")], Place.TRANSFER),
    ([ARRIVED, QUEUED, ev.FellBack(call=CALL, at=3.0)], Place.FALLBACK),
    ([ARRIVED, ev.Adopted(call=CALL, at=3.0, place=Place.QUEUE, channel="PJSIP/2")], Place.QUEUE),
    ([ARRIVED, ev.Ended(call=CALL, at=9.0, by=Party.CALLER)], Place.ENDED),
]


@pytest.mark.parametrize(("story", "place"), PLACES, ids=[" ".join(type(e).__name__ for e in s) for s, _ in PLACES])
def test_where_a_call_is(story: list[CallEvent], place: Place) -> None:
    assert after(story).place is place


def test_what_is_known_of_a_talk() -> None:
    call = after([ARRIVED, QUEUED, OFFERED, ACCEPTED, CONNECTED, HELD, LISTENS])
    assert (call.queue, dict(call.skills), call.priority, call.queued_at) == ("orders", {"english": 3}, 2, 3.0)
    assert call.offer is not None
    assert (call.offer.agent, call.offer.recording, call.offer.connected) == ("alice", "r", True)
    assert (call.held, dict(call.monitors), call.connected_at) == (True, {"sue": MonitorMode.LISTEN}, 6.0)
    over = apply(call, LEFT)
    assert (over.offer, over.held) == (None, False)


def test_the_way_through_the_menu() -> None:
    entered = ev.EnteredMenu(call=CALL, at=1.0, flow="main", node="a", verb="menu")
    chosen = ev.Chosen(call=CALL, at=2.0, node="a", value="1")
    call = after([ARRIVED, entered, chosen, entered])
    assert (call.flow, call.node, call.path, call.choices) == ("main", "a", ("a", "a"), (("a", "1"),))


def test_what_the_queue_is_told_of_a_call_and_its_way_back() -> None:
    queued = ev.Queued(
        call=CALL, at=2.0, queue="orders", screen={"name": "Ann"}, level="gold", agent="alice", after="survey"
    )
    call = apply(apply(None, ev.LanguageChosen(call=CALL, at=1.0, language="zh")), queued)
    assert (call.language, call.screen, call.level) == ("zh", {"name": "Ann"}, "gold")
    assert (call.agent, call.after) == ("alice", "survey")
    back = apply(call, ev.Returned(call=CALL, at=9.0))
    assert (back.place, back.offer, back.leased) == (Place.MENU, None, True)


def test_where_several_phones_ring_the_one_who_picks_up_comes_first() -> None:
    other = ev.Offered(call=CALL, at=4.0, offer=SECOND, agent="bob")
    call = after([ARRIVED, OFFERED, other, ev.Ringing(call=CALL, at=4.5, offer=FIRST)])
    assert [(offer.agent, offer.ringing) for offer in call.offers] == [("alice", True), ("bob", False)]
    call = apply(call, ev.Accepted(call=CALL, at=5.0, offer=SECOND))
    assert call.offer is not None
    assert (call.offer.agent, call.offer.accepted, call.leased) == ("bob", True, False)
    gone = ev.Refused(call=CALL, at=5.0, offer=FIRST, agent="alice", reason=Refusal.WITHDRAWN)
    assert [offer.agent for offer in apply(call, gone).offers] == ["bob"]
