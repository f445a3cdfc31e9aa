"""A talk is taken apart and joined again, whatever order the events of it come in."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls import apart, expected, talk_events
from cti.calls import events as ev
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent
from cti.calls.reconcile import Reconciler
from cti.calls.tracker import Tracker
from cti.calls.words import CallId, Party, Place
from tests.cti.calls import talk
from tests.cti.calls.talk import AGENT_CHANNEL, CALL, CALLER, CALLER_CHANNEL, OFFER, agent, caller

AGAIN = "9d3c4b8e-0000-4f0e-9f0f-6d5b3ac0e0a1"
TALKING = [*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS, *talk.TALKS]
TAKEN_APART = [
    caller("BridgeLeave", BridgeUniqueid=talk.BRIDGE),
    agent("BridgeLeave", BridgeUniqueid=talk.BRIDGE),
    agent("AsyncAGIStart", Context="cordboard-agent"),
    caller("AsyncAGIStart", Context="cordboard", Exten="0"),
]
JOINED = [caller("BridgeEnter", BridgeUniqueid=AGAIN), agent("BridgeEnter", BridgeUniqueid=AGAIN)]
AGENT_GOES = [agent("HangupRequest"), agent("Hangup", Cause="16")]
CALLER_GOES = [caller("HangupRequest"), caller("Hangup", Cause="16")]
WITH_US = {"Application": "AGI"}
CALLER_THERE = {"Uniqueid": CALLER, "Channel": CALLER_CHANNEL, "Context": "cordboard"}
AGENT_THERE = {"Uniqueid": OFFER, "Channel": AGENT_CHANNEL, "Context": "cordboard-agent"}


class Talk:
    """A talk that is followed, and the call that it makes."""

    def __init__(self, *messages: talk.Event) -> None:
        self.tracker = Tracker("test", "e1")
        expected.agent(self.tracker.legs, CALL, OFFER, "alice", None)
        self.call: Call | None = None
        self.seen: list[CallEvent] = []
        self.happens(
            ev.Queued(call=CALL, at=0.0, queue="orders"), ev.Offered(call=CALL, at=0.0, offer=OFFER, agent="alice")
        )
        self.hears(*TALKING)
        self.seen.clear()
        leg = self.tracker.legs.caller(CALL)
        assert leg is not None
        apart.begin(leg, OFFER)
        self.hears(*messages)

    def happens(self, *events: CallEvent) -> None:
        for event in events:
            self.call = apply(self.call, event)

    def hears(self, *messages: talk.Event) -> list[CallEvent]:
        new = [e for m in messages for e in talk.told(self.tracker.feed(m, 1.0))]
        self.took(new)
        return new

    def took(self, events: Sequence[CallEvent]) -> None:
        self.seen += events
        self.happens(*events)

    @property
    def words(self) -> list[str]:
        return [type(e).__name__ for e in self.seen]


def test_hold_and_resume_and_hold_again() -> None:
    at = Talk(*TAKEN_APART)
    assert at.seen == [talk_events.Held(call=CALL, at=1.0, offer=OFFER)]
    at.hears(*JOINED)
    assert at.words == ["Held", "Resumed"]
    assert at.call is not None
    assert (at.call.place, at.call.parked) == (Place.TALK, None)
    at.hears(caller("BridgeLeave", BridgeUniqueid=AGAIN), *CALLER_GOES)
    assert at.words == ["Held", "Resumed", "Left", "Ended"]


@pytest.mark.parametrize("first", [[], TAKEN_APART[:1], TAKEN_APART[:3], TAKEN_APART])
def test_the_agent_goes_at_any_moment(first: list[talk.Event]) -> None:
    """The hold is told before it is told that the agent left it, so that nobody forgets the caller."""
    at = Talk(*first, *AGENT_GOES, *TAKEN_APART[3:])
    assert at.words == ["Held", "Left"]
    assert isinstance(left := at.seen[1], ev.Left)
    assert left.by is Party.AGENT
    assert at.call is not None
    assert (at.call.parked, at.call.leased) == (OFFER, True)


@pytest.mark.parametrize("first", [[], TAKEN_APART[:1], TAKEN_APART[:3], TAKEN_APART, [*TAKEN_APART, *JOINED[:1]]])
def test_the_caller_goes_at_any_moment(first: list[talk.Event]) -> None:
    at = Talk(*first, *CALLER_GOES)
    assert [word for word in at.words if word != "Held"] == ["Left", "Ended"]
    assert [e.by for e in at.seen if isinstance(e, ev.Left | ev.Ended)] == [Party.CALLER, Party.CALLER]


def test_a_key_in_the_hold_is_heard_and_the_talk_is_not_accepted_anew() -> None:
    at = Talk(*TAKEN_APART, *TAKEN_APART)
    assert at.words == ["Held"]


STORY = [*TAKEN_APART, *JOINED]


@st.composite
def mangled(draw: st.DrawFn, story: list[talk.Event]) -> list[talk.Event]:
    """The story, some of it missing, some twice, neighbours out of order."""
    kept = [e for e in story if draw(st.integers(0, 9)) > 0]
    doubled = [e for m in kept for e in [m] * (1 + (draw(st.integers(0, 4)) == 0))]
    keys = [n + draw(st.integers(0, 3)) for n in range(len(doubled))]
    return [e for _, e in sorted(zip(keys, doubled, strict=True), key=lambda pair: pair[0])]


def calls(at: Talk) -> dict[CallId, Call]:
    return {} if at.call is None or not at.call.live else {CALL: at.call}


@given(mangled(TAKEN_APART))
def test_whatever_is_lost_the_list_of_channels_tells_of_the_hold(messages: list[talk.Event]) -> None:
    at = Talk(*messages)
    there = [CALLER_THERE | WITH_US, AGENT_THERE | WITH_US]
    at.took(talk.told(Reconciler(at.tracker).sweep(calls(at), there, 9.0).events))
    assert at.words == ["Held"]
    assert at.call is not None
    assert at.call.parked == OFFER


@given(mangled(JOINED))
def test_whatever_is_lost_the_list_tells_that_they_talk_again(messages: list[talk.Event]) -> None:
    at = Talk(*TAKEN_APART)
    at.hears(*messages)
    there = [CALLER_THERE | {"BridgeId": AGAIN}, AGENT_THERE | {"BridgeId": AGAIN}]
    at.took(talk.told(Reconciler(at.tracker).sweep(calls(at), there, 9.0).events))
    assert at.words == ["Held", "Resumed"]


@given(mangled([*STORY, *CALLER_GOES, *AGENT_GOES]))
def test_whatever_comes_the_call_ends(messages: list[talk.Event]) -> None:
    at = Talk(*messages)
    mender = Reconciler(at.tracker)
    for _ in range(2):
        at.took(talk.told(mender.sweep(calls(at), [], 9.0).events))
    assert at.call is not None
    assert not at.call.live
    words = at.words[: at.words.index("Ended")]
    assert words.count("Left") <= 1
    assert not {"Accepted", "Connected"} & set(words)
    assert at.tracker.legs.caller(CALL) is None


def left_behind(*events: CallEvent) -> dict[CallId, Call]:
    at = Talk()
    at.happens(*events)
    return calls(at)


HELD = talk_events.Held(call=CALL, at=2.0, offer=OFFER)


@pytest.mark.parametrize(
    ("known", "there", "told"),
    [
        ([HELD], [CALLER_THERE | WITH_US, AGENT_THERE | WITH_US], ["Adopted"]),
        ([], [CALLER_THERE | WITH_US, AGENT_THERE | WITH_US], ["Held", "Adopted"]),
        ([HELD], [CALLER_THERE | {"BridgeId": "b"}, AGENT_THERE | {"BridgeId": "b"}], ["Resumed", "Adopted"]),
        ([HELD], [CALLER_THERE | WITH_US], ["Left"]),
        ([HELD], [AGENT_THERE | WITH_US], ["Left", "Ended"]),
        ([HELD], [], ["Left", "Ended"]),
    ],
)
def test_a_new_engine_finds_a_caller_on_hold(
    known: list[CallEvent], there: list[dict[str, str]], told: list[str]
) -> None:
    before = left_behind(*known)
    tracker = Tracker("test", "e2")
    found = Reconciler(tracker).after_login(before, there, 10.0)
    assert [type(e).__name__ for e in found.events] == told
    assert found.strays == []
    call: Call | None = before[CALL]
    for event in talk.told(found.events):
        call = apply(call, event)
    assert call is not None
    assert call.live is any(channel["Uniqueid"] == CALLER for channel in there)
