"""Agents who are asked by another agent to help with his caller: reserved, rung and freed like for a call.

The call stays that other agent's, until he hands it over. A consultation counts as no talk: who was
only asked has no wrap-up and owes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from cti.calls.call import Call
from cti.calls.commands import Consult
from cti.calls.events import Accepted, CallEvent, Connected, Ringing
from cti.calls.names import DIRECT_QUEUE
from cti.calls.part import Output
from cti.calls.talk_events import ConsultAsked, Consulting, ConsultOver, Joined
from cti.calls.words import OfferId
from routing.agents import OFFERED, READY, RESERVED, TALKING, NotAllowed, Status, UnknownAgent
from routing.crew import Crew
from routing.offers import ANSWER_SLACK_S, CONNECT_S, Offers
from routing.queues import Queues
from routing.router import Router

RING_S = 20.0
"""How long the phone of somebody who is asked rings, where the call is of no queue."""


class Consults:
    """What happens to agents who are consulted. Times are Unix seconds."""

    def __init__(self, queues: Queues, crew: Crew, offers: Offers, router: Router) -> None:
        self._queues = queues
        self._router = router
        self._crew = crew
        self._offers = offers

    def queues(self) -> list[str]:
        """The queues of which somebody can be asked now."""
        return [name for name in self._queues if name != DIRECT_QUEUE and self._free(name) is not None]

    def free(self, queue: str) -> str:
        """Whom to ask if anyone of the queue will do. Raises NotAllowed: nobody is ready."""
        if queue not in self._queues or queue == DIRECT_QUEUE:
            raise NotAllowed("there is no such queue")
        name = self._free(queue)
        if name is None:
            raise NotAllowed(f"nobody of {queue} is ready")
        return name

    def _free(self, queue: str) -> str | None:
        return self._router.free(self._queues[queue])

    def reserved(self, name: str, call: Call, offer: OfferId, now: float) -> Status:
        """The agent's status if he is asked. Raises UnknownAgent, or NotAllowed: he is not ready."""
        if name not in self._crew.statuses:
            raise UnknownAgent(f"no agent is called {name}")
        status = self._crew.statuses[name]
        if status.state is not READY:
            raise NotAllowed(f"the agent {name} is {status.state}")
        status = status.to(RESERVED, now, until=now + self._ring_s(call) + ANSWER_SLACK_S)
        return replace(status, call=call.id, offer=offer, queue=call.queue, beside=True)

    def ask(self, name: str, status: Status, call: Call, by: str, recording: str | None, now: float) -> list[Output]:
        """The reservation is made: ring him."""
        assert status.offer is not None
        changed = self._crew.set(name, status, now)
        self._crew.changed.pop(name, None)  # the reservation has written it
        asked = ConsultAsked(
            at=now, call=call.id, by=by, offer=status.offer, agent=name, recording=recording, joins=call.confers
        )
        rings = Consult(
            call=call.id,
            offer=status.offer,
            agent=name,
            phone=self._crew.phone(name),
            ring_s=self._ring_s(call),
            recording=recording,
            auto_answer=self._crew.agents[name].auto_answer,
        )
        return [asked, *changed, rings]

    def on_event(self, event: CallEvent, call: Call, now: float) -> list[Output] | None:
        """None for an event that concerns nobody who is consulted."""
        match event:
            case Ringing() | Accepted() | Consulting() | Joined() if call.consults(event.offer):
                return self._goes_on(event, call, now)
            case ConsultOver():
                name = self._who(call, event.offer)
                return self._crew.set(name, self._crew.statuses[name].freed(now), now) if name else []
            case Connected() if (name := self._who(call, event.offer)) and self._is(name, TALKING):
                return self._handed_over(name, call, now)
        return None

    def _goes_on(self, event: Ringing | Accepted | Consulting | Joined, call: Call, now: float) -> list[Output]:
        name = self._who(call, event.offer)
        if name is None:
            return []  # a number outside
        if isinstance(event, Ringing):
            return self._offers.ringing(event, now)
        status = self._crew.statuses[name]
        if isinstance(event, Accepted):
            changed = replace(status, accepted=True, until=now + CONNECT_S) if status.state in OFFERED else status
        else:
            changed = status if status.state is TALKING else status.to(TALKING, now)
        return self._crew.set(name, changed, now)

    def _handed_over(self, name: str, call: Call, now: float) -> list[Output]:
        """He has the caller now, and who asked him has not."""
        others = [other for other in self._crew.on(call.id) if other != name and self._had(other, call)]
        out = [output for other in others for output in self._offers.talked(other, now)]
        if not others:
            return out  # told twice
        return [*out, *self._crew.set(name, self._offers.owing(replace(self._crew.statuses[name], since=now)), now)]

    def _who(self, call: Call, offer: OfferId) -> str | None:
        return next((name for name in self._crew.on(call.id) if self._crew.statuses[name].offer == offer), None)

    def _had(self, name: str, call: Call) -> bool:
        """Whether the agent talked on the call as its own agent."""
        return self._is(name, TALKING) and not call.consults(self._crew.statuses[name].offer)

    def _is(self, name: str, state: object) -> bool:
        return self._crew.statuses[name].state is state

    def _ring_s(self, call: Call) -> float:
        queue = self._queues.get(call.queue)
        return queue.ring_s if queue is not None else RING_S
