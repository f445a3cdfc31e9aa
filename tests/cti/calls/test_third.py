"""Three legs go in and out of bridges, and any of them may end at any moment: what is told of it is true."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls import apart, expected, talk_events, third
from cti.calls import events as ev
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent
from cti.calls.legs import Role
from cti.calls.reconcile import Reconciler
from cti.calls.tracker import Tracker
from cti.calls.words import OfferId, Place
from tests.cti.calls import talk
from tests.cti.calls.talk import CALL, CALLER, OFFER

THIRD = OfferId("cordboard-third")
CHANNELS = {"caller": talk.CALLER_CHANNEL, "agent": talk.AGENT_CHANNEL, "third": "PJSIP/bob-0000000a"}
IDS = {"caller": CALLER, "agent": str(OFFER), "third": str(THIRD)}


class Three:
    """A caller on hold, his agent, and a third party who is being rung: where Asterisk has each leg, and what
    the tracker made of it. ``bridges`` maps who is in one to it; ``conference`` is the name of the one."""

    def __init__(self) -> None:
        self.tracker = Tracker("test", "e1")
        expected.agent(self.tracker.legs, CALL, OFFER, "alice", None)
        self.call: Call | None = None
        self.seen: list[CallEvent] = []
        self.alive = {"caller", "agent", "third"}
        self.bridges: dict[str, str] = {"caller": talk.BRIDGE, "agent": talk.BRIDGE}
        self._bridge = 0
        self.took([
            ev.Queued(call=CALL, at=0.0, queue="orders"), ev.Offered(call=CALL, at=0.0, offer=OFFER, agent="alice"),
        ])  # fmt: skip
        self.hears(*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS, *talk.TALKS)
        leg = self.tracker.legs.caller(CALL)
        assert leg is not None
        apart.begin(leg, OFFER)
        self.leaves("caller", "agent")
        self.in_agi("agent", "caller")
        third.expect(self.tracker.legs, CALL, THIRD, agent="bob")
        self.took([talk_events.ConsultAsked(call=CALL, at=1.0, by="alice", offer=THIRD, agent="bob")])
        self.seen.clear()

    def hears(self, *messages: talk.Event) -> None:
        for message in messages:
            self.took(talk.told(self.tracker.feed(message, 1.0)))

    def took(self, events: Sequence[CallEvent]) -> None:
        for event in events:
            self.seen.append(event)
            self.call = apply(self.call, event)

    def tells(self, name: str, who: str, **headers: str) -> None:
        self.hears(talk.event(name, Channel=CHANNELS[who], Uniqueid=IDS[who], **headers))

    def in_agi(self, *names: str) -> None:
        for who in names:
            self.tells("AsyncAGIStart", who, Context="cordboard" if who == "caller" else "cordboard-agent")

    def leaves(self, *names: str) -> None:
        for who in names:
            if bridge := self.bridges.pop(who, None):
                self.tells("BridgeLeave", who, BridgeUniqueid=bridge)

    def meets(self, *names: str, kind: str = "basic") -> None:
        """All of them go into a new bridge, one after the other."""
        self._bridge += 1
        for who in names:
            self.leaves(who)
            self.bridges[who] = f"bridge-{self._bridge}"
            self.tells("BridgeEnter", who, BridgeUniqueid=f"bridge-{self._bridge}", BridgeType=kind)

    def hangs_up(self, *names: str) -> None:
        for who in names:
            self.alive.discard(who)
            self.tells("HangupRequest", who)
            self.leaves(who)
            self.tells("Hangup", who, Cause="16")

    @property
    def words(self) -> list[str]:
        return [type(event).__name__ for event in self.seen]

    def together(self, *names: str) -> bool:
        return all(who in self.bridges and self.bridges[who] == self.bridges[names[0]] for who in names)


def picked_up(*meet: str, kind: str = "basic") -> Three:
    three = Three()
    three.in_agi("third")
    three.meets("agent", "third")
    if meet:
        three.meets(*meet, kind=kind)
    return three


def joined() -> Three:
    return picked_up("agent", "third", "caller", kind="base")


def test_consulted() -> None:
    three = picked_up()
    assert three.words == ["Accepted", "Consulting"]
    assert three.call is not None
    assert three.call.consult is not None
    assert (three.call.consult.open.connected, three.call.held, three.call.parked) == (True, True, OFFER)


@pytest.mark.parametrize("order", [("caller", "third"), ("third", "caller")])
def test_handed_over(order: tuple[str, str]) -> None:
    three = picked_up(*order)
    assert three.seen[-1] == ev.Connected(call=CALL, at=1.0, offer=THIRD, agent="bob")
    three.in_agi("agent")
    three.hangs_up("agent")
    assert three.call is not None
    assert three.call.offer is not None
    assert (three.call.offer.agent, three.call.held, three.call.consult) == ("bob", False, None)
    three.hangs_up("third", "caller")
    assert three.words[-3:] == ["Connected", "Left", "Ended"]


def test_let_go() -> None:
    """The agent is taken out of the bridge with the third, whose leg goes a moment later."""
    three = picked_up("caller", "agent")
    assert three.words[-2:] == ["ConsultOver", "Resumed"]
    three.hangs_up("third")
    assert three.words[-1] == "Resumed"


@pytest.mark.parametrize("order", [("agent", "third", "caller"), ("caller", "third", "agent")])
def test_joined_in_any_order(order: tuple[str, ...]) -> None:
    three = picked_up(*order, kind="base")
    assert three.words[-2:] == ["Resumed", "Joined"]
    assert three.call is not None
    assert (three.call.held, three.call.parked, three.call.leased, three.call.conference) == (False, None, False, OFFER)


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (["third"], ["ConsultOver"]),
        (["agent"], ["Connected"]),
        (["caller"], ["ConsultOver", "Left", "Ended"]),
        (["third", "agent", "caller"], ["ConsultOver", "Left", "Ended"]),
        (["agent", "third", "caller"], ["Connected", "Left", "Ended"]),
    ],
)
def test_who_leaves_the_conference(who: list[str], told: list[str]) -> None:
    three = joined()
    three.seen.clear()
    three.hangs_up(*who)
    assert three.words == told


@pytest.mark.parametrize(
    ("who", "told"),
    [("third", ["ConsultOver"]), ("agent", ["ConsultOver", "Left"]), ("caller", ["ConsultOver", "Left", "Ended"])],
)
def test_who_leaves_a_consultation(who: str, told: list[str]) -> None:
    three = picked_up()
    three.seen.clear()
    three.hangs_up(who)
    assert three.words == told


def test_a_third_who_does_not_pick_up() -> None:
    three = Three()
    three.tells("Newstate", "third", ChannelState="5")
    three.hears(talk.event("Hangup", Channel=CHANNELS["third"], Uniqueid=IDS["third"], Cause="17"))
    assert three.words == ["Ringing", "Refused"]
    assert three.call is not None
    assert (three.call.consult, three.call.parked) == (None, OFFER)


ACTIONS = st.sampled_from(["picks up", "meet", "hand over", "join", "resume", "third", "agent", "caller"])


@given(st.lists(ACTIONS, max_size=12))
def test_whatever_happens_what_is_told_is_true(actions: list[str]) -> None:
    three = Three()
    for action in actions:
        if action in three.alive:
            if action == "agent":  # the third's bridge ends with him
                three.hangs_up(*(["agent", "third"] if three.together("agent", "third") else ["agent"]))
            else:
                three.hangs_up(action)
        elif {"caller", "agent", "third"} <= three.alive:
            match action:
                case "picks up" if not three.bridges:
                    three.in_agi("third")
                case "meet" if not three.bridges:
                    three.meets("agent", "third")
                case "hand over" if three.together("agent", "third") and "caller" not in three.bridges:
                    three.meets("caller", "third")
                    three.in_agi("agent")
                    three.hangs_up("agent")
                case "join" if three.together("agent", "third") and "caller" not in three.bridges:
                    three.meets("agent", "third", "caller", kind="base")
                case "resume" if "caller" not in three.bridges:
                    three.meets("caller", "agent")
                    three.hangs_up("third")
        true(three)


def true(three: Three) -> None:
    call, legs = three.call, three.tracker.legs
    assert call is not None
    assert call.live is ("caller" in three.alive)
    if not call.live:
        return
    assert (call.consult is not None) <= ("third" in three.alive)
    if call.consult is not None and call.consult.joined:
        assert three.together("caller", "agent", "third")
    if three.together("caller", "third") and "agent" not in three.alive:
        assert call.offer is not None
        assert call.offer.agent == "bob"
    with_us = any(leg.role is Role.AGENT for leg in legs.of(CALL))
    assert with_us or "Left" in three.words, "the caller has nobody, and it was not told"
    assert call.place is Place.TALK


@pytest.mark.parametrize("kind", ["waits", "consults", "joined"])
def test_the_next_engine_takes_it_up(kind: str) -> None:
    """It may not even have been told how far it was: Asterisk's list says so."""
    three = Three()
    call = three.call
    assert call is not None
    bridge = {"waits": "", "consults": "b1", "joined": "b1"}[kind]
    application = "ConfBridge" if kind == "joined" else "AppDial2"
    rows = [
        {"Uniqueid": IDS["third"], "Channel": CHANNELS["third"], "Context": "cordboard-agent"},
        {"Uniqueid": IDS["agent"], "Channel": CHANNELS["agent"], "Context": "cordboard-agent"},
        {"Uniqueid": IDS["caller"], "Channel": CHANNELS["caller"], "Context": "cordboard"},
    ]
    for row in rows:
        bridged = bool(bridge) and (kind == "joined" or row["Uniqueid"] != CALLER)
        row.update({"Application": application, "BridgeId": bridge} if bridged else {"Application": "AGI"})
    found = Reconciler(Tracker("test", "e2")).after_login({CALL: call}, rows, 2.0)
    told = [type(event).__name__ for event in found.events]
    assert (
        told
        == {
            "waits": ["Accepted", "Adopted"],
            "consults": ["Consulting", "Adopted"],
            "joined": ["Resumed", "Joined", "Adopted"],
        }[kind]
    )
    assert found.strays == []
