"""Parties beside the agent, in the record: each is a segment from the asking until he goes, or has the caller."""

from __future__ import annotations

from cti.calls import events as ev
from cti.calls import talk_events as talk
from cti.calls.events import CallEvent
from cti.calls.words import CallId, OfferId, Party, Place, Refusal
from recordings.records.fold import fold
from recordings.words import SegmentKind

CALL = CallId("c1")
ALICE, BOB, CAROL, OUTSIDE = map(OfferId, ("o1", "o2", "o3", "o4"))
CONFERENCE: list[CallEvent] = [
    ev.Arrived(call=CALL, at=0, channel="SIP/1", uniqueid="1", caller="5551", caller_name="", dialled="100"),
    ev.Queued(call=CALL, at=1, queue="orders"),
    ev.Offered(call=CALL, at=2, offer=ALICE, agent="alice", recording="r1"),
    ev.Connected(call=CALL, at=3, offer=ALICE, agent="alice"),
    talk.ConsultAsked(call=CALL, at=10, by="alice", offer=BOB, agent="bob", recording="r2"),
    talk.Joined(call=CALL, at=20, offer=BOB),
    talk.ConsultAsked(call=CALL, at=30, by="alice", offer=CAROL, agent="carol", recording="r3", joins=True),
    talk.Joined(call=CALL, at=35, offer=CAROL),
    talk.ConsultAsked(call=CALL, at=40, by="alice", offer=OUTSIDE, number="770001", joins=True),
]
GONE = ev.Left(call=CALL, at=70, place=Place.TALK, why="talk over", by=Party.AGENT)
ENDED = ev.Ended(call=CALL, at=80, by=Party.CALLER, cause=16)


def consults(*events: CallEvent) -> list[tuple[str, str, float | None]]:
    """Who was asked, how it was, and until when."""
    _, segments = fold([*CONFERENCE, *events])
    return [(s.agent, s.detail, s.ended_at) for s in segments if s.kind is SegmentKind.CONSULT]


def test_each_goes_by_himself() -> None:
    refused = ev.Refused(call=CALL, at=50, offer=OUTSIDE, agent="", reason=Refusal.NO_ANSWER)
    over = talk.ConsultOver(call=CALL, at=60, offer=BOB)
    assert consults(refused, over, GONE, ENDED) == [("bob", "", 60), ("carol", "", 70), ("", "no answer", 50)]


def test_who_has_the_caller_now_is_beside_no_more_and_the_others_stay() -> None:
    handed_over = ev.Connected(call=CALL, at=50, offer=BOB, agent="bob")
    assert consults(handed_over, ENDED) == [("bob", "", 50), ("carol", "", 80), ("", "770001", 80)]
    _, segments = fold([*CONFERENCE, handed_over, GONE, ENDED])
    talks = [(s.agent, s.recording) for s in segments if s.kind is SegmentKind.TALK]
    assert talks == [("alice", "r1"), ("bob", "r2")]
