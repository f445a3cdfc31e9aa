"""Numbers that agents call: a call of our own, which waits for the one agent alone, before all others.

It goes the way of a callback: the agent's phone rings, then whoever is called. But there is one
attempt only, and what comes of it is the agent's to see.
"""

from __future__ import annotations

from dataclasses import replace

from cti.calls.events import CalledOut
from cti.calls.names import DIRECT_QUEUE
from cti.calls.words import CallId
from routing.agents import NOT_READY, OFFLINE, READY, WRAP_UP, NotAllowed, Status
from routing.queues import Needs, Waiting


def dialled(call: CallId, agent: str, number: str, priority: int, sequence: int, now: float) -> Waiting:
    """The place of a call to a number."""
    return Waiting(
        call=call,
        queue=DIRECT_QUEUE,
        needs=Needs(),
        priority=priority,
        since=now,
        sequence=sequence,
        agent=agent,
        number=number,
    )


def is_own(waiting: Waiting) -> bool:
    """Whether it is a call to a number that an agent calls, and who is called is not there yet."""
    return bool(waiting.number) and waiting.wanted is None


def begun(waiting: Waiting, now: float) -> CalledOut:
    """The event by which the call begins."""
    return CalledOut(at=now, call=waiting.call, number=waiting.number, agent=waiting.agent, queue=waiting.queue)


def free(status: Status, now: float) -> Status:
    """The agent ready for what he asks for, and afterwards as he was. Raises NotAllowed."""
    if status.state not in (READY, NOT_READY, WRAP_UP):
        raise NotAllowed("log in first" if status.state is OFFLINE else "you are on a call")
    if status.owes:
        raise NotAllowed(f"the disposition of call {status.last} ({status.last_queue}) is missing; give it first")
    if status.state is READY:
        return status
    wish, why = (status.wish, status.wish_reason) if status.state is WRAP_UP else (NOT_READY, status.reason)
    return replace(status.to(READY, now), wish=wish, wish_reason=why if wish else "")
