"""When a report is to be sent, and of what time. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from recordings.reports.intervals import Interval, Span, begun


def due(now: float, every: Interval, at_minute: int, sent_until: float | None, zone: tzinfo | None) -> Span | None:
    """The day, week or month that is over and was not sent yet, where its time has come: ``at_minute``
    minutes after midnight. ``sent_until`` is the end of what was sent last, None for a new report: that is
    sent from the next time on."""
    end = begun(now, every, zone)
    time = datetime.fromtimestamp(end, zone) + timedelta(minutes=at_minute)
    if sent_until is None or now < time.timestamp() or sent_until >= end:
        return None
    return begun(end - 1, every, zone), end
