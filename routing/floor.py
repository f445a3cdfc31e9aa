"""The floor of the call centre: which calls wait and what becomes of them, as events change it.

A plain state machine: events in, events and commands out. Events may come late, twice or not at
all: an offer's events count only while that offer is the agent's own. What must be written to
the store is noted in ``crew.changed`` and ``room.changed``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import structlog

from cti.calls.again import queued_again
from cti.calls.call import Call
from cti.calls.commands import Hangup, StartMusic, Transfer, Withdraw
from cti.calls.events import (
    Accepted,
    Adopted,
    Arrived,
    CallbackWanted,
    CallEvent,
    Connected,
    Diverted,
    Ended,
    Failed,
    Left,
    Queued,
    Refused,
    Ringing,
    StateAsked,
)
from cti.calls.part import Output
from cti.calls.words import AgentState, CallId, OfferId, Party, Place, Refusal
from routing import callbacks
from routing.agents import (
    OFFERED,
    OFFLINE,
    TALKING,
    Agent,
    NotAllowed,
    Status,
    UnknownAgent,
)
from routing.consults import Consults
from routing.crew import Crew
from routing.offers import APART_S, RESERVED_S, Offers
from routing.overflow import why
from routing.parking import Parking, still_parked
from routing.policy import score, strategies
from routing.queues import Exit, Overflow, Queue, Queues, Rule, Waiting, merge, relaxed
from routing.router import Router
from routing.taking import Takers
from routing.waiting_room import DIRECT, FIRST, EstimateError, WaitingRoom
from routing.why import StillWaiting, still_waiting
from routing.wishes import Wishes

log = structlog.get_logger()


class Floor:
    """Agents and waiting calls of one site. Times are Unix seconds."""

    def __init__(self, queues: Queues, agents: Mapping[str, Agent], estimate_error: EstimateError) -> None:
        self.queues = queues
        self.agents = agents
        known = replace(queues, by_name={DIRECT.name: DIRECT, **queues.by_name})
        self.router = Router(known, agents, strategies())
        self.crew = Crew(agents, self.router, self.router.queues_of)
        self.room = WaitingRoom(known, self.router, lambda queue: self.crew.present.get(queue, 0), estimate_error)
        self._known = known
        self.offers = Offers(known, agents, self.crew, self.room)
        self.consults = Consults(known, self.crew, self.offers, self.router)
        self.takers = Takers(self.crew, self.room, self.offers)
        self.wishes = Wishes(self.crew, self.room, self.offers)
        self.parking = Parking(self.crew, self.room, self.takers)
        self._wished: set[CallId] = set()
        """Live calls in which a callback was wanted."""
        self._again: set[CallId] = set()
        """Calls on their way back to the agent whose phone lost their talk."""

    # What was there before, and what is asked from outside

    def restore(self, statuses: Mapping[str, Status], waiting: Iterable[Waiting], now: float) -> list[Output]:
        """Takes over what the store knows. The calls must be found alive before they count."""
        self.room.start({call.call: call for call in waiting})
        out: list[Output] = []
        for name in self.agents:
            stored = statuses.get(name)
            status = self.offers.restored(stored or Status(since=now), now)
            if status.state in OFFERED:
                # Nobody watched the ringing meanwhile: adoption or ``settle`` says what became of it.
                status = replace(status, until=now + RESERVED_S)
            self.crew.set(name, status, now)
            if status == stored:
                self.crew.changed.pop(name, None)
            out.append(self.crew.told(name, now))
        return out

    def settle(self, live: Collection[CallId], now: float) -> list[Output]:
        """Lets go of all calls but the live ones, whose ends were missed, and of no callback."""
        out: list[Output] = []
        for call, waiting in list(self.room.kept.items()):
            self.room.forget(call)
            if callbacks.is_one(waiting):
                out += self._call_again(waiting, waiting.not_before, now)
        for call in [call for call, w in self.room.calls.items() if call not in live and not callbacks.is_one(w)]:
            self.room.forget(call)
        for call, name in [(call, name) for call, name in self.crew.calls() if call not in live]:
            status = self.crew.statuses[name]
            if status.state is TALKING:
                out += self.offers.talked(name, now)
            elif status.offer is not None:
                out += [Withdraw(call=call, offer=status.offer), *self.crew.set(name, status.freed(now), now)]
        return out

    def reread(self, name: str, stored: Status, now: float) -> list[Output]:
        """Somebody else has changed this agent in the store: that is how it is."""
        out = self.crew.set(name, stored, now)
        self.crew.changed.pop(name, None)
        if stored.call is not None:
            self.room.offered(stored.call)
        return out

    def ask(self, name: str, state: AgentState, reason: str, now: float, phone: str = "") -> list[Output]:
        """A person asks for another state. Raises UnknownAgent, NotAllowed."""
        return self._with_forsaken(self.crew.ask(name, state, reason, now, phone), now)

    def extend_wrap_up(self, name: str, seconds: float, now: float) -> list[Output]:
        """An agent needs so many seconds more after his talk. Raises UnknownAgent, NotAllowed."""
        return self.crew.extend_wrap_up(name, seconds, now)

    def why(self, call: CallId, now: float) -> StillWaiting | None:
        """Why the call is still waiting; None if it isn't, or is being offered to somebody."""
        asked = self.crew.on(call) or self.takers.ringing(call)
        place = self.router.place(call) if not asked else None
        return still_waiting(self.room, place, self.agents, self.crew.statuses, now) if place else None

    # What happens

    def on_event(self, event: CallEvent, call: Call | None, now: float) -> list[Output]:
        """``call`` has the event applied already; None for a call that isn't live."""
        out = self.takers.on_event(event, call, now)
        if out is None:
            out = [*self._on_event(event, call, now), *self.takers.after(event, now)]
        return self._with_forsaken(out, now)

    def next_time(self) -> float | None:
        """The next deadline: of an agent's state, of a call's wait, or when a call moves on."""
        times = (
            self.crew.timers.next(),
            self.room.overflows.next(),
            self.router.next_time(),
            self.takers.timers.next(),
            self.room.parkings.next(),
        )
        return min((at for at in times if at is not None), default=None)

    def on_time(self, now: float) -> list[Output]:
        """Ends the states whose time is over, and gives away the calls that waited too long."""
        out = self.parking.on_time(now)
        self.router.on_time(now)
        for name in self.crew.timers.due(now):
            out += self.offers.too_late(name, now)
        out += self.takers.on_time(now)
        for call in self.room.overflows.due(now):
            out += self._overflow(self.room.calls[call], {Rule.WAIT}, now)
        return self._with_forsaken(out, now)

    def _on_event(self, event: CallEvent, call: Call | None, now: float) -> list[Output]:
        if call is not None and (known := self.consults.on_event(event, call, now)) is not None:
            return known
        match event:
            case Ringing():
                return self.offers.ringing(event, now)
            case Accepted():
                return self.offers.accepted(event, now)
            case Connected():
                return self.offers.connected(event, now)
            case StateAsked():
                return self._asked_by_phone(event, now)
            case CallbackWanted():
                return self._callback_wanted(event, call, now)
            case Arrived() if (waiting := self.room.calls.get(event.call)) is not None and waiting.number:
                return self.offers.customer_there(waiting, now)
            case Failed(command="CallOut") if event.call in self.room.calls:
                return [Ended(at=now, call=event.call, by=Party.SYSTEM)]
            case _ if call is None or call.place not in (Place.QUEUE, Place.TALK):
                return self._gone(event, call, now)
            case Left(place=Place.QUEUE):
                return self._gone(event, call, now)
            case Queued():
                return self._queued(event, call, now)
            case Adopted():
                return self._adopted(event, call, now)
            case Refused():
                return self.offers.refused(event, now)
            case Failed(command="Offer" | "Connect", offer=offer) if (
                offer is not None and (name := self.offers.asked(event.call, offer)) is not None
            ):
                return self.offers.take_back(name, now, apart_s=APART_S)
            case Left(place=Place.TALK) if call.transfer is not None and call.transfer.again:
                self._again.add(event.call)
            case Left(place=Place.TALK):
                return self.offers.left_talk(event.call, now)
        return []

    # Calls

    def _queued(self, event: Queued, call: Call, now: float) -> list[Output]:
        queue = self._known.get(event.queue)
        if queue is None:
            log.error("a call was sent to a queue that is not there", call=event.call, queue=event.queue)
            return [*self._gone(event, call, now), Hangup(call=event.call)]
        if event.call in self._again:
            return self._queued_again(queue, event, call, now)
        old = self.room.calls.get(event.call)
        if (old is not None and old.queue == queue.name) or self.offers.talks(event.call):
            return []  # told twice
        out = self._gone(event, call, now)
        waiting = self._place(queue, event, call.caller, now)
        rule = self.room.overflow(waiting, frozenset(Rule), now)
        if rule is not None and rule.exit is not Exit.NUMBER:
            return [*out, *self._divert(waiting, event, rule, now)]
        self.room.enter(waiting, event, now)
        out.append(StartMusic(call=event.call, music=queue.music))
        return [*out, *self._divert(waiting, event, rule, now)] if rule is not None else out

    def _queued_again(self, queue: Queue, event: Queued, call: Call, now: float) -> list[Output]:
        """A talk is to go on at the same agent's phone: nobody else has the call or the agent first."""
        self._again.discard(event.call)
        out = self.offers.lost_talk(event.call, now)
        waiting = replace(self._place(queue, event, call.caller, now), priority=FIRST)
        self.room.enter(waiting, event, now)
        return [*out, StartMusic(call=event.call, music=queue.music)]

    def _place(self, queue: Queue, event: Queued, caller: str, now: float) -> Waiting:
        if event.agent not in self.agents:
            # A field of the call named nobody: better anyone of the queue than a wait without end.
            event = replace(event, agent="")
        return self.room.place(queue, event, caller, now, lambda name: self._worth_waiting(name, queue, event.skills))

    def _worth_waiting(self, name: str, queue: Queue, skills: Mapping[str, int]) -> bool:
        """Whether the agent is logged in, and may ever take such a call."""
        status, agent = self.crew.statuses.get(name), self.agents.get(name)
        if status is None or agent is None or status.state is OFFLINE:
            return False
        needs = relaxed(merge(queue.skills, skills, groups=queue.groups), queue.relax)
        return score(agent.skills, needs, agent.groups) is not None

    def _adopted(self, event: Adopted, call: Call, now: float) -> list[Output]:
        if event.place is Place.TALK:
            return self._adopted_talk(call, now)
        kept = self.room.kept.get(call.id) or self.room.calls.get(call.id)
        queue = self._known.get(kept.queue if kept else call.queue)
        if queue is None:
            log.error("a call was found waiting in a queue that is gone", call=call.id, queue=call.queue)
            return [*self._gone(event, call, now), Hangup(call=call.id)]
        names = self.crew.on(call.id)
        out = self.offers.let_go(call.id, now)
        if not names and call.offer is not None:
            offer = call.offer
            out = [Withdraw(call=call.id, offer=offer.offer), _withdrawn(call.id, offer.offer, offer.agent, now)]
        out += self._called_back_already(call, now)
        came = still_parked(queued_again(call, queue.name, now), call, now)
        waiting = replace(kept, number="") if kept else self._place(queue, came, call.caller, now)
        self.room.enter(waiting, came, now)
        return [*out, StartMusic(call=call.id, music=queue.music)]

    def _called_back_already(self, call: Call, now: float) -> list[Output]:
        """The callbacks of a customer who was found on the line: he isn't called again."""
        wanted = (w for w in self.room.calls.values() if callbacks.is_one(w))
        same = [w for w in wanted if (w.number, w.queue) == (call.caller, call.queue)]
        for waiting in same:
            self.room.forget(waiting.call)
        return [callbacks.over(waiting, now, reached=True) for waiting in same]

    def _adopted_talk(self, call: Call, now: float) -> list[Output]:
        self.room.forget(call.id)
        names = self.crew.on(call.id)
        asked = call.offer.agent if call.offer else ""
        name = asked if asked in names or not names else names[0]
        status = self.crew.statuses.get(name)
        if status is None or status.state is TALKING:
            return []
        offer = call.offer.offer if call.offer else status.offer
        # Where several phones rang, the others are freed; if his rings for another call, that one has
        # its turn again.
        others = [other for other in names if other != name] + ([name] if status.call != call.id else [])
        out = [output for other in others for output in self.offers.take_back(other, now)]
        talking = replace(self.crew.statuses[name].to(TALKING, now), call=call.id, offer=offer, queue=call.queue)
        return [*out, *self.crew.set(name, self.offers.owing(talking), now)]

    def _gone(self, event: CallEvent, call: Call | None, now: float) -> list[Output]:
        """The call is somewhere else now, or ended."""
        waiting = self.room.forget(event.call)
        self._again.discard(event.call)
        out = self.offers.let_go(event.call, now)
        if isinstance(event, Ended):
            out += self._ended(event.call, waiting, call.caller if call else "", now)
        return out

    def _ended(self, call: CallId, waiting: Waiting | None, caller: str, now: float) -> list[Output]:
        self.offers.forget(call)
        self.room.ended(call)
        self._wished.discard(call)
        if waiting is None:
            return []
        if waiting.wanted is None:
            self.room.cut_off(waiting, caller, now)
            return []
        if not waiting.number:  # the customer was on the line, and didn't wait for the agent
            return [callbacks.over(waiting, now, reached=True)]
        queue = self._known.get(waiting.queue)
        return self._call_again(waiting, now + queue.callbacks.retry_s if queue else now, now)

    # Callbacks

    def _callback_wanted(self, event: CallbackWanted, call: Call | None, now: float) -> list[Output]:
        if call is None or not call.live or event.call in self._wished:
            return []  # told late, or twice: each attempt's id must be its own
        self._wished.add(event.call)
        queue = self.queues.get(event.queue)
        waiting = self.room.callback(queue, event) if queue is not None else None
        if waiting is None:
            log.info("no new callback: the customer waits for one already, or the queue is gone", call=event.call)
            return []
        self.room.enter(waiting, None, now)
        return []

    def recall_callback(self, event: CallbackWanted, attempts: int, now: float) -> None:
        """A callback that the live state has lost waits again; so many calls were made for it."""
        queue = self.queues.get(event.queue)
        waiting = self.room.callback(queue, event) if queue is not None else None
        if waiting is not None:
            waiting = replace(waiting, attempt=attempts, tries=attempts)
            self.room.enter(callbacks.again(waiting, 0.0) if attempts else replace(waiting, attempt=1), None, now)

    def _call_again(self, waiting: Waiting, not_before: float, now: float) -> list[Output]:
        """The next attempt of a callback, or its end after the last one."""
        queue = self.queues.get(waiting.queue)
        if queue is None or waiting.tries >= queue.callbacks.tries:
            return [callbacks.over(waiting, now, reached=False)]
        self.room.enter(callbacks.again(waiting, not_before), None, now)
        return []

    # Overflow

    def _overflow(self, waiting: Waiting, rules: Collection[Rule], now: float) -> list[Output]:
        """Gives a waiting call away if one of these rules says so now."""
        rule, came = self.room.overflow(waiting, rules, now), self.room.came(waiting.call)
        return [] if rule is None or came is None else self._divert(waiting, came, rule, now)

    def _divert(self, waiting: Waiting, came: Queued, rule: Overflow, now: float) -> list[Output]:
        call, reason = waiting.call, f"overflow: {why(rule)}"
        self.room.spent(waiting, rule)
        match rule.exit:
            case Exit.FLOW:
                return [Diverted(at=now, call=call, flow=rule.to, why=reason)]
            case Exit.NUMBER:
                return [Transfer(call=call, number=rule.to)]
            case Exit.QUEUE:
                left = Left(at=now, call=call, place=Place.QUEUE, why=reason)
                return [left, replace(came, at=now, queue=rule.to, prefer="", since=waiting.since)]

    def _with_forsaken(self, out: list[Output], now: float) -> list[Output]:
        """Adds what becomes of the calls whose queue has lost its last agent."""
        while self.crew.forsaken:
            queue = self._known.get(self.crew.forsaken.pop())
            if queue is None or not any(o.rule is Rule.NOBODY for o in queue.overflow):
                continue
            for waiting in [w for w in self.room.calls.values() if w.queue == queue.name]:
                if not self.crew.on(waiting.call):
                    out += self._overflow(waiting, {Rule.NOBODY}, now)
        return out

    # Agents

    def _asked_by_phone(self, event: StateAsked, now: float) -> list[Output]:
        name = event.agent or self.crew.at_phone(event.phone)
        if name is None:
            log.warning("a phone that is nobody's asked for a state", call=event.call)
            return []
        # Who shows at the phone who he is may have called over a trunk: nobody sits there.
        phone = event.phone if self.crew.is_desk(event.phone) else ""
        try:
            return self.crew.ask(name, event.state, event.reason, now, phone)
        except (NotAllowed, UnknownAgent) as error:
            log.warning("a state that was asked for by phone can't be had", call=event.call, why=str(error))
            return []


def _withdrawn(call: CallId, offer: OfferId, agent: str, now: float) -> Refused:
    return Refused(at=now, call=call, offer=offer, agent=agent, reason=Refusal.WITHDRAWN)
