"""More than three talk, and any of them may come and go: what is told of it is true, and nobody is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls import events as ev
from cti.calls import talk_events, third
from cti.calls.reconcile import Reconciler
from cti.calls.tracker import Tracker
from cti.calls.words import OfferId, Place
from tests.cti.calls.talk import CALL
from tests.cti.calls.test_third import CHANNELS, IDS, Three, joined

OTHERS = {"carol": "", "dave": "", "outside": "770001"}


class Conference:
    """Caller, alice and bob (``third``) in one; others are asked in. Their offers are their names."""

    def __init__(self) -> None:
        self.three: Three = joined()
        self.call = self.three.call
        self.rings = ""

    def asks(self, who: str) -> None:
        number = OTHERS[who]
        agent, offer = "" if number else who, OfferId(IDS[who])
        third.expect(self.three.tracker.legs, CALL, offer, agent=agent, number=number)
        asked = talk_events.ConsultAsked(
            call=CALL, at=2.0, by="alice", offer=offer, agent=agent, number=number, joins=True
        )
        self.three.took([asked])
        self.three.alive.add(who)
        self.rings = who

    def comes(self) -> None:
        """Who rings picks up, and is put into the conference."""
        who, self.rings = self.rings, ""
        self.three.in_agi(who)
        self.three.bridges[who] = self.three.bridges["caller"]
        self.three.tells("BridgeEnter", who, BridgeUniqueid=self.three.bridges[who], BridgeType="base")

    def goes(self, who: str) -> None:
        self.rings = "" if who == self.rings else self.rings
        self.three.hangs_up(who)
        if set(self.three.bridges) == {"caller"}:
            self.three.hangs_up("caller")  # Asterisk ends it for a caller whom all others have left


@pytest.fixture(autouse=True, scope="module")
def _named() -> None:
    for who in OTHERS:
        IDS[who], CHANNELS[who] = f"cordboard-{who}", f"PJSIP/{who}-0000000b"


def told(conference: Conference) -> list[str]:
    seen = conference.three.words[:]
    conference.three.seen.clear()
    return seen


def test_a_fourth_comes_in_and_who_hands_over_leaves_the_others() -> None:
    conference = Conference()
    told(conference)
    conference.asks("carol")
    conference.comes()
    assert told(conference) == ["ConsultAsked", "Accepted", "Joined"]
    conference.goes("agent")
    assert told(conference) == ["Connected"]
    call = conference.three.call
    assert call is not None
    assert call.offer is not None
    assert (call.offer.agent, [party.open.agent for party in call.parties]) == ("bob", ["carol"])
    conference.goes("third")
    assert told(conference) == ["Connected"]
    conference.goes("caller")
    assert told(conference) == ["Left", "Ended"]


def test_a_colleague_has_the_caller_before_a_number_outside() -> None:
    conference = Conference()
    conference.asks("outside")
    conference.comes()
    conference.asks("carol")
    conference.comes()
    conference.goes("third")
    told(conference)
    conference.goes("agent")
    assert conference.three.seen[-1] == ev.Connected(call=CALL, at=1.0, offer=OfferId(IDS["carol"]), agent="carol")
    conference.asks("dave")
    conference.goes("carol")
    assert told(conference)[-2:] == ["ConsultOver", "Transferred"]


def test_a_fourth_who_does_not_pick_up_changes_nothing() -> None:
    conference = Conference()
    conference.asks("carol")
    told(conference)
    conference.goes("carol")
    assert told(conference) == ["Refused"]
    assert [party.open.agent for party in conference.three.call.parties] == ["bob"]  # type: ignore[union-attr]


PEOPLE = [*OTHERS, "third", "agent", "caller"]


@given(st.lists(st.sampled_from([*PEOPLE, *(f"asks {who}" for who in OTHERS), "comes", "comes"]), max_size=20))
def test_whatever_happens_what_is_told_is_true(actions: list[str]) -> None:
    conference = Conference()
    three = conference.three
    for action in actions:
        call = three.call
        assert call is not None
        who = action.removeprefix("asks ")
        if action != who and call.place is Place.TALK and not conference.rings and who not in three.alive:
            if IDS[who] not in three.tracker.legs and not any(
                isinstance(e, talk_events.ConsultAsked) and e.offer == IDS[who] for e in three.seen
            ):
                conference.asks(who)
        elif action == "comes" and conference.rings and "caller" in three.alive:
            if call.consults(OfferId(IDS[conference.rings])):
                conference.comes()
        elif action in three.alive:
            conference.goes(action)
        true(conference)


def true(conference: Conference) -> None:
    three, call = conference.three, conference.three.call
    assert call is not None
    assert call.live is ("caller" in three.alive)
    if not call.live:
        assert {"Left", "Transferred"} & set(three.words), "nobody was told that the talk is over"
        return
    inside = {IDS[who] for who in three.bridges if who != "caller"}
    if call.place is Place.TRANSFER:
        assert inside == {IDS["outside"]}
        return
    assert call.place is Place.TALK
    assert call.offer is not None
    beside = {str(party.open.offer) for party in call.parties if party.joined}
    assert {str(call.offer.offer), *beside} == inside
    waits = {str(party.open.offer) for party in call.parties if not party.joined}
    assert waits == ({IDS[conference.rings]} if conference.rings else set())


@pytest.mark.parametrize("gone", ["", "agent", "third", "carol"])
def test_the_next_engine_takes_it_up(gone: str) -> None:
    """Who went while no engine was there is missed, and the others talk on."""
    conference = Conference()
    conference.asks("carol")
    conference.comes()
    call = conference.three.call
    assert call is not None
    there = [who for who in ("third", "carol", "agent", "caller") if who != gone]
    rows = [
        {"Uniqueid": IDS[who], "Channel": CHANNELS[who], "Application": "ConfBridge", "BridgeId": "b1",
         "Context": "cordboard-conference"} for who in there
    ]  # fmt: skip
    tracker = Tracker("test", "e2")
    found = Reconciler(tracker).after_login({CALL: call}, rows, 3.0)
    told = [type(event).__name__ for event in found.events]
    assert told.pop() == "Adopted"
    assert told == {"": [], "agent": ["Connected"]}.get(gone, ["ConsultOver"])
    assert found.strays == []
