"""What each agent is doing, and the one place where it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from cti.calls.events import AgentChanged
from cti.calls.part import Output
from cti.calls.words import AgentState, CallId
from routing.agents import OFFLINE, ON_CALL, READY, WRAP_UP, Agent, NotAllowed, Status, UnknownAgent
from routing.router import Router
from routing.timers import Timers

LONGEST_WRAP_UP_S = 3600.0
"""However often an agent asks for more."""


class Crew:
    """The agents of one site. ``changed`` are those to be written to the store, each with the call
    whose offer to him is over, if any. ``of_queue`` tells the queues that an agent may ever serve.
    """

    def __init__(self, agents: Mapping[str, Agent], router: Router, queues_of: Callable[[str], Iterable[str]]) -> None:
        self.agents = agents
        self.statuses = {name: Status() for name in agents}
        self.changed: dict[str, CallId | None] = {}
        self.timers: Timers[str] = Timers()
        self.present: dict[str, int] = {}
        """By queue: how many of those who may serve it are logged in."""
        self.forsaken: set[str] = set()
        """Queues that have just lost the last of them, for whoever looks after their calls."""
        self._router = router
        self._queues_of = queues_of
        self._on: dict[CallId, dict[str, None]] = {}

    def on(self, call: CallId) -> list[str]:
        """Who is offered the call, or talks on it."""
        return list(self._on.get(call, ()))

    def calls(self) -> list[tuple[CallId, str]]:
        """Each call that is offered to somebody or talked on, with the agent."""
        return [(call, name) for call, names in self._on.items() for name in names]

    def ask(self, name: str, state: AgentState, reason: str, now: float, phone: str = "") -> list[Output]:
        """A person asks for another state, and perhaps sits at another phone from now on.

        Raises UnknownAgent, NotAllowed.
        """
        if name not in self.statuses:
            raise UnknownAgent(f"no agent is called {name}")
        status = self.statuses[name].asked(state, reason, now)
        if self.statuses[name].state is OFFLINE:
            status = replace(status, talked_s=0.0, talks=0)
        out: list[Output] = []
        if phone and state is not OFFLINE:
            out = self._sits_at(name, phone, now)
            status = replace(status, phone=phone)
        return [*out, *self.set(name, status, now)]

    def at_phone(self, phone: str) -> str | None:
        """Who sits at the phone, or whose it is."""
        sitting = (name for name, status in self.statuses.items() if status.phone == phone)
        owners = (name for name, agent in self.agents.items() if phone in agent.all_phones)
        return next(sitting, None) or next(owners, None)

    def is_desk(self, phone: str) -> bool:
        """Whether it is one of the agents' phones."""
        return any(phone in agent.all_phones for agent in self.agents.values())

    def phone(self, name: str) -> str:
        """The phone that is rung for an agent."""
        return self.statuses[name].phone or self.agents[name].phone

    def extend_wrap_up(self, name: str, seconds: float, now: float) -> list[Output]:
        """The agent needs so many seconds more after his talk. Raises UnknownAgent, NotAllowed."""
        if name not in self.statuses:
            raise UnknownAgent(f"no agent is called {name}")
        status = self.statuses[name]
        if status.state is not WRAP_UP or status.until is None:
            why = "lasts until the disposition is given" if status.owes else "is over"
            raise NotAllowed(f"the wrap-up of {name} {why}" if status.state is WRAP_UP else f"{name} is not in wrap-up")
        until = min(status.until + seconds, status.since + LONGEST_WRAP_UP_S)
        return self.set(name, replace(status, until=until), now)

    def talked(self, name: str, wrap_up_s: float, now: float) -> list[Output]:
        """The agent's talk is over. One who owes its disposition is in wrap-up until he gives it."""
        status = self.statuses[name]
        status = replace(status, talked_s=status.talked_s + max(0.0, now - status.since), talks=status.talks + 1)
        if status.owes:
            after = status.to(WRAP_UP, now)
        else:
            after = status.to(WRAP_UP, now, until=now + wrap_up_s) if wrap_up_s else status.freed(now)
        return self.set(name, after, now)

    def disposed(self, name: str, call: CallId, wrap_up_s: float, now: float) -> list[Output]:
        """The agent has given the disposition of this call: what is left of his wrap-up goes on."""
        status = self.statuses[name]
        if not status.owes or status.last != call:
            return []
        status = replace(status, owes=False)
        if status.state is WRAP_UP:
            until = status.since + wrap_up_s
            status = replace(status, until=until) if until > now else status.freed(now)
        return self.set(name, status, now)

    def set(self, name: str, status: Status, now: float) -> list[Output]:
        """The one place where an agent's status changes."""
        old = self.statuses[name]
        if old == status:
            return []
        self.statuses[name] = status
        self._note_call(name, old.call, status.call)
        if (old.state is OFFLINE) is not (status.state is OFFLINE):
            self._come_or_go(name, -1 if status.state is OFFLINE else 1)
        if status.state is READY:
            self._router.ready(name, status)
        else:
            self._router.busy(name)
        self.timers.set(name, status.until)
        released = old.call if status.call is None and old.state in ON_CALL else None
        self.changed[name] = released or self.changed.get(name)
        same = (old.state, old.reason, old.call) == (status.state, status.reason, status.call)
        return [] if same else [self.told(name, now)]

    def told(self, name: str, now: float) -> AgentChanged:
        """What the agent is doing, as an event."""
        status = self.statuses[name]
        return AgentChanged(at=now, agent=name, state=status.state, reason=status.reason, call=status.call)

    def _sits_at(self, name: str, phone: str, now: float) -> list[Output]:
        """Nobody else sits at this phone any more: his calls would ring another's phone."""
        out: list[Output] = []
        for other, status in self.statuses.items():
            if other != name and status.state is not OFFLINE and self.phone(other) == phone:
                if status.state in ON_CALL:
                    raise NotAllowed(f"{other} sits at this phone and is on a call")
                out += self.set(other, status.to(OFFLINE, now, f"{name} logged in at this phone"), now)
        return out

    def _note_call(self, name: str, old: CallId | None, new: CallId | None) -> None:
        if old == new:
            return
        if old is not None and (names := self._on.get(old)) is not None:
            names.pop(name, None)
            if not names:
                del self._on[old]
        if new is not None:
            self._on.setdefault(new, {})[name] = None

    def _come_or_go(self, name: str, by: int) -> None:
        for queue in self._queues_of(name):
            self.present[queue] = self.present.get(queue, 0) + by
            if self.present[queue]:
                self.forsaken.discard(queue)
            else:
                self.forsaken.add(queue)
