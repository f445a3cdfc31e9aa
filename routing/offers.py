"""Offers: an agent's phone rings for a call, and what comes of it; the talk, until it is over.

An offer's events count only while that offer is the agent's own: they may come late, twice or not
at all. Where several phones ring for one call, the first who picks up has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cti.calls.commands import Connect, Hangup, Offer, StartMusic, Withdraw
from cti.calls.events import Accepted, CalledBack, CalledOut, Connected, DispositionGiven, Offered, Refused, Ringing
from cti.calls.names import drawn, recording_stem
from cti.calls.part import Output
from cti.calls.words import CallId, OfferId, Refusal
from routing import callbacks, own_calls
from routing.agents import NOT_READY, OFFERED, READY, RESERVED, RINGING, TALKING, WRAP_UP, Agent, Status
from routing.crew import Crew
from routing.dispositions import NotADisposition, chosen
from routing.queues import Queues, Waiting
from routing.router import Match
from routing.waiting_room import WaitingRoom
from routing.why import decided

ANSWER_SLACK_S = 3.0
"""How much longer than the ring time we wait to hear what became of an offer."""
CONNECT_S = 10.0
"""How long after the agent picked up the two legs must be joined."""
APART_S = 10.0
"""How long an agent isn't offered a call again that he didn't take."""
RESERVED_S = ANSWER_SLACK_S + CONNECT_S + 30.0
"""How much longer than the ring time a reservation is good: our own deadlines come first."""


class Offers:
    """What happens between agents and the calls that are offered to them. Times are Unix seconds."""

    def __init__(self, queues: Queues, agents: Mapping[str, Agent], crew: Crew, room: WaitingRoom) -> None:
        self._queues = queues
        self._agents = agents
        self._crew = crew
        self._room = room
        self._begun: set[CallId] = set()
        """Calls of our own, to customers, that were told of."""
        self._dialled: set[CallId] = set()
        """Those of them whose customer's phone is asked to ring."""

    def reserved(self, match: Match, offer: OfferId, now: float, *, beside: bool = False) -> Status:
        """The agent's status if the match comes about; ``beside`` another whom the call is promised to."""
        queue = self._queues[self._room.calls[match.call].queue]
        status = self._crew.statuses[match.agent].to(RESERVED, now, until=now + queue.ring_s + ANSWER_SLACK_S)
        return replace(status, call=match.call, offer=offer, queue=queue.name, offered_at=now, beside=beside)

    def offer(self, name: str, status: Status, now: float) -> list[Output]:
        """The reservation is made: ring the agent."""
        assert status.call is not None
        queue, offer, waiting = self._queues[status.queue], _offer(status), self._room.calls[status.call]
        recording = recording_stem(offer, now) if drawn(status.call, queue.record) else None
        decision = decided(self._room.router, Match(status.call, name), now)
        begins = bool(waiting.number) and waiting.call not in self._begun
        self._room.offered(status.call)
        changed = self._crew.set(name, status, now)
        self._crew.changed.pop(name, None)  # the reservation has written it
        phone, auto_answer = self._crew.phone(name), self._agents[name].auto_answer
        if begins:
            self._begun.add(waiting.call)
        return [
            *([self._begun_with(waiting, now)] if begins else []),
            Offered(
                at=now,
                call=status.call,
                offer=offer,
                agent=name,
                recording=recording,
                on_demand=queue.on_demand,
                step=decision.step,
                candidates=decision.candidates,
                strategy=queue.strategy,
                passed=decision.passed,
            ),
            *changed,
            Offer(
                call=status.call,
                offer=offer,
                agent=name,
                phone=phone,
                ring_s=queue.ring_s,
                recording=recording,
                auto_answer=auto_answer,
            ),
        ]

    def _begun_with(self, waiting: Waiting, now: float) -> CalledBack | CalledOut:
        if own_calls.is_own(waiting):
            return own_calls.begun(waiting, now)
        return callbacks.begun(waiting, self._room.own_priority(waiting), now)

    def ringing(self, event: Ringing, now: float) -> list[Output]:
        name = self.asked(event.call, event.offer)
        if name is None:
            # Taken back before there was a leg to hang up, if it isn't told late.
            return [] if self._talks_by(event.call, event.offer) else [Withdraw(call=event.call, offer=event.offer)]
        status = self._crew.statuses[name]
        if status.state is not RESERVED or status.accepted:
            return []
        return self._crew.set(name, status.to(RINGING, now, until=status.until), now)

    def accepted(self, event: Accepted, now: float) -> list[Output]:
        name = self.asked(event.call, event.offer)
        if name is None:  # picked up too late, or told twice
            return [] if self._talks_by(event.call, event.offer) else [Withdraw(call=event.call, offer=event.offer)]
        status = self._crew.statuses[name]
        if status.accepted:
            return []
        # Where several phones rang, the first has the call.
        out = self._take_back_others(event.call, name, now)
        waiting = self._room.calls.get(event.call)
        if waiting is not None and waiting.number:
            return [*out, *self._ring_customer(name, waiting, now)]
        self._crew.set(name, replace(status, accepted=True, beside=False, until=now + CONNECT_S), now)
        return [*out, Connect(call=event.call, offer=event.offer)]

    def connected(self, event: Connected, now: float) -> list[Output]:
        name = self.asked(event.call, event.offer)
        if name is None:
            return [] if self._talks_by(event.call, event.offer) else [Withdraw(call=event.call, offer=event.offer)]
        out = self._take_back_others(event.call, name, now)
        waiting = self._room.calls.get(event.call)
        if waiting is not None:
            self._room.answered(waiting, now)
            self._room.forget(event.call)
            if waiting.wanted is not None:
                out.append(callbacks.over(waiting, now, reached=True))
        return [*out, *self._crew.set(name, self.owing(self._crew.statuses[name].to(TALKING, now)), now)]

    def owing(self, status: Status) -> Status:
        """The status of an agent whose talk begins, with what he will owe for it."""
        owes = self._queues.disposition_required(status.queue)
        return replace(status, last=status.call, last_queue=status.queue, owes=owes)

    def refused(self, event: Refused, now: float) -> list[Output]:
        name = self.asked(event.call, event.offer)
        return [] if name is None else self._close(name, event.reason, now, apart_s=APART_S)

    def asked(self, call: CallId, offer: OfferId) -> str | None:
        """The agent to whom this offer is open now."""
        for name in self._crew.on(call):
            status = self._crew.statuses[name]
            if status.offer == offer and status.state in OFFERED:
                return name
        return None

    def _talks_by(self, call: CallId, offer: OfferId) -> bool:
        """Whether an agent talks on the call by this offer."""
        on = (self._crew.statuses[name] for name in self._crew.on(call))
        return any(status.offer == offer and status.state is TALKING for status in on)

    def _take_back_others(self, call: CallId, name: str, now: float) -> list[Output]:
        others = [other for other in self._crew.on(call) if other != name]
        return [output for other in others for output in self.take_back(other, now)]

    def take_back(
        self, name: str, now: float, reason: Refusal = Refusal.WITHDRAWN, apart_s: float = 0.0
    ) -> list[Output]:
        """Ends the offer that is open to the agent, and says so."""
        status = self._crew.statuses[name]
        if status.state not in OFFERED or status.call is None:
            return []
        offer = _offer(status)
        refused = Refused(at=now, call=status.call, offer=offer, agent=name, reason=reason)
        return [Withdraw(call=status.call, offer=offer), refused, *self._close(name, reason, now, apart_s)]

    def _close(self, name: str, reason: Refusal, now: float, apart_s: float) -> list[Output]:
        """The offer is over: the agent is freed or, if it was his doing, not ready; the call waits again."""
        status = self._crew.statuses[name]
        blamed = reason is not Refusal.WITHDRAWN and status.wish is None
        out = self._crew.set(name, status.to(NOT_READY, now, reason.value) if blamed else status.freed(now), now)
        waiting = self._room.calls.get(status.call) if status.call else None
        if waiting is None:
            return out
        if apart_s:
            self._room.router.keep_apart(waiting.call, name, now + apart_s, now)
        # Nobody is there any more for who is called, or is to be.
        if waiting.call in self._dialled or own_calls.is_own(waiting):
            return [*out, Hangup(call=waiting.call)]
        if not self._crew.on(waiting.call):
            self._room.back(waiting, now)
        return out

    def _ring_customer(self, name: str, waiting: Waiting, now: float) -> list[Output]:
        """The agent is on the line; now the customer."""
        waiting = replace(waiting, tries=waiting.tries + 1)
        self._room.change(waiting)
        self._dialled.add(waiting.call)
        ring = callbacks.ring(waiting, self._queues[waiting.queue])
        command = replace(ring, own=own_calls.is_own(waiting))
        until = now + command.ring_s + ANSWER_SLACK_S
        self._crew.set(name, replace(self._crew.statuses[name], accepted=True, beside=False, until=until), now)
        return [command]

    def customer_there(self, waiting: Waiting, now: float) -> list[Output]:
        """The customer picked up: from now on he is a caller like any other."""
        waiting = replace(waiting, number="")
        self._room.change(waiting)
        self._dialled.discard(waiting.call)
        name = next(iter(self._crew.on(waiting.call)), None)
        if name is None:
            self._room.back(waiting, now)
            return [StartMusic(call=waiting.call, music=self._queues[waiting.queue].music)]
        status = self._crew.statuses[name]
        self._crew.set(name, replace(status, until=now + CONNECT_S), now)
        return [Connect(call=waiting.call, offer=_offer(status))]

    def let_go(self, call: CallId, now: float) -> list[Output]:
        """The call is over for whoever is on it."""
        out: list[Output] = []
        for name in self._crew.on(call):
            talks = self._crew.statuses[name].state is TALKING
            out += self.talked(name, now) if talks else self.take_back(name, now)
        return out

    def talks(self, call: CallId) -> bool:
        """Whether an agent talks on the call."""
        return any(self._crew.statuses[name].state is TALKING for name in self._crew.on(call))

    def too_late(self, name: str, now: float) -> list[Output]:
        """The time of the agent's state is over."""
        status = self._crew.statuses[name]
        if status.state is WRAP_UP:
            return self._crew.set(name, status.freed(now), now)
        reason = Refusal.WITHDRAWN if status.accepted else Refusal.NO_ANSWER
        return self.take_back(name, now, reason, apart_s=APART_S)

    def left_talk(self, call: CallId, now: float) -> list[Output]:
        """The talk of a call is over."""
        names = [name for name in self._crew.on(call) if self._crew.statuses[name].state is TALKING]
        return [output for name in names for output in self.talked(name, now)]

    def lost_talk(self, call: CallId, now: float) -> list[Output]:
        """The phone of the agent has lost the talk: he is ready for it at once, whatever he wishes for after it."""
        out: list[Output] = []
        for name in [name for name in self._crew.on(call) if self._crew.statuses[name].state is TALKING]:
            status = self._crew.statuses[name]
            ready = replace(status.to(READY, now), wish=status.wish, wish_reason=status.wish_reason)
            out += self._crew.set(name, replace(ready, talked_s=status.talked_s + now - status.since), now)
        return out

    def dispose(self, name: str, call: CallId, queue: str, path: Sequence[str], notes: str, now: float) -> list[Output]:
        """The agent says what came of his talk on a call of this queue. Raises NotADisposition."""
        if not path and self._queues.disposition_required(queue):
            raise NotADisposition(f"choose a disposition: the queue {queue} needs one")
        if not path and not notes:
            raise NotADisposition("give a path, notes, or both")
        disposition = chosen(self._queues.tree(queue), path)
        given = DispositionGiven(at=now, call=call, agent=name, queue=queue, disposition=disposition, notes=notes)
        known = self._queues.get(queue)
        return [given, *self._crew.disposed(name, call, known.wrap_up_s if known else 0.0, now)]

    def restored(self, status: Status, now: float) -> Status:
        """What the store knows of an agent, as the site is now: he owes nothing that it asks no more."""
        if not status.owes or self._queues.disposition_required(status.last_queue):
            return status
        return replace(status, owes=False, until=now if status.state is WRAP_UP else status.until)

    def begun(self, call: CallId) -> bool:
        """Whether we call, or were about to: there is such a call, and somebody has been asked to take it."""
        return call in self._begun

    def forget(self, call: CallId) -> None:
        """The call has ended."""
        self._begun.discard(call)
        self._dialled.discard(call)

    def talked(self, name: str, now: float) -> list[Output]:
        status = self._crew.statuses[name]
        queue = self._queues.get(status.queue)
        wrap_up_s = queue.wrap_up_s if queue else 0.0
        if queue is not None:
            self._room.handled(queue.name, now - status.since + wrap_up_s)
        return self._crew.talked(name, wrap_up_s, now)


def _offer(status: Status) -> OfferId:
    assert status.offer is not None
    return status.offer
