"""A supervisor's leg is on a call, in one of three modes."""

from __future__ import annotations

from cti.calls.events import CallEvent
from cti.calls.legs import Leg, Role
from cti.calls.talk_events import MonitorStarted
from cti.calls.words import MonitorMode

MODE_DIGITS = {MonitorMode.LISTEN: "4", MonitorMode.WHISPER: "5", MonitorMode.BARGE: "6"}
"""The keys by which ChanSpy's option ``d`` switches its mode."""

_MODES = {digit: mode for mode, digit in MODE_DIGITS.items()}


def began(leg: Leg | None, now: float) -> list[CallEvent]:
    """ChanSpy runs on the leg; None for one of no call of ours."""
    if leg is None or leg.role is not Role.MONITOR:
        return []
    return [MonitorStarted(call=leg.call, at=now, supervisor=leg.supervisor, mode=leg.mode)]


def switched(leg: Leg, digit: str, now: float) -> list[CallEvent]:
    """A key came to the leg, which may switch its mode."""
    if leg.role is not Role.MONITOR or digit not in _MODES:
        return []
    return [MonitorStarted(call=leg.call, at=now, supervisor=leg.supervisor, mode=_MODES[digit])]
