"""Calls that a supervisor takes, or pulls to another queue.

The phone of who takes a call rings for it, and the crew leaves it alone meanwhile. He is nobody of the
crew: he has no state, and the store knows nothing of him. If he does not pick up, the call has its turn
again, where it was. A talk comes back to its queue first, and the agent is free from then on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cti.calls.call import Call
from cti.calls.commands import Connect, Offer, Withdraw
from cti.calls.events import Accepted, CallEvent, Connected, Ended, Failed, Left, Offered, Queued, Refused, Ringing
from cti.calls.names import DIRECT_QUEUE, drawn, new_offer, recording_stem
from cti.calls.part import Output
from cti.calls.talk_events import TransferAsked
from cti.calls.words import CallId, OfferId, Place, Refusal
from routing import callbacks
from routing.agents import NotAllowed
from routing.crew import Crew
from routing.offers import ANSWER_SLACK_S, CONNECT_S, Offers
from routing.queues import Waiting
from routing.timers import Timers
from routing.waiting_room import WaitingRoom

RING_S = 20.0
TAKEN = "taken"
"""What chose who is asked, where a strategy would."""


@dataclass(frozen=True, slots=True)
class _Ring:
    """The phone of who takes a call rings, or he has picked up."""

    offer: OfferId
    by: str
    queue: str
    accepted: bool = False


class Takers:
    """Who takes which call. Times are Unix seconds."""

    def __init__(self, crew: Crew, room: WaitingRoom, offers: Offers) -> None:
        self._crew = crew
        self._room = room
        self._offers = offers
        self._rings: dict[CallId, _Ring] = {}
        self._coming: dict[CallId, tuple[str, str]] = {}
        """Talks on their way to the queue, each with who takes it there and his phone."""
        self.timers: Timers[CallId] = Timers()
        """When a phone must have been picked up, or two legs be joined."""

    def ringing(self, call: CallId) -> bool:
        """Whether somebody's phone rings for the call, so that it is nobody else's turn."""
        return call in self._rings

    # What is asked

    def take(self, call: Call, by: str, phone: str, now: float) -> list[Output]:
        """``phone`` rings for the call. Raises NotAllowed."""
        waiting = self._movable(call, now)
        if waiting is not None:
            return self._ring(waiting, by, phone, now)
        if call.offer is not None and call.offer.agent == by:
            raise NotAllowed("you talk on this call already")
        self._coming[call.id] = by, phone
        queue = call.queue or DIRECT_QUEUE
        return [TransferAsked(at=now, call=call.id, by=by, queue=queue, keep_skills=True)]

    def pull(self, call: Call, queue: str, by: str, now: float) -> list[Output]:
        """The call goes to another queue: one that waits keeps the time it has waited. Raises NotAllowed."""
        waiting = self._movable(call, now)
        if waiting is None:
            return [TransferAsked(at=now, call=call.id, by=by, queue=queue)]
        came = self._room.came(call.id)
        if waiting.queue == queue or came is None:
            raise NotAllowed("this call waits there already" if came is not None else "this call cannot be moved")
        left = Left(at=now, call=call.id, place=Place.QUEUE, why=f"pulled by {by}")
        moved = replace(came, at=now, queue=queue, skills={}, agent="", prefer="", prefer_s=0.0, since=waiting.since)
        return [left, moved]

    def _movable(self, call: Call, now: float) -> Waiting | None:
        """The call's place where it waits, None where it is talked on. Raises NotAllowed for all others."""
        if call.id in self._rings or call.id in self._coming or call.transfer is not None:
            raise NotAllowed("somebody takes this call, or sends it on, already")
        if call.detour is not None:
            raise NotAllowed("the caller is in a flow just now, and comes back to the agent")
        if call.consult is not None:
            raise NotAllowed("somebody is consulted about this call just now")
        if call.place is Place.TALK and call.offer is not None and call.offer.connected:
            return None
        waiting = self._room.calls.get(call.id)
        if call.place is not Place.QUEUE or waiting is None:
            raise NotAllowed("this call neither waits nor is talked on")
        if waiting.number:
            raise NotAllowed("this customer is being called back")
        if any(self._crew.statuses[name].accepted for name in self._crew.on(call.id)):
            raise NotAllowed("an agent has just picked up")
        return waiting

    # What happens

    def on_event(self, event: CallEvent, call: Call | None, now: float) -> list[Output] | None:
        """What comes of an event of a call that is taken; None for all others."""
        ring = self._rings.get(event.call)
        match event:
            case Ringing() | Accepted() | Connected() if self._ours(event.offer, ring, call):
                return self._picked_up(event, ring, now)
            case Refused() if ring is not None and event.offer == ring.offer:
                return self._back(event.call, now)
            case Failed(command="Offer" | "Connect") if ring is not None and event.offer == ring.offer:
                return self._take_back(event.call, ring, Refusal.UNREACHABLE, now)
        return None

    def after(self, event: CallEvent, now: float) -> list[Output]:
        """What comes of any other event, after the floor has taken it in."""
        out: list[Output] = []
        ring, waiting = self._rings.get(event.call), self._room.calls.get(event.call)
        if ring is not None and (waiting is None or waiting.queue != ring.queue):
            out = self._forget(event.call, ring, now, told=not isinstance(event, Ended))
        if event.call in self._coming and isinstance(event, Queued | Ended | Failed):
            by, phone = self._coming.pop(event.call)
            if isinstance(event, Queued) and waiting is not None:
                out += self._ring(waiting, by, phone, now)
        return out

    def on_time(self, now: float) -> list[Output]:
        """Gives up where nobody picked up in time."""
        out: list[Output] = []
        for call in self.timers.due(now):
            ring = self._rings[call]
            out += self._take_back(call, ring, Refusal.WITHDRAWN if ring.accepted else Refusal.NO_ANSWER, now)
        return out

    # Steps

    def _ring(self, waiting: Waiting, by: str, phone: str, now: float) -> list[Output]:
        call, offer = waiting.call, new_offer()
        out = [output for name in self._crew.on(call) for output in self._offers.take_back(name, now)]
        self._room.offered(call)
        self._rings[call] = _Ring(offer, by, waiting.queue)
        self.timers.set(call, now + RING_S + ANSWER_SLACK_S)
        queue = self._room.queue(waiting.queue)
        recording = recording_stem(offer, now) if drawn(call, queue.record) else None
        return [
            *out,
            Offered(
                at=now,
                call=call,
                offer=offer,
                agent=by,
                recording=recording,
                on_demand=queue.on_demand,
                candidates=1,
                strategy=TAKEN,
            ),
            Offer(call=call, offer=offer, agent=by, phone=phone, ring_s=RING_S, recording=recording),
        ]

    def _ours(self, offer: OfferId, ring: _Ring | None, call: Call | None) -> bool:
        """Whether the offer is to somebody who is not of the crew; a restart has forgotten the ring."""
        if ring is not None and ring.offer == offer:
            return True
        return call is not None and any(
            open.offer == offer and open.agent not in self._crew.statuses for open in call.offers
        )

    def _picked_up(self, event: Ringing | Accepted | Connected, ring: _Ring | None, now: float) -> list[Output]:
        call = event.call
        if isinstance(event, Connected):
            self._drop(call)
            waiting = self._room.calls.get(call)
            if waiting is None:
                return []
            self._room.answered(waiting, now)
            self._room.forget(call)
            return [callbacks.over(waiting, now, reached=True)] if waiting.wanted is not None else []
        if ring is None:
            return []
        if isinstance(event, Ringing) or ring.accepted:
            return []
        self._rings[call] = replace(ring, accepted=True)
        self.timers.set(call, now + CONNECT_S)
        return [Connect(call=call, offer=event.offer)]

    def _back(self, call: CallId, now: float) -> list[Output]:
        """The call has its turn again."""
        self._drop(call)
        if call in self._room.calls:
            self._room.back(self._room.calls[call], now)
        return []

    def _take_back(self, call: CallId, ring: _Ring, why: Refusal, now: float) -> list[Output]:
        return [*self._withdrawn(call, ring, why, now), *self._back(call, now)]

    def _forget(self, call: CallId, ring: _Ring, now: float, *, told: bool) -> list[Output]:
        """The call is somewhere else now; ``told``: it is still there to be told of."""
        self._drop(call)
        return self._withdrawn(call, ring, Refusal.WITHDRAWN, now)[: 2 if told else 1]

    def _withdrawn(self, call: CallId, ring: _Ring, why: Refusal, now: float) -> list[Output]:
        refused = Refused(at=now, call=call, offer=ring.offer, agent=ring.by, reason=why)
        return [Withdraw(call=call, offer=ring.offer), refused]

    def _drop(self, call: CallId) -> None:
        self._rings.pop(call, None)
        self.timers.set(call, None)
