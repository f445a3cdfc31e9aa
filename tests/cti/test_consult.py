"""A third party meets the agent when both are ready for it, and is let go when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from cti.actions.consult import ConsultPart
from cti.calls import commands as cmd
from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent
from cti.calls.part import Output
from cti.calls.words import OfferId, Party, Place, Refusal
from tests.cti.test_control import AGENT_GONE, CALL, ENDED, HELD, OFFER, TALKS

THIRD = OfferId("o3")
ASKED = talk_events.ConsultAsked(call=CALL, at=5.0, by="alice", offer=THIRD, agent="bob", recording="r3")
ACCEPTED = ev.Accepted(call=CALL, at=5.5, offer=THIRD)
RINGING = ev.Ringing(call=CALL, at=5.2, offer=THIRD)
REFUSED = ev.Refused(call=CALL, at=5.4, offer=THIRD, agent="bob", reason=Refusal.REFUSED)
RINGBACK = cmd.Ringback(call=CALL, offer=OFFER)
MET = talk_events.Consulting(call=CALL, at=6.0, offer=THIRD)
RESUMED = talk_events.Resumed(call=CALL, at=6.5)
JOINED = talk_events.Joined(call=CALL, at=6.5, offer=THIRD)
OVER = talk_events.ConsultOver(call=CALL, at=7.0, offer=THIRD)
ADOPTED = ev.Adopted(call=CALL, at=6.0, place=Place.TALK, channel="SIP/1")
LET_GO = cmd.Withdraw(call=CALL, offer=THIRD)
PICKED = cmd.Ringback(call=CALL, offer=OFFER, over=True)
MEET = (PICKED, cmd.Meet(call=CALL, offer=THIRD))
AGENT_OFF = cmd.Withdraw(call=CALL, offer=OFFER)
PAUSED = talk_events.PauseAsked(call=CALL, at=6.6, offer=OFFER, by="alice")
UNRECORDED = cmd.StopRecording(call=CALL, offer=THIRD)
FOURTH = OfferId("o4")
ASKED_IN = talk_events.ConsultAsked(
    call=CALL, at=7.0, by="alice", offer=FOURTH, agent="carol", recording="r4", joins=True
)
PICKED_UP = ev.Accepted(call=CALL, at=7.5, offer=FOURTH)
CAME_IN = talk_events.Joined(call=CALL, at=7.6, offer=FOURTH)
THREE = (ASKED, HELD, ACCEPTED, MET, RESUMED, JOINED)
COME_IN, FOURTH_OFF = cmd.Join(call=CALL, offer=FOURTH), cmd.Withdraw(call=CALL, offer=FOURTH)
HANDED_OVER = ev.Connected(call=CALL, at=8.0, offer=THIRD, agent="bob")
FELL_BACK = ev.FellBack(call=CALL, at=6.0)
CALLER_GONE = ev.Left(call=CALL, at=6.0, place=Place.TALK, why="", by=Party.CALLER)


def failed(command: str) -> ev.Failed:
    return ev.Failed(call=CALL, at=6.0, command=command, why="no", offer=THIRD)


def told(now: float) -> talk_events.ConsultOver:
    return talk_events.ConsultOver(call=CALL, at=now, offer=THIRD)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([ASKED, HELD, ACCEPTED], [*MEET]),
        ([ASKED, ACCEPTED, HELD], [*MEET]),
        ([ASKED, HELD], []),
        ([ASKED, HELD, RINGING], [RINGBACK]),
        ([ASKED, RINGING, HELD, ACCEPTED], [RINGBACK, *MEET]),
        ([ASKED, HELD, RINGING, REFUSED], [RINGBACK, replace(RINGBACK, over=True)]),
        ([*THREE, ASKED_IN, replace(RINGING, offer=FOURTH)], [*MEET]),
        ([ASKED, HELD, ACCEPTED, MET, HELD], [*MEET]),
        ([ASKED, HELD, ACCEPTED, ADOPTED], [*MEET, *MEET]),
        ([ASKED, HELD, ACCEPTED, MET, ADOPTED], [*MEET]),
        ([ASKED, failed("Hold")], [told(6.0)]),
        ([ASKED, HELD, failed("Consult")], [told(6.0)]),
        ([ASKED, HELD, ACCEPTED, failed("Meet")], [*MEET, told(6.0)]),
        ([ASKED, HELD, ACCEPTED, MET, failed("Join")], [*MEET]),
        ([ASKED, HELD, ACCEPTED, MET, OVER], [*MEET, LET_GO]),
        ([ASKED, HELD, ACCEPTED, MET, FELL_BACK], [*MEET, LET_GO]),
        (
            [ASKED, HELD, ACCEPTED, MET, RESUMED, JOINED, OVER, CALLER_GONE, ENDED],
            [*MEET, LET_GO, AGENT_OFF, AGENT_OFF],
        ),
        ([HELD, AGENT_GONE], []),
        ([*THREE, ASKED_IN, PICKED_UP], [*MEET, COME_IN]),
        ([*THREE, ASKED_IN, OVER, HELD, PICKED_UP], [*MEET, LET_GO, PICKED, cmd.Meet(call=CALL, offer=FOURTH)]),
        ([*THREE, ASKED_IN, PICKED_UP, CAME_IN, HANDED_OVER, PICKED_UP], [*MEET, COME_IN]),
        ([*THREE, ASKED_IN, PICKED_UP, CAME_IN, ENDED], [*MEET, COME_IN, LET_GO, FOURTH_OFF, AGENT_OFF]),
        (
            [*THREE, ASKED_IN, PICKED_UP, CAME_IN, PAUSED],
            [*MEET, COME_IN, UNRECORDED, cmd.StopRecording(call=CALL, offer=FOURTH)],
        ),
        ([ASKED, HELD, ACCEPTED, MET, PAUSED], [*MEET]),
        ([ASKED, HELD, ACCEPTED, MET, RESUMED, JOINED, PAUSED], [*MEET, UNRECORDED]),
        ([PAUSED, ASKED, HELD, ACCEPTED, MET, RESUMED, JOINED], [*MEET, UNRECORDED]),
    ],
)
def test_what_is_done(events: Sequence[CallEvent], expected: Sequence[Output]) -> None:
    part = ConsultPart()
    call: Call | None = None
    out: list[Output] = []
    for event in (*TALKS, *events):
        call = apply(call, event)
        out += asyncio.run(part.on_event(event, call, event.at))
    assert out == list(expected)


def test_handed_over_the_call_is_the_thirds() -> None:
    call: Call | None = None
    over = ev.Connected(call=CALL, at=8.0, offer=THIRD, agent="bob")
    for event in (*TALKS, ASKED, HELD, ACCEPTED, MET, over):
        call = apply(call, event)
    assert call is not None
    assert call.offer is not None
    assert (call.offer.agent, call.offer.connected, call.connected_at) == ("bob", True, 8.0)
    assert (call.consult, call.parked, call.held, call.place) == (None, None, False, Place.TALK)
