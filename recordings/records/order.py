"""The order of a call's events, however they came."""

from __future__ import annotations

from collections.abc import Iterable

from cti.calls.events import CallEvent, Ended


def in_order(events: Iterable[CallEvent]) -> list[CallEvent]:
    """By time; the end is last of its moment; repeats are dropped."""
    kept: list[CallEvent] = []
    moment = 0  # where in ``kept`` the last moment begins
    for event in sorted(events, key=lambda e: (e.at, isinstance(e, Ended))):
        if kept and kept[-1].at != event.at:
            moment = len(kept)
        if event not in kept[moment:]:
            kept.append(event)
    return kept
