"""Reads ``scenarios.yaml`` and makes events out of short text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cti.calls import codec
from cti.calls.events import CallEvent, Event
from cti.site.files import plain, read
from recordings.store import JournalRow

_MADE_UP: Mapping[str, Mapping[str, Any]] = {
    "Arrived": {"channel": "PJSIP/t-1", "uniqueid": "u1", "caller": "4711", "caller_name": "", "dialled": "100"},
    "EnteredMenu": {"flow": "main", "verb": "menu"},
    "Left": {"why": ""},
    "CalledBack": {"wanted": "c0", "attempt": 1, "since": 0.0},
}


def event(line: str, call: str = "c1") -> CallEvent:
    """``12.5 Queued queue=sales`` as an event; ``_`` in a refusal's reason stands for a space."""
    at, kind, *fields = line.split()
    data: dict[str, Any] = {**_MADE_UP.get(kind, {}), "kind": kind, "at": float(at), "call": call}
    for name, value in (field.split("=", 1) for field in fields):
        known = {"true": True, "false": False}
        number = (
            int(value)
            if name in ("priority", "cause", "score", "seconds", "play", "park_s")
            else value.replace("_", " ")
        )
        data[name] = known.get(value, number)
    made = codec.decode(data)
    assert isinstance(made, CallEvent)
    return made


def events(text: str, call: str = "c1") -> list[CallEvent]:
    return [event(line, call) for line in text.splitlines() if line.strip()]


def rows(happened: Iterable[Event], run: str = "run", first: int = 1) -> list[JournalRow]:
    """The events as a run of the program writes them down."""
    return [JournalRow(run, number, event) for number, event in enumerate(happened, first)]


@dataclass(frozen=True)
class Scenario:
    name: str
    events: list[CallEvent]
    record: dict[str, Any]
    segments: list[str]


def load() -> list[Scenario]:
    document = plain(read(Path(__file__).with_name("scenarios.yaml")).data)
    return [
        Scenario(s["name"], events(s["events"]), s["record"], [x.strip() for x in s["segments"].splitlines()])
        for s in document
    ]
