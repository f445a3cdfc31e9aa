"""Parked callers: they wait in their queue, and nobody is asked for them until somebody wants one.

A parked caller is a place in the queue that is nobody's turn yet. So reservation, store, offers, crash and
wrap-up are those of every call.
"""

from __future__ import annotations

from dataclasses import replace

from cti.calls.call import Call
from cti.calls.events import Left, Queued
from cti.calls.part import Output
from cti.calls.words import CallId, Place
from routing import own_calls
from routing.agents import READY, NotAllowed
from routing.crew import Crew
from routing.queues import Waiting
from routing.router import Match
from routing.taking import Takers
from routing.waiting_room import WaitingRoom

BACK_S = 30.0
"""How long who comes back waits for the agent who parked him, if that one is ready."""
LEFT = "parked for too long"


class UnknownParked(LookupError):
    """No caller is parked under this id, for this agent."""


class Parking:
    """Times are Unix seconds."""

    def __init__(self, crew: Crew, room: WaitingRoom, takers: Takers) -> None:
        self._crew = crew
        self._room = room
        self._takers = takers

    def take(self, name: str, call: CallId, now: float) -> tuple[Match, list[Output]]:
        """The agent takes a parked caller of one of his queues, or his own. Raises UnknownParked, NotAllowed."""
        waiting = self._room.calls.get(call)
        if waiting is None or not waiting.parked or not self.may(name, waiting):
            raise UnknownParked("no caller of your queues is parked under this id")
        if self._crew.on(call) or self._takers.ringing(call):
            raise NotAllowed("somebody takes this caller already")
        free = own_calls.free(self._crew.statuses[name], now)
        return Match(call, name), self._crew.set(name, free, now)

    def may(self, name: str, waiting: Waiting) -> bool:
        """Whether the agent may take the caller."""
        if name not in self._crew.agents:
            return False
        return waiting.prefer == name or waiting.queue in self._room.router.queues_of(name)

    def on_time(self, now: float) -> list[Output]:
        """Who was parked for too long waits as others do, first for the agent who has parked him."""
        out: list[Output] = []
        for call in self._room.parkings.due(now):
            waiting, came = self._room.calls[call], self._room.came(call)
            if came is None:
                continue
            self._room.forget(call)
            status = self._crew.statuses.get(waiting.prefer)
            prefer = waiting.prefer if status is not None and status.state is READY else ""
            # The time that he was parked is not one that he has waited.
            since = waiting.since + max(0.0, now - came.at)
            back = replace(came, at=now, prefer=prefer, prefer_s=BACK_S if prefer else 0.0, since=since)
            out += [Left(at=now, call=call, place=Place.QUEUE, why=LEFT), back]
        return out


def still_parked(came: Queued, call: Call, now: float) -> Queued:
    """How a call that was found waiting came, with what is left of its parking."""
    if call.parking is None:
        return came
    return replace(came, prefer=call.parking.by, park_s=max(call.parking.until - now, 0.001))
