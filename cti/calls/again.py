"""A call that goes on in a queue as it was once queued."""

from __future__ import annotations

from cti.calls.call import Call
from cti.calls.events import Queued


def queued_again(call: Call, queue: str, now: float) -> Queued:
    """The call goes to ``queue`` as it was once queued, and keeps the place that it had."""
    return Queued(
        at=now,
        call=call.id,
        queue=queue,
        skills=call.skills,
        priority=call.priority,
        screen=call.screen,
        level=call.level,
        agent=call.agent,
        after=call.after,
        since=call.queued_at,
    )
