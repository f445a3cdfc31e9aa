"""The floor of the call centre: what each agent is doing and which calls wait, as events change it.

A plain state machine: events in, events and commands out. Events may come late, twice or not at
all: an offer's events count only while that offer is the agent's own. What must be written to
the store is noted in ``changed_agents`` and ``changed_calls``.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import structlog

from cti.calls.call import Call
from cti.calls.commands import Connect, Hangup, Offer, StartMusic, Withdraw
from cti.calls.events import (
    Accepted,
    Adopted,
    AgentChanged,
    AgentState,
    CallEvent,
    CallId,
    Connected,
    Failed,
    Left,
    Offered,
    OfferId,
    Place,
    Queued,
    Refusal,
    Refused,
    Ringing,
)
from cti.calls.names import DIRECT_QUEUE, recording_stem
from cti.calls.part import Output
from routing.agents import (
    NOT_READY,
    OFFERED,
    READY,
    RESERVED,
    RINGING,
    TALKING,
    WRAP_UP,
    Agent,
    Status,
    UnknownAgent,
)
from routing.queues import Queue, Queues, Waiting, merge
from routing.router import Match, Router

log = structlog.get_logger()

ANSWER_SLACK_S = 3.0
"""How much longer than the ring time we wait to hear what became of an offer."""
CONNECT_S = 10.0
"""How long after the agent picked up the two legs must be joined."""
APART_S = 10.0
"""How long an agent isn't offered a call again that he didn't take."""
RESERVED_S = ANSWER_SLACK_S + CONNECT_S + 30.0
"""How much longer than the ring time a reservation is good: our own deadlines come first."""


_DIRECT = Queue(DIRECT_QUEUE, {})


class Floor:
    """Agents and waiting calls of one site."""

    def __init__(self, queues: Queues, agents: Mapping[str, Agent]) -> None:
        self.queues = queues
        self.agents = agents
        self.statuses = {name: Status() for name in agents}
        self.calls: dict[CallId, Waiting] = {}
        """Calls in a queue, offered to an agent or not."""
        self.kept: dict[CallId, Waiting] = {}
        """Calls that waited when an earlier engine stopped, until they are found alive."""
        self.router = Router(agents.values())
        self.changed_agents: dict[str, CallId | None] = {}
        """Agents to be written, each with the call whose offer to him is over, if any."""
        self.changed_calls: set[CallId] = set()
        self._with: dict[CallId, str] = {}
        """Who is offered a call, or talks on it."""
        self._timers: list[tuple[float, str]] = []
        self._arrivals = 0

    def queue(self, name: str) -> Queue | None:
        """The site's queue of this name; the one for calls to one agent is there in any case."""
        return self.queues.get(name) or (_DIRECT if name == _DIRECT.name else None)

    # What was there before, and what is asked from outside

    def restore(self, statuses: Mapping[str, Status], waiting: Iterable[Waiting], now: float) -> list[Output]:
        """Takes over what the store knows. The calls must be found alive before they count."""
        self.kept = {call.call: call for call in waiting}
        self._arrivals = max((call.sequence for call in self.kept.values()), default=0)
        out: list[Output] = []
        for name in self.agents:
            status = statuses.get(name, Status(since=now))
            if status.state in OFFERED:
                # Nobody watched the ringing meanwhile: adoption or ``settle`` says what became of it.
                status = replace(status, until=now + RESERVED_S)
            self._set(name, status, now)
            if name in statuses:
                self.changed_agents.pop(name, None)
            out.append(self._told(name, now))
        return out

    def settle(self, live: Collection[CallId], now: float) -> list[Output]:
        """Lets go of all calls but the live ones: their ends were missed."""
        self.changed_calls |= self.kept.keys()
        self.kept.clear()
        out: list[Output] = []
        for call in [call for call in self.calls if call not in live]:
            self._forget(call)
        for call, name in [(call, name) for call, name in self._with.items() if call not in live]:
            status = self.statuses[name]
            if status.state is TALKING:
                out += self._talked(name, now)
            else:
                out += [Withdraw(call=call, offer=_offer(status)), *self._set(name, status.freed(now), now)]
        return out

    def reread(self, name: str, stored: Status, now: float) -> list[Output]:
        """Somebody else has changed this agent in the store: that is how it is."""
        out = self._set(name, stored, now)
        self.changed_agents.pop(name, None)
        if stored.call is not None:
            self.router.leave(stored.call)
        return out

    def ask(self, name: str, state: AgentState, reason: str, now: float) -> list[Output]:
        """A person asks for another state. Raises UnknownAgent, NotAllowed."""
        if name not in self.statuses:
            raise UnknownAgent(f"no agent is called {name}")
        return self._set(name, self.statuses[name].asked(state, reason, now), now)

    # What happens

    def on_event(self, event: CallEvent, call: Call | None, now: float) -> list[Output]:
        """``call`` has the event applied already; None for a call that isn't live."""
        match event:
            case Ringing():
                return self._ringing(event, now)
            case Accepted():
                return self._accepted(event, now)
            case Connected():
                return self._connected(event, now)
            case _ if call is None or call.place not in (Place.QUEUE, Place.TALK):
                return self._gone(event.call, now)
            case Left(place=Place.QUEUE):
                return self._gone(event.call, now)
            case Queued():
                return self._queued(event, now)
            case Adopted():
                return self._adopted(event, call, now)
            case Refused():
                name = self._asked(event.call, event.offer)
                return [] if name is None else self._close(name, event.reason, now, apart_s=APART_S)
            case Failed(command="Offer" | "Connect", offer=offer) if (
                offer is not None and self._asked(event.call, offer) is not None
            ):
                return self._take_back(event.call, now, apart_s=APART_S)
            case Left(place=Place.TALK):
                name = self._with.get(event.call)
                return [] if name is None or self.statuses[name].state is not TALKING else self._talked(name, now)
        return []

    def reserved(self, match: Match, offer: OfferId, now: float) -> Status:
        """The agent's status if the match comes about."""
        queue = self.queue(self.calls[match.call].queue)
        assert queue is not None
        status = self.statuses[match.agent].to(RESERVED, now, until=now + queue.ring_s + ANSWER_SLACK_S)
        return replace(status, call=match.call, offer=offer, queue=queue.name)

    def offer(self, name: str, status: Status, now: float) -> list[Output]:
        """The reservation is made: ring the agent."""
        assert status.call is not None
        queue, offer = self.queue(status.queue), _offer(status)
        assert queue is not None
        recording = recording_stem(offer, now) if queue.record else None
        self.router.leave(status.call)
        changed = self._set(name, status, now)
        self.changed_agents.pop(name, None)  # the reservation has written it
        return [
            Offered(at=now, call=status.call, offer=offer, agent=name, recording=recording),
            *changed,
            Offer(
                call=status.call,
                offer=offer,
                agent=name,
                phone=self.agents[name].phone,
                ring_s=queue.ring_s,
                recording=recording,
            ),
        ]

    def next_time(self) -> float | None:
        """The next deadline of an agent's state, or when two kept apart may meet again."""
        while self._timers and self.statuses[self._timers[0][1]].until != self._timers[0][0]:
            heapq.heappop(self._timers)
        times = [self._timers[0][0]] if self._timers else []
        again = self.router.next_time()
        return min([*times, again] if again is not None else times, default=None)

    def on_time(self, now: float) -> list[Output]:
        """Ends the states whose time is over."""
        self.router.on_time(now)
        out: list[Output] = []
        while self._timers and self._timers[0][0] <= now:
            until, name = heapq.heappop(self._timers)
            status = self.statuses[name]
            if status.until != until:
                continue
            if status.state is WRAP_UP:
                out += self._set(name, status.freed(now), now)
            elif status.call is not None and status.state in OFFERED:
                reason = Refusal.WITHDRAWN if status.accepted else Refusal.NO_ANSWER
                out += self._take_back(status.call, now, reason, apart_s=APART_S)
        return out

    # Calls

    def _queued(self, event: Queued, now: float) -> list[Output]:
        queue = self.queue(event.queue)
        if queue is None:
            log.error("a call was sent to a queue that is not there", call=event.call, queue=event.queue)
            return [*self._gone(event.call, now), Hangup(call=event.call)]
        name, old = self._with.get(event.call), self.calls.get(event.call)
        if (old is not None and old.queue == queue.name) or (name and self.statuses[name].state is TALKING):
            return []  # told twice
        out = self._gone(event.call, now)
        self._wait(self._place(queue, event.call, event.skills, event.priority, event.at, event.agent))
        return [*out, StartMusic(call=event.call, music=queue.music)]

    def _adopted(self, event: Adopted, call: Call, now: float) -> list[Output]:
        kept = self.kept.get(call.id) or self.calls.get(call.id)
        if event.place is Place.TALK:
            return self._adopted_talk(call, now)
        queue = self.queue(kept.queue if kept else call.queue)
        if queue is None:
            log.error("a call was found waiting in a queue that is gone", call=call.id, queue=call.queue)
            return [*self._gone(call.id, now), Hangup(call=call.id)]
        name = self._with.get(call.id)
        out: list[Output] = []
        if name is not None and self.statuses[name].state is TALKING:
            out = self._talked(name, now)
        elif name is not None:
            out = self._take_back(call.id, now)
        elif call.offer is not None:
            offer = call.offer
            out = [Withdraw(call=call.id, offer=offer.offer), _withdrawn(call.id, offer.offer, offer.agent, now)]
        queued_at = now if call.queued_at is None else call.queued_at
        self._wait(kept or self._place(queue, call.id, call.skills, call.priority, queued_at, call.agent))
        return [*out, StartMusic(call=call.id, music=queue.music)]

    def _adopted_talk(self, call: Call, now: float) -> list[Output]:
        self._forget(call.id)
        name = self._with.get(call.id) or (call.offer.agent if call.offer else None)
        status = self.statuses.get(name) if name else None
        if name is None or status is None or status.state is TALKING:
            return []
        offer = call.offer.offer if call.offer else status.offer
        return self._set(name, replace(status.to(TALKING, now), call=call.id, offer=offer, queue=call.queue), now)

    def _place(
        self, queue: Queue, call: CallId, skills: Mapping[str, int], priority: int, at: float, agent: str
    ) -> Waiting:
        self._arrivals += 1
        if agent not in self.agents:
            agent = ""  # a field of the call named nobody: better anyone of the queue than a wait without end
        needs = merge(queue.skills, skills)
        return Waiting(call, queue.name, needs, queue.priority + priority, at, self._arrivals, agent)

    def _wait(self, waiting: Waiting) -> None:
        self.kept.pop(waiting.call, None)
        self.calls[waiting.call] = waiting
        self.changed_calls.add(waiting.call)
        self.router.wait(waiting)

    def _forget(self, call: CallId) -> None:
        if self.calls.pop(call, None) or self.kept.pop(call, None):
            self.changed_calls.add(call)
            self.router.forget(call)

    def _gone(self, call: CallId, now: float) -> list[Output]:
        """The call is somewhere else now, or ended."""
        self._forget(call)
        name = self._with.get(call)
        if name is None:
            return []
        return self._talked(name, now) if self.statuses[name].state is TALKING else self._take_back(call, now)

    # Offers

    def _ringing(self, event: Ringing, now: float) -> list[Output]:
        name = self._with.get(event.call)
        status = self.statuses[name] if name else None
        if name is None or status is None or status.offer != event.offer:
            return [Withdraw(call=event.call, offer=event.offer)]  # taken back before there was a leg to hang up
        if status.state is not RESERVED or status.accepted:
            return []
        return self._set(name, status.to(RINGING, now, until=status.until), now)

    def _accepted(self, event: Accepted, now: float) -> list[Output]:
        name = self._with.get(event.call)
        status = self.statuses[name] if name else None
        if name is None or status is None or status.offer != event.offer:
            return [Withdraw(call=event.call, offer=event.offer)]  # picked up too late
        if status.accepted or status.state is TALKING:
            return []
        self._set(name, replace(status, accepted=True, until=now + CONNECT_S), now)
        return [Connect(call=event.call, offer=event.offer)]

    def _connected(self, event: Connected, now: float) -> list[Output]:
        name = self._asked(event.call, event.offer)
        if name is not None:
            self._forget(event.call)
            return self._set(name, self.statuses[name].to(TALKING, now), now)
        talking = self._with.get(event.call)
        if talking is not None and self.statuses[talking].offer == event.offer:
            return []
        return [Withdraw(call=event.call, offer=event.offer)]

    def _asked(self, call: CallId, offer: OfferId) -> str | None:
        """The agent to whom this offer is open now."""
        name = self._with.get(call)
        status = self.statuses[name] if name else None
        return name if status and status.state in OFFERED and status.offer == offer else None

    def _take_back(
        self, call: CallId, now: float, reason: Refusal = Refusal.WITHDRAWN, apart_s: float = 0.0
    ) -> list[Output]:
        """Ends the call's open offer, if there is one, and says so."""
        name = self._with.get(call)
        if name is None or self.statuses[name].state not in OFFERED:
            return []
        offer = _offer(self.statuses[name])
        refused = Refused(at=now, call=call, offer=offer, agent=name, reason=reason)
        return [Withdraw(call=call, offer=offer), refused, *self._close(name, reason, now, apart_s)]

    def _close(self, name: str, reason: Refusal, now: float, apart_s: float) -> list[Output]:
        """The offer is over: the agent is freed or, if it was his doing, not ready; the call waits again."""
        status = self.statuses[name]
        blamed = reason is not Refusal.WITHDRAWN and status.wish is None
        changed = self._set(name, status.to(NOT_READY, now, reason.value) if blamed else status.freed(now), now)
        waiting = self.calls.get(status.call) if status.call else None
        if waiting is not None:
            if apart_s:
                self.router.keep_apart(waiting.call, name, now + apart_s)
            self.router.wait(waiting)
        return changed

    def _talked(self, name: str, now: float) -> list[Output]:
        status = self.statuses[name]
        queue = self.queue(status.queue)
        wrap_up_s = queue.wrap_up_s if queue else 0.0
        after = status.to(WRAP_UP, now, until=now + wrap_up_s) if wrap_up_s else status.freed(now)
        return self._set(name, after, now)

    # Agents

    def _set(self, name: str, status: Status, now: float) -> list[Output]:
        """The one place where an agent's status changes."""
        old, self.statuses[name] = self.statuses[name], status
        if old == status:
            return []
        if old.call is not None and old.call != status.call and self._with.get(old.call) == name:
            del self._with[old.call]
        if status.call is not None:
            self._with[status.call] = name
        if status.state is READY:
            self.router.ready(name, status.idle_since)
        else:
            self.router.busy(name)
        if status.until is not None and status.until != old.until:
            heapq.heappush(self._timers, (status.until, name))
        released = old.call if status.call is None and old.state in OFFERED else None
        self.changed_agents[name] = released or self.changed_agents.get(name)
        same = (old.state, old.reason, old.call) == (status.state, status.reason, status.call)
        return [] if same else [self._told(name, now)]

    def _told(self, name: str, now: float) -> AgentChanged:
        status = self.statuses[name]
        return AgentChanged(at=now, agent=name, state=status.state, reason=status.reason, call=status.call)


def _offer(status: Status) -> OfferId:
    assert status.offer is not None
    return status.offer


def _withdrawn(call: CallId, offer: OfferId, agent: str, now: float) -> Refused:
    return Refused(at=now, call=call, offer=offer, agent=agent, reason=Refusal.WITHDRAWN)
