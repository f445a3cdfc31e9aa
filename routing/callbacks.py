"""Callbacks: a customer who has hung up keeps his place, and is called when it is his turn.

A callback waits as a call does, under the id of the call by which the customer will be rung. Every
attempt is a call of its own; the place, by ``since`` and ``sequence``, stays the same. So one
never overtakes whoever was before it, and there is never more than one attempt at once.
"""

from __future__ import annotations

from dataclasses import replace

from cti.calls.commands import CallOut
from cti.calls.events import CallbackOver, CallbackWanted, CalledBack
from cti.calls.names import callback_id
from cti.calls.words import CallId
from routing.queues import Needs, Queue, Waiting


def wanted(event: CallbackWanted, queue: Queue, needs: Needs, priority: int, sequence: int) -> Waiting:
    """The callback's place in the queue. ``priority`` is that of all there is together."""
    return Waiting(
        call=callback_id(event.call, 1),
        queue=queue.name,
        needs=needs,
        priority=priority,
        since=event.at if event.since is None else event.since,
        sequence=sequence,
        level=event.level,
        number=event.number,
        wanted=event.call,
        attempt=1,
        screen=event.screen,
    )


def is_one(waiting: Waiting) -> bool:
    """Whether it is a callback whose customer is not on the line."""
    return bool(waiting.number) and waiting.wanted is not None


def begun(waiting: Waiting, own_priority: int, now: float) -> CalledBack:
    """The event by which the call to the customer begins. ``own_priority`` is the call's alone."""
    return CalledBack(
        at=now,
        call=waiting.call,
        number=waiting.number,
        queue=waiting.queue,
        wanted=_wanted(waiting),
        attempt=waiting.attempt,
        since=waiting.since,
        skills=dict(waiting.needs.skills),
        priority=own_priority,
        screen=waiting.screen,
        level=waiting.level,
    )


def ring(waiting: Waiting, queue: Queue) -> CallOut:
    """Rings the customer; the agent is on the line already."""
    return CallOut(call=waiting.call, number=waiting.number, ring_s=queue.callbacks.ring_s)


def again(waiting: Waiting, not_before: float) -> Waiting:
    """The next attempt, not before a time (Unix seconds), with the place kept."""
    attempt = waiting.attempt + 1
    return replace(waiting, call=callback_id(_wanted(waiting), attempt), attempt=attempt, not_before=not_before)


def over(waiting: Waiting, now: float, *, reached: bool) -> CallbackOver:
    """The event by which the callback ends."""
    return CallbackOver(at=now, call=_wanted(waiting), reached=reached, attempts=waiting.tries)


def _wanted(waiting: Waiting) -> CallId:
    assert waiting.wanted is not None
    return waiting.wanted
