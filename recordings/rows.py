"""What is remembered, as rows of the database, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from operator import attrgetter
from typing import Any

import structlog
from sqlalchemy import Row

from cti.calls import codec
from cti.calls.events import CallEvent, Event
from cti.calls.words import Direction, Party
from recordings.records.menus import Message
from recordings.records.record import CallRecord, Recording, Segment
from recordings.tables import recordings
from recordings.words import Outcome, RecordingState, SegmentKind

log = structlog.get_logger(__name__)

NAME_LENGTH = 128
"""Longer texts are cut in the records; the journal has them whole."""


def decoded(written: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """The events of journal rows. Rows of a newer program, with kinds unknown here, are passed over:
    what is known still gives a record."""
    for data in written:
        try:
            yield codec.decode(data)
        except ValueError:
            log.warning("journal row not understood", kind=data.get("kind"))


def call_events(written: Iterable[Mapping[str, Any]]) -> list[CallEvent]:
    """The call events of journal rows."""
    return [happened for happened in decoded(written) if isinstance(happened, CallEvent)]


_NAMES = {cls: tuple(f.name for f in fields(cls)) for cls in (CallRecord, Segment, Recording)}
_VALUES = {cls: attrgetter(*names) for cls, names in _NAMES.items()}


def plain(row: CallRecord | Segment | Recording) -> dict[str, Any]:
    """The values of a row's columns."""
    cls = type(row)
    values: dict[str, Any] = dict(zip(_NAMES[cls], _VALUES[cls](row), strict=True))
    for name, value in values.items():
        if isinstance(value, str) and name not in ("stem", "recording", "file"):
            values[name] = _text(value)
    if isinstance(row, CallRecord):
        values["messages"] = [asdict(message) for message in row.messages]
    return values


def _text(value: str) -> str:
    """Fit for any database: valid Unicode, no NUL (PostgreSQL has none), not too long."""
    if value.isascii() and len(value) <= NAME_LENGTH and "\0" not in value:
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:NAME_LENGTH]


def call_of(row: Row[Any]) -> CallRecord:
    values = dict(row._mapping)
    values |= {
        "path": tuple(values["path"]),
        "choices": tuple((node, value) for node, value in values["choices"]),
        "messages": tuple(Message(**message) for message in values["messages"]),
        "callbacks": tuple((number, queue) for number, queue in values["callbacks"]),
        "scores": tuple((question, score) for question, score in values["scores"]),
        "ended_by": Party(values["ended_by"]) if values["ended_by"] else None,
        "outcome": Outcome(values["outcome"]),
        "direction": Direction(values["direction"]),
    }
    return CallRecord(**values)


def segment_of(row: Row[Any]) -> Segment:
    values = dict(row._mapping)
    return Segment(**values | {"kind": SegmentKind(values["kind"])})


def recording_of(row: Row[Any]) -> Recording:
    return recording_from({c.name: row._mapping[c.name] for c in recordings.c})


def recording_from(values: Mapping[str, Any]) -> Recording:
    """A recording from what ``plain`` made of it. Raises ValueError, TypeError where it is none."""
    return Recording(**{**values, "state": RecordingState(values["state"])})
