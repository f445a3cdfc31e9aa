"""What a menu leaves in a call's record: which menu it was, what was chosen, said and answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cti.calls.events import (
    CallbackWanted,
    CallEvent,
    Chosen,
    EnteredFlow,
    LanguageChosen,
    MessageLeft,
    Surveyed,
    TapeStarted,
)

if TYPE_CHECKING:
    from recordings.record import CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a caller said without an agent. ``box`` is empty for what is nobody's message.
    ``seconds`` is None where the caller hung up in the midst of it: its recording says."""

    box: str
    recording: str
    seconds: float | None = None


def noted(record: CallRecord, event: CallEvent) -> CallRecord:
    """The record with what the event adds to it, if it is of a menu."""
    match event:
        case EnteredFlow() if not record.flow:
            return replace(record, flow=event.flow, version=event.version)
        case LanguageChosen():
            return replace(record, language=event.language)
        case Chosen():
            return replace(record, choices=(*record.choices, (event.node, event.value)))
        case TapeStarted():
            begun = Message(box=event.box, recording=event.recording)
            return replace(record, messages=(*record.messages, begun))
        case MessageLeft():
            left = Message(box=event.box, recording=event.recording, seconds=event.seconds)
            others = (m for m in record.messages if m.recording != event.recording)
            return replace(record, messages=(*others, left))
        case CallbackWanted():
            return replace(record, callbacks=(*record.callbacks, (event.number, event.queue)))
        case Surveyed():
            return replace(record, scores=(*record.scores, (event.question, event.score)))
    return record
