"""What agents are doing by what was told of them: for live state that was lost with its engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cti.calls.events import AgentChanged, CallbackWanted, CallEvent, Offered, Queued
from cti.calls.words import CallId
from routing.agents import OFFERED, READY, RESERVED, TALKING, WRAP_UP, Status

REMEMBERED_S = 12 * 3600.0
"""How old the last word of an agent may be: a shift."""
CALLBACKS_S = 24 * 3600.0
"""How old a wish to be called back may be."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of agents, and of callbacks that are not over: each wish, and the calls made for it."""

    agents: dict[str, Status]
    callbacks: Sequence[tuple[CallbackWanted, int]] = ()


def recall(changes: Mapping[str, AgentChanged], history: Iterable[CallEvent]) -> dict[str, Status]:
    """The agents as last told of; ``history`` are the events of calls not known to be over.

    Whoever was on a call that may still be live stays on it: adoption says what became of it. Who
    was on one that is over, or wrapping up, is ready.
    """
    offers: dict[CallId, Offered] = {}
    queues: dict[CallId, str] = {}
    for event in history:
        if isinstance(event, Offered):
            offers[event.call] = event
        elif isinstance(event, Queued):
            queues[event.call] = event.queue
    return {name: _status(change, offers, queues) for name, change in changes.items()}


def _status(change: AgentChanged, offers: Mapping[CallId, Offered], queues: Mapping[CallId, str]) -> Status:
    offer = offers.get(change.call) if change.call else None
    if offer is not None and offer.agent == change.agent and (change.state in OFFERED or change.state is TALKING):
        return Status(
            state=TALKING if change.state is TALKING else RESERVED,
            since=change.at,
            call=offer.call,
            offer=offer.offer,
            queue=queues.get(offer.call, ""),
            idle_since=change.at,
        )
    over = change.call is not None or change.state is WRAP_UP
    return Status(
        state=READY if over else change.state,
        since=change.at,
        reason="" if over else change.reason,
        idle_since=change.at,
    )
