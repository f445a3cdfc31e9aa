"""What an agent asks for himself, out of turn: to call a number, or to take a callback now."""

from __future__ import annotations

from cti.calls.part import Output
from cti.calls.words import CallId
from routing import own_calls
from routing.agents import READY, NotAllowed, UnknownAgent
from routing.crew import Crew
from routing.queues import Waiting
from routing.router import Match
from routing.waiting_room import WaitingRoom


class UnknownCallback(LookupError):
    """No callback waits under this id."""


class Wishes:
    """Times are Unix seconds."""

    def __init__(self, crew: Crew, room: WaitingRoom) -> None:
        self._crew = crew
        self._room = room

    def dial(self, name: str, number: str, call: CallId, now: float) -> list[Output]:
        """The agent calls a number, by a new call of this id. Raises UnknownAgent, NotAllowed."""
        if name not in self._crew.agents:
            raise UnknownAgent(f"no agent is called {name}")
        free = own_calls.free(self._crew.statuses[name], now)
        if any(own_calls.is_own(waiting) and waiting.agent == name for waiting in self._room.calls.values()):
            raise NotAllowed("you are calling a number already")
        self._room.enter(self._room.dialled(call, name, number, now), None, now)
        return self._crew.set(name, free, now)

    def take_callback(self, name: str, wanted: CallId, now: float) -> tuple[Match, list[Output]]:
        """The agent takes this callback of one of his queues now, whoever's turn it is. Raises
        UnknownCallback, NotAllowed."""
        waiting = self.callback(wanted)
        if name not in self._crew.agents or waiting.queue not in self._room.router.queues_of(name):
            raise UnknownCallback("no callback of your queues waits for this call")
        free = own_calls.free(self._crew.statuses[name], now)
        return Match(waiting.call, name), self._crew.set(name, free, now)

    def callback(self, wanted: CallId) -> Waiting:
        """The callback that was wanted in this call. Raises UnknownCallback; NotAllowed while it is made."""
        waiting = next((w for w in self._room.calls.values() if w.wanted == wanted), None)
        if waiting is None:
            raise UnknownCallback("no callback waits for this call")
        if self._crew.on(waiting.call) or not waiting.number:
            raise NotAllowed("the customer is being called just now")
        return waiting

    def can_come_true(self, match: Match) -> bool:
        """Whether the call waits for somebody, and the agent is ready."""
        waits = match.call in self._room.calls and not self._crew.on(match.call)
        return waits and self._crew.statuses[match.agent].state is READY
