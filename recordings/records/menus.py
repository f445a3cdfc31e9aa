"""What a menu leaves in a call's record: which menu it was, what was chosen, said and answered."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean as mean
from typing import Any

from cti.calls.events import (
    CallbackWanted,
    CallEvent,
    Chosen,
    Consented,
    EnteredFlow,
    LanguageChosen,
    MessageLeft,
    Surveyed,
    TapeStarted,
)

GIVEN, REFUSED = "given", "refused"
"""What a caller who was told that talks are recorded had to say to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a caller said without an agent. ``box`` is empty for what is nobody's message.
    ``seconds`` is None where the caller hung up in the midst of it: its recording says."""

    box: str
    recording: str
    seconds: float | None = None


def note(record: dict[str, Any], event: CallEvent) -> None:
    """Adds what the event says, if it is of a menu, to the fields of a ``CallRecord`` in the making."""
    match event:
        case EnteredFlow() if not record["flow"]:
            record.update(flow=event.flow, version=event.version)
        case LanguageChosen():
            record["language"] = event.language
        case Chosen():
            record["choices"] += ((event.node, event.value),)
        case Consented():
            record["consent"] = GIVEN if event.given else REFUSED
        case TapeStarted():
            record["messages"] += (Message(box=event.box, recording=event.recording),)
        case MessageLeft():
            left = Message(box=event.box, recording=event.recording, seconds=event.seconds)
            others = (m for m in record["messages"] if m.recording != event.recording)
            record["messages"] = (*others, left)
        case CallbackWanted():
            record["callbacks"] += ((event.number, event.queue),)
        case Surveyed():
            record["scores"] += ((event.question, event.score),)
            record["score"] = mean(score for _, score in record["scores"])
