"""What is asked for out of turn: that a number is called, and that a callback is made now, or never."""

from __future__ import annotations

from collections.abc import Collection

from cti.calls.commands import Hangup
from cti.calls.part import Output
from cti.calls.words import CallId
from routing import callbacks, own_calls
from routing.agents import READY, NotAllowed, UnknownAgent
from routing.crew import Crew
from routing.offers import Offers
from routing.queues import Waiting
from routing.router import Match
from routing.waiting_room import WaitingRoom


class UnknownCallback(LookupError):
    """No callback waits under this id."""


class Wishes:
    """Times are Unix seconds."""

    def __init__(self, crew: Crew, room: WaitingRoom, offers: Offers) -> None:
        self._crew = crew
        self._room = room
        self._offers = offers
        self._held = False

    def hold(self, held: bool, now: float) -> None:
        """From now on no call is begun: no number is dialled, and callbacks wait. False: they are again."""
        self._held = held
        self._room.router.hold_callbacks(held, now)
        for waiting in self._room.calls.values():
            if callbacks.is_one(waiting) and not self._crew.on(waiting.call):
                self._room.router.wait(waiting, now)

    def _refuse_if_held(self) -> None:
        if self._held:
            raise NotAllowed("this server is being emptied and begins no calls")

    def dial(self, name: str, number: str, call: CallId, now: float) -> list[Output]:
        """The agent calls a number, by a new call of this id. Raises UnknownAgent, NotAllowed."""
        if name not in self._crew.agents:
            raise UnknownAgent(f"no agent is called {name}")
        self._refuse_if_held()
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
        self._refuse_if_held()
        free = own_calls.free(self._crew.statuses[name], now)
        return Match(waiting.call, name), self._crew.set(name, free, now)

    def drop_callback(self, wanted: CallId, now: float) -> list[Output]:
        """Gives up the callback that was wanted in this call. Raises UnknownCallback, NotAllowed."""
        return self._given_up(self.callback(wanted), now)

    def forget(self, numbers: Collection[str], now: float) -> list[Output]:
        """Gives up all callbacks to these numbers, one whose phone rings just now, too; who was cut off finds his
        place kept no more."""
        self._room.keep_no_place(numbers)
        wait = (*self._room.calls.values(), *self._room.kept.values())
        his = [waiting for waiting in wait if callbacks.is_one(waiting) and waiting.number in numbers]
        return [output for waiting in his for output in self._given_up(waiting, now)]

    def callback(self, wanted: CallId) -> Waiting:
        """The callback that was wanted in this call. Raises UnknownCallback; NotAllowed while it is made."""
        waiting = next((w for w in self._room.calls.values() if w.wanted == wanted), None)
        if waiting is None:
            raise UnknownCallback("no callback waits for this call")
        if self._crew.on(waiting.call) or not waiting.number:
            raise NotAllowed("the customer is being called just now")
        return waiting

    def _given_up(self, waiting: Waiting, now: float) -> list[Output]:
        out, hangup = self._offers.let_go(waiting.call, now), Hangup(call=waiting.call)
        self._room.forget(waiting.call)
        if self._offers.begun(waiting.call) and hangup not in out:
            out.append(hangup)  # of a call that has no leg nothing else tells the end
        return [*out, callbacks.over(waiting, now, reached=False)]

    def can_come_true(self, match: Match) -> bool:
        """Whether the call waits for somebody, and the agent is ready."""
        waits = match.call in self._room.calls and not self._crew.on(match.call)
        return waits and self._crew.statuses[match.agent].state is READY
