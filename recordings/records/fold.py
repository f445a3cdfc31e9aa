"""The record of a call and its segments, as a fold over its events.

The same events always give the same record, in whatever order they come and however often.
What is missing leaves a gap in the record, never no record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any

from cti.calls.events import (
    Accepted,
    Adopted,
    Answered,
    Arrived,
    CalledBack,
    CalledOut,
    CallEvent,
    CameBack,
    Connected,
    Diverted,
    Ended,
    EnteredMenu,
    FellBack,
    Left,
    Offered,
    Queued,
    Refused,
    Returned,
    Transferred,
)
from cti.calls.talk_events import ConsultAsked, ConsultOver, Held, RecordingResumed, RecordingStarted, Resumed
from cti.calls.words import Direction, OfferId, Party, Place
from recordings.records.beside import Beside
from recordings.records.menus import REFUSED, note
from recordings.records.order import in_order
from recordings.records.pauses import Pauses
from recordings.records.record import NOT_RECORDED, CallRecord, Segment
from recordings.words import Outcome, SegmentKind


def fold(events: Iterable[CallEvent]) -> tuple[CallRecord, tuple[Segment, ...]]:
    """The record of one call and its segments by start. Raises ValueError without any event."""
    ordered = in_order(events)
    if not ordered:
        raise ValueError("a call without events has no record")
    folding = _Fold(ordered[0])
    for event in ordered:
        folding.apply(event)
        if isinstance(event, Ended):
            break
    return folding.result()


_KINDS = {
    Place.MENU: SegmentKind.MENU,
    Place.QUEUE: SegmentKind.WAIT,
    Place.TALK: SegmentKind.TALK,
    Place.TRANSFER: SegmentKind.TRANSFER,
    Place.FALLBACK: SegmentKind.FALLBACK,
}

_Facts = dict[str, Any]
"""The fields of a record or a segment in the making, by name."""


def _blank(cls: type[CallRecord] | type[Segment]) -> _Facts:
    return {f.name: f.default for f in fields(cls) if f.default is not MISSING}


_RECORD, _SEGMENT = _blank(CallRecord), _blank(Segment)


class _Fold:
    """A record in the making. Each kind of segment but RING is open at most once at a time."""

    def __init__(self, first: CallEvent) -> None:
        self._record: _Facts = {**_RECORD, "id": first.call, "arrived_at": first.at}
        self._segments: list[_Facts] = []
        self._open: dict[SegmentKind, _Facts] = {}
        self._offers: dict[OfferId, tuple[str, str | None]] = {}
        self._rings: dict[OfferId, _Facts] = {}
        self._connected: set[OfferId] = set()
        self._beside = Beside()
        self._arrived = self._called_back = False
        self._pauses = Pauses()
        self._detour = False
        """In the midst of a talk, the caller is in a flow."""
        self._place: SegmentKind | None = None
        self._served: Outcome | None = None

    def apply(self, event: CallEvent) -> None:
        match event:
            case Arrived() if not self._arrived:
                self._arrived = True
                self._record.update(caller=event.caller, caller_name=event.caller_name, dialled=event.dialled)
                if not self._segments:
                    self._enter(SegmentKind.MENU, event.at)
            case CalledBack() | CalledOut() if not self._called_back:
                self._call_back(event)
            case Adopted() if event.place in _KINDS:
                self._arrived = self._arrived or self._called_back
                self._adopt(_KINDS[event.place], event.at)
            case Answered() if self._record["answered_at"] is None:
                self._record["answered_at"] = event.at
            case Returned():
                self._enter(SegmentKind.MENU, event.at)
            case EnteredMenu():
                self._menu(event)
            case Queued():
                self._queue(event)
            case Offered() if event.offer not in self._offers:
                self._offers[event.offer] = (event.agent, event.recording)
                self._ring(event.offer, event.agent, event.at)
                self._pause(event)
            case Accepted():
                self._stop_ring(event.offer, event.at)
            case Refused():
                self._refuse(event)
            case Connected() if event.offer not in self._connected:
                self._connect(event)
            case Held() if SegmentKind.TALK in self._open:
                self._within_talk(SegmentKind.HOLD, NOT_RECORDED if event.offer else "", event.at)
            case Transferred():
                self._served = Outcome.TRANSFERRED
                self._record["transferred_to"] = event.to
                self._enter(SegmentKind.TRANSFER, event.at, detail=event.to)
            case RecordingStarted() if SegmentKind.TALK in self._open and not self._beside.records(
                event.recording, self._connected
            ):
                self._open[SegmentKind.TALK]["recording"] = event.recording
            case Left() if event.place in _KINDS:
                self._leave(_KINDS[event.place], event.at)
                self._beside.all_over(event.at)
            case FellBack():
                self._served = Outcome.FALLBACK
                self._enter(SegmentKind.FALLBACK, event.at)
            case Ended():
                self._end(event)
            case _:
                note(self._record, event)
                self._pause(event)
                self._consult(event)
                self._through(event)

    def result(self) -> tuple[CallRecord, tuple[Segment, ...]]:
        self._record.update(
            wait_s=self._length(SegmentKind.WAIT),
            talk_s=self._length(SegmentKind.TALK),
            offers=len(self._offers),
            estimated=self._record["estimated"] or not (self._arrived or self._called_back),
        )
        return CallRecord(**self._record), tuple(Segment(number=n, **s) for n, s in enumerate(self._segments, 1))

    def _adopt(self, kind: SegmentKind, at: float) -> None:
        if kind is SegmentKind.WAIT and SegmentKind.PARK in self._open:
            return  # he is parked as before
        if kind is not SegmentKind.TALK or kind in self._open:
            self._enter(kind, at, **({"queue": self._record["queue"]} if kind is SegmentKind.WAIT else {}))
            return
        # The join was missed: it can only have been with the agent asked last.
        self._record["estimated"] = True
        if self._offers:
            offer, (agent, _) = list(self._offers.items())[-1]
            self._connect(Connected(at=at, call=self._record["id"], offer=offer, agent=agent))
        else:
            self._served = Outcome.ANSWERED
            self._enter(kind, at)

    def _menu(self, event: EnteredMenu) -> None:
        self._record["path"] += (event.node,)
        if not self._detour or SegmentKind.MENU in self._open:
            self._enter(SegmentKind.MENU, event.at, detail=event.node)
        else:
            self._open[SegmentKind.MENU] = self._add(SegmentKind.MENU, event.at, detail=event.node)

    def _through(self, event: CallEvent) -> None:
        if isinstance(event, Diverted):
            self._detour = event.back and SegmentKind.TALK in self._open
        elif isinstance(event, CameBack | Resumed) and self._detour:
            self._close(SegmentKind.MENU, event.at)
            self._detour = False
        if isinstance(event, Resumed):
            self._close(SegmentKind.HOLD, event.at)

    def _call_back(self, event: CalledBack | CalledOut) -> None:
        self._called_back = True
        self._record.update(caller=event.number, direction=Direction.OUT)
        self._queue(event)

    def _queue(self, event: Queued | CalledBack | CalledOut) -> None:
        if getattr(event, "park_s", 0.0):
            self._enter(SegmentKind.PARK, event.at, queue=event.queue)
            return
        waiting = self._open.get(SegmentKind.WAIT)
        if waiting is not None and waiting["queue"] != event.queue:
            self._leave(SegmentKind.WAIT, event.at)
        self._enter(SegmentKind.WAIT, event.at, queue=event.queue)
        first = event.at if self._record["queued_at"] is None else self._record["queued_at"]
        self._record.update(queue=event.queue, priority=getattr(event, "priority", 0), queued_at=first)

    def _ring(self, offer: OfferId, agent: str, at: float) -> None:
        self._rings[offer] = self._add(SegmentKind.RING, at, agent=agent, queue=self._record["queue"])

    def _consult(self, event: CallEvent) -> None:
        if isinstance(event, ConsultOver):
            self._beside.over(event.offer, event.at)
        elif isinstance(event, ConsultAsked) and event.offer not in self._beside and SegmentKind.TALK in self._open:
            queue, number = self._record["queue"], event.number
            asked = self._add(SegmentKind.CONSULT, event.at, agent=event.agent, queue=queue, detail=number)
            self._beside.asked(event, asked)

    def _refuse(self, event: Refused) -> None:
        if event.offer in self._beside:
            self._beside.over(event.offer, event.at, event.reason.value)
            return
        if event.offer not in self._rings:
            self._offers.setdefault(event.offer, (event.agent, None))
            self._ring(event.offer, event.agent, event.at)
        self._stop_ring(event.offer, event.at)
        self._rings[event.offer]["detail"] = event.reason.value

    def _stop_ring(self, offer: OfferId, at: float) -> None:
        ring = self._rings.get(offer)
        if ring is not None and ring["ended_at"] is None:
            ring["ended_at"] = at

    def _stop_rings(self, at: float) -> None:
        for offer in self._rings:
            self._stop_ring(offer, at)

    def _connect(self, event: Connected) -> None:
        _, recording = self._offers.setdefault(event.offer, (event.agent, self._beside.recording(event.offer)))
        self._beside.over(event.offer, event.at)
        recording = None if self._record["consent"] == REFUSED else recording
        self._leave(SegmentKind.TALK, event.at)
        self._enter(SegmentKind.TALK, event.at, agent=event.agent, queue=self._record["queue"], recording=recording)
        self._connected.add(event.offer)
        self._served = Outcome.ANSWERED
        first = event.at if self._record["connected_at"] is None else self._record["connected_at"]
        self._record.update(agent=event.agent, connected_at=first)
        self._pause(event)

    def _within_talk(self, kind: SegmentKind, detail: str, at: float) -> None:
        known, agent = self._open.get(kind), self._open[SegmentKind.TALK]["agent"]
        if known is None or known["detail"] < detail:
            self._close(kind, at)
            self._open[kind] = self._add(kind, at, agent=agent, queue=self._record["queue"], detail=detail)

    def _pause(self, event: CallEvent) -> None:
        how = self._pauses.begins(event)
        if isinstance(event, RecordingResumed):
            self._close(SegmentKind.PAUSE, event.at)
        elif how is not None and SegmentKind.TALK in self._open:
            self._within_talk(SegmentKind.PAUSE, how, event.at)

    def _end(self, event: Ended) -> None:
        for kind in tuple(self._open):
            self._close(kind, event.at)
        self._stop_rings(event.at)
        self._beside.all_over(event.at)
        self._record.update(
            ended_at=event.at,
            ended_by=event.by,
            cause=event.cause,
            outcome=self._served or self._lost(event),
            estimated=self._record["estimated"] or event.estimated,
        )

    def _lost(self, event: Ended) -> Outcome:
        """Where a call that nobody served was lost. A missed end is taken for the caller's."""
        if self._called_back and not self._arrived:
            return Outcome.NOT_REACHED
        ours = event.by is not Party.CALLER and not event.estimated
        match self._place:
            case SegmentKind.MENU:
                return Outcome.ENDED_IN_MENU if ours else Outcome.ABANDONED_IN_MENU
            case SegmentKind.WAIT:
                return Outcome.DROPPED_FROM_QUEUE if ours else Outcome.ABANDONED_IN_QUEUE
        return Outcome.UNKNOWN

    def _enter(self, kind: SegmentKind, at: float, **what: Any) -> None:
        """The call is at ``kind``: goes on there, or leaves where it was and starts anew."""
        self._place = kind
        if kind in self._open:
            self._open[kind].update(what)
            return
        for other in tuple(self._open):
            self._close(other, at)
        self._stop_rings(at)
        if kind is not SegmentKind.TALK:
            self._beside.all_over(at)
        self._open[kind] = self._add(kind, at, **what)

    def _leave(self, kind: SegmentKind, at: float) -> None:
        self._close(kind, at)
        if kind is SegmentKind.WAIT:
            self._close(SegmentKind.PARK, at)
            self._stop_rings(at)
        if kind is SegmentKind.TALK:
            self._detour = False  # from now on the call is in the menu, if it was there
        for within in (SegmentKind.HOLD, SegmentKind.PAUSE) if kind is SegmentKind.TALK else ():
            self._close(within, at)

    def _add(self, kind: SegmentKind, at: float, **what: Any) -> _Facts:
        segment = {**_SEGMENT, "call": self._record["id"], "kind": kind, "started_at": at, **what}
        self._segments.append(segment)
        return segment

    def _close(self, kind: SegmentKind, at: float) -> None:
        if segment := self._open.pop(kind, None):
            segment["ended_at"] = at

    def _length(self, kind: SegmentKind) -> float:
        mine = (s for s in self._segments if s["kind"] is kind and s["ended_at"] is not None)
        return sum((s["ended_at"] - s["started_at"] for s in mine), 0.0)
