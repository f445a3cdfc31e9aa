"""What came of a wait, told from what followed it. Pure."""

from __future__ import annotations

from cti.calls.words import Party
from cti.figures import Came
from recordings.words import SegmentKind


def came(
    following: str | None, ended_at: float, over_at: float | None, ended_by: str | None, *, estimated: bool
) -> Came:
    """What came of a wait until ``ended_at``. ``following`` is the kind of the call's next wait or talk;
    the rest is of the call. A missed end is taken for the caller's."""
    if following is not None:
        return Came.ANSWERED if following == SegmentKind.TALK else Came.MOVED
    by_caller = ended_by == Party.CALLER or estimated
    return Came.ABANDONED if by_caller and ended_at == over_at else Came.MOVED
