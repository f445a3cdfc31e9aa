"""Recordings that are not whole: counted for alarms, and the last day's told to supervisors."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import select

from recordings.records.record import Recording
from recordings.rows import recording_of
from recordings.store import Store
from recordings.tables import recordings
from recordings.words import RecordingState

DAY_S = 86_400.0
MOST = 50
"""More than so many tell nobody more."""
BAD = (RecordingState.SHORT, RecordingState.SILENT, RecordingState.UNREADABLE, RecordingState.MISSING)
COUNTED = (RecordingState.WHOLE, *BAD)


class Faults:
    """What was found of recordings in this run, and the faulty ones of the last 24 hours."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        counter = Counter(
            "cordboard_recordings", "Recordings measured, by what was found", ["state"], registry=registry
        )
        self._counts = {state: counter.labels(state.value) for state in COUNTED}
        self._last: deque[Recording] = deque(maxlen=MOST)

    def found(self, recording: Recording) -> dict[str, Any] | None:
        """Takes in a recording that was measured. Gives its row where it is faulty."""
        if recording.state in self._counts:
            self._counts[recording.state].inc()
        if not faulty(recording):
            return None
        self._last.append(recording)
        return row(recording)

    def rows(self) -> list[dict[str, Any]]:
        """The faulty ones of the last day, the oldest first."""
        since = self._clock() - DAY_S
        return [row(recording) for recording in self._last if recording.started_at >= since]

    async def restore(self, store: Store) -> None:
        """Those that an earlier run found."""
        wanted = (
            select(recordings)
            .where(recordings.c.state.in_(BAD), recordings.c.started_at >= self._clock() - DAY_S)
            .order_by(recordings.c.started_at.desc())
            .limit(MOST)
        )
        async with store.connect() as connection:
            found = [recording_of(one) for one in await connection.execute(wanted)]
        self._last.extendleft(recording for recording in found if faulty(recording))


def faulty(recording: Recording) -> bool:
    """Whether somebody must look. Who leaves no message need not say anything: Asterisk then writes no file."""
    nothing_said = recording.taped and recording.state in (RecordingState.MISSING, RecordingState.SILENT)
    return recording.state in BAD and not nothing_said


def row(recording: Recording) -> dict[str, Any]:
    """As supervisors are told of it."""
    return {
        "stem": recording.stem,
        "call": recording.call,
        "agent": recording.agent,
        "started_at": recording.started_at,
        "state": recording.state.value,
        "silent": recording.silent,
        "length_s": recording.length_s,
        "talk_s": recording.talk_s,
    }
