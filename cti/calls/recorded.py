"""A leg's recording begins and ends, each told once."""

from __future__ import annotations

from cti.calls.events import CallEvent
from cti.calls.legs import Leg
from cti.calls.talk_events import RecordingStarted, RecordingStopped


def started(leg: Leg | None, now: float) -> list[CallEvent]:
    """Asterisk records the leg; None for one of no call of ours."""
    if leg is None or leg.recording is None or leg.recording_open:
        return []
    leg.recording_open = True
    return [RecordingStarted(call=leg.call, at=now, recording=leg.recording)]


def stopped(leg: Leg | None, now: float) -> list[CallEvent]:
    """It does no more, or the leg is gone."""
    if leg is None or leg.recording is None or not leg.recording_open:
        return []
    leg.recording_open = False
    return [RecordingStopped(call=leg.call, at=now, recording=leg.recording)]
