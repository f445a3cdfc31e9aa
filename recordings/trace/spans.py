"""A call that is over as the spans of a trace, by its record. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recordings.records.record import CallRecord, Segment
from recordings.words import SegmentKind

_NAMES = {SegmentKind.RING: "offer"}
_WITHIN: Mapping[SegmentKind, tuple[SegmentKind, ...]] = {
    SegmentKind.RING: (SegmentKind.WAIT, SegmentKind.PARK),
    SegmentKind.HOLD: (SegmentKind.TALK,),
    SegmentKind.PAUSE: (SegmentKind.TALK,),
    SegmentKind.CONSULT: (SegmentKind.TALK,),
    SegmentKind.MENU: (SegmentKind.TALK,),
}
_SAYS = frozenset({SegmentKind.MENU, SegmentKind.RING, SegmentKind.HOLD, SegmentKind.PAUSE})
"""Whose detail is a word of ours or a node; of the others it may be a number."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a trace. Times are Unix seconds; ``id`` has 64 bits, ``parent`` is another's id, None for the call.

    No customer is in ``attributes``, and no agent."""

    id: int
    parent: int | None
    name: str
    start: float
    end: float
    attributes: Mapping[str, str | float | bool]


def trace_id(call: str) -> int:
    """The 128 bits of the call's id, so that it is found by it."""
    try:
        return int(call, 16) & (2**128 - 1) or 1
    except ValueError:
        return int.from_bytes(hashlib.sha256(call.encode()).digest()[:16], "big")


def spans(record: CallRecord, segments: Sequence[Segment]) -> list[Span]:
    """The call first, then its stretches. One without an end ends with the call."""
    end = record.arrived_at if record.ended_at is None else record.ended_at
    root = _id(record.id, 0)
    found = [Span(root, None, "call", record.arrived_at, end, _of_call(record))]
    for one in segments:
        outer = next((o for o in reversed(segments) if o.kind in _WITHIN.get(one.kind, ()) and _holds(o, one)), None)
        parent = root if outer is None else _id(record.id, outer.number)
        told = {"cordboard.queue": one.queue, "cordboard.detail": one.detail if one.kind in _SAYS else ""}
        until = end if one.ended_at is None else one.ended_at
        attributes = {key: value for key, value in told.items() if value}
        name = _NAMES.get(one.kind, one.kind.value)
        found.append(Span(_id(record.id, one.number), parent, name, one.started_at, until, attributes))
    return found


def _of_call(record: CallRecord) -> dict[str, str | float | bool]:
    return {
        "cordboard.call": record.id,
        "cordboard.outcome": record.outcome.value,
        "cordboard.direction": record.direction.value,
        "cordboard.queue": record.queue,
        "cordboard.flow": record.flow,
        "cordboard.flow_version": record.version,
        "cordboard.wait_s": record.wait_s,
        "cordboard.talk_s": record.talk_s,
        "cordboard.offers": float(record.offers),
        "cordboard.estimated": record.estimated,
    }


def _holds(outer: Segment, inner: Segment) -> bool:
    return outer.started_at <= inner.started_at and (outer.ended_at is None or inner.started_at < outer.ended_at)


def _id(call: str, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{call}/{number}".encode()).digest()[:8], "big") or 1
