"""Routing's part in the loop: carries what happens to the floor, and matches to the store."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace

import structlog

from cti.calls.call import Call
from cti.calls.commands import Withdraw
from cti.calls.events import Accepted, CallEvent, Connected, Ended, Event, Left, Refused, Ringing
from cti.calls.names import new_offer, recording_stem
from cti.calls.part import Output
from cti.calls.standing import Standing
from cti.calls.talk_events import ConsultOver
from cti.calls.words import AgentState, CallId, OfferId, Refusal
from routing.agents import OFFERED, Agent, Status
from routing.floor import Floor
from routing.queues import Queues
from routing.recall import Remembered
from routing.router import Match
from routing.store import Answer, Changed, Reservation, Store, StoreDown, StoreLost, Turn
from routing.waiting_room import EstimateError
from routing.why import StillWaiting

log = structlog.get_logger()

RETRY_S = 1.0
"""How long to wait with a store that is down, or with two whom another engine may have matched."""
BEAT_S = 2.0
"""The longest time between two trips to the store."""
SOON_S = 0.25
"""How long what a restart would learn from Asterisk may be unwritten: it goes with a trip that is made anyhow."""

Remember = Callable[[Collection[str]], Awaitable[Remembered]]
"""What is known elsewhere of these agents, and of callbacks; agents unknown there too are left out."""


class RoutingPart:
    """Who answers. ``start`` first; ``settle`` after each snapshot of the telephone side.

    When the store is down nothing is lost: music goes on, changes are kept and written as soon
    as it is back, and until then nobody is offered a call.
    """

    def __init__(
        self,
        queues: Queues,
        agents: Mapping[str, Agent],
        store: Store,
        estimate_error: EstimateError = lambda queue, error_s: None,
    ) -> None:
        self.floor = Floor(queues, agents, estimate_error)
        self._store = store
        self._offers: dict[Match, OfferId] = {}
        self._beside: list[Match] = []
        """Where all phones ring: those of a call that are still to be asked."""
        self._taken: list[Match] = []
        """Callbacks and parked callers that agents take out of turn, until they are reserved."""
        self._retry_at: float | None = None
        self._beat_at = math.inf
        """When there must be a trip, if only to notice that the store has lost something."""
        self._closed_until = 0.0
        """Before this the store reserves nobody."""
        self._foreign: set[str] = set()
        """Agents on calls of another engine. Only that one writes what they do."""
        self._look_at = math.inf
        """When to look what became of them."""

    async def start(self, now: float, remember: Remember | None = None) -> Sequence[Output]:
        """Loads the live state and says what every agent is doing. ``remember`` is asked for agents whom
        the store doesn't know. Raises StoreDown."""
        await self._store.write(Turn(now))  # from now on a loss is noticed
        self._beat_at = now + BEAT_S
        statuses = await self._store.agents(self.floor.agents)
        unknown = self.floor.agents.keys() - statuses.keys()
        known = await remember(unknown) if remember is not None and unknown else Remembered({})
        empty = not statuses
        out = self.floor.restore(statuses | known.agents, await self._store.waiting(), now)
        for wanted, attempts in known.callbacks if empty else ():
            self.floor.recall_callback(wanted, attempts, now)
        self.floor.crew.changed |= dict.fromkeys(unknown)
        return await self._carry_out(out, now)

    async def settle(self, live: Collection[CallId], now: float) -> Sequence[Output]:
        """After adoption: frees the agents of calls that are not ``live``, and forgets those calls."""
        return await self._carry_out(self.floor.settle(live, now), now)

    async def ask_state(
        self, agent: str, state: AgentState, reason: str, now: float, phone: str = ""
    ) -> Sequence[Output]:
        """A person asks for a state, and perhaps sits at another phone from now on.

        Raises UnknownAgent, or NotAllowed with a text for that person.
        """
        return await self._carry_out(self.floor.ask(agent, state, reason, now, phone), now)

    async def drop_callback(self, wanted: CallId, now: float) -> Sequence[Output]:
        """Gives up the callback that was wanted in this call. Raises UnknownCallback, NotAllowed."""
        return await self._carry_out(self.floor.wishes.drop_callback(wanted, now), now)

    async def forget(self, numbers: Collection[str], now: float) -> Sequence[Output]:
        """Gives up all callbacks to these numbers, and keeps nobody's place for them."""
        return await self._carry_out(self.floor.wishes.forget(numbers, now), now)

    async def hold_calls(self, held: bool, now: float) -> Sequence[Output]:
        """From now on no call is begun by us, or they are again: numbers that agents dial, and callbacks."""
        self.floor.wishes.hold(held, now)
        return await self._carry_out([], now)

    async def dial(self, agent: str, number: str, call: CallId, now: float) -> Sequence[Output]:
        """An agent calls a number, by a new call of this id. Raises UnknownAgent, NotAllowed."""
        return await self._carry_out(self.floor.wishes.dial(agent, number, call, now), now)

    async def take_callback(self, agent: str, wanted: CallId, now: float) -> Sequence[Output]:
        """An agent takes a callback of one of his queues now. Raises UnknownCallback, NotAllowed."""
        match, out = self.floor.wishes.take_callback(agent, wanted, now)
        self._taken.append(match)
        return await self._carry_out(out, now)

    async def unpark(self, agent: str, call: CallId, now: float) -> Sequence[Output]:
        """An agent takes a parked caller: his phone rings. Raises UnknownParked, NotAllowed."""
        match, out = self.floor.parking.take(agent, call, now)
        self._taken.append(match)
        return await self._carry_out(out, now)

    async def extend_wrap_up(self, agent: str, seconds: float, now: float) -> Sequence[Output]:
        """An agent needs so many seconds more after his talk. Raises UnknownAgent, NotAllowed."""
        return await self._carry_out(self.floor.extend_wrap_up(agent, seconds, now), now)

    async def dispose(
        self, agent: str, call: CallId, queue: str, path: Sequence[str], notes: str, now: float
    ) -> Sequence[Output]:
        """An agent says what came of a talk of this queue. Raises NotADisposition."""
        return await self._carry_out(self.floor.offers.dispose(agent, call, queue, path, notes, now), now)

    async def consult(self, agent: str, call: Call, by: str, now: float) -> Sequence[Output]:
        """Rings an agent whom another, ``by``, asks for help with his caller. Raises UnknownAgent; NotAllowed
        if he is not ready; StoreDown."""
        floor, offer = self.floor, new_offer()
        status = floor.consults.reserved(agent, call, offer, now)
        out: list[Output] = []
        answer = await self._write(Reservation(agent, status), out, now)
        if answer is None or answer.token is None:
            return [*out, ConsultOver(at=now, call=call.id, offer=offer)]  # another engine was first
        recorded = call.offer is not None and call.offer.recording is not None and not call.offer.on_demand
        recording = recording_stem(offer, now) if recorded else None
        asked = floor.consults.ask(agent, replace(status, token=answer.token), call, by, recording, now)
        return [*out, *asked]

    async def consult_any(self, queue: str, call: Call, by: str, now: float) -> Sequence[Output]:
        """Rings the agent whom this queue would ask first, as ``consult``. Raises NotAllowed if none is ready;
        StoreDown."""
        return await self.consult(self.floor.consults.free(queue), call, by, now)

    async def take(self, call: Call, by: str, phone: str, now: float) -> Sequence[Output]:
        """A supervisor takes a call that waits or is talked on: his phone rings. Raises NotAllowed."""
        return await self._carry_out(self.floor.takers.take(call, by, phone, now), now)

    async def pull(self, call: Call, queue: str, by: str, now: float) -> Sequence[Output]:
        """A supervisor pulls a call to another queue. Raises NotAllowed."""
        return await self._carry_out(self.floor.takers.pull(call, queue, by, now), now)

    def why(self, call: CallId, now: float) -> StillWaiting | None:
        """Why the call is still waiting; None if it isn't."""
        return self.floor.why(call, now)

    def standing(self, call: CallId, now: float) -> Standing | None:
        """Where the call stands, to be told to the caller; None if it doesn't wait."""
        return self.floor.room.standing(call, now, tell=True)

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if not isinstance(event, CallEvent):
            return []
        crew, room = self.floor.crew, self.floor.room
        agents, calls = crew.changed, room.changed
        crew.changed, room.changed = {}, set()
        try:
            out = self.floor.on_event(event, call, now)
            soon = self._may_wait(event)
        finally:
            crew.changed = agents | {name: over or agents.get(name) for name, over in crew.changed.items()}
            room.changed |= calls
        if not soon or self._next(now) is not None:
            return await self._carry_out(out, now)
        if crew.changed or room.changed:
            self._beat_at = min(self._beat_at, now + SOON_S)
        return out

    def _may_wait(self, event: CallEvent) -> bool:
        """Whether nothing has changed but what a restart would learn from Asterisk: how far an offer or
        a talk is, and that this call waits no more. Asterisk knows nothing of callbacks and kept places."""
        crew, room = self.floor.crew, self.floor.room
        known = isinstance(event, Ringing | Accepted | Connected | Left | Ended)
        left = (call == event.call and call not in room.calls and call not in room.kept for call in room.changed)
        return (known and all(left)) or not (crew.changed or room.changed)

    async def on_time(self, now: float) -> Sequence[Output]:
        return await self._carry_out(self.floor.on_time(now), now)

    def next_time(self) -> float | None:
        times = (self.floor.next_time(), self._retry_at, self._beat_at, self._look_at)
        return min(time for time in times if time is not None)

    async def _carry_out(self, out: list[Output], now: float) -> list[Output]:
        """Matches calls and agents until no pair is left, and writes all that changed: mostly one trip."""
        floor = self.floor
        try:
            if now >= self._look_at:
                await self._look(out, now)
            while (match := self._next(now)) or floor.room.changed or floor.crew.changed or now >= self._beat_at:
                await self._trip(match, out, now)
            self._retry_at = self._closed_until if self._closed_until > now else None
            self._offers.clear()
        except StoreDown as error:
            self._beside.clear()
            # Whoever a reservation was wanted of may have been reserved: the next trip asks.
            floor.crew.changed |= {match.agent: floor.crew.changed.get(match.agent) for match in self._offers}
            log.error("the store is down", why=str(error), again_in_s=RETRY_S)
            self._retry_at = now + RETRY_S
        return out

    def _next(self, now: float) -> Match | None:
        """The next to be reserved: whoever is still to be asked along with another, or the next in turn."""
        if self._beside:
            return self._beside[0]
        if now < self._closed_until:
            return None
        self._taken = [match for match in self._taken if self.floor.wishes.can_come_true(match)]
        return self._taken[0] if self._taken else self.floor.router.next(now)

    async def _trip(self, match: Match | None, out: list[Output], now: float) -> None:
        """Writes what changed and, if there is a match, makes the reservation and rings the agent."""
        floor = self.floor
        wanted = None if match is None else self._reservation(match, now)
        answer = await self._write(wanted, out, now)
        if answer is None or match is None or wanted is None:
            return
        del self._offers[match]
        self._taken = [taken for taken in self._taken if taken != match]
        beside = match in self._beside
        if beside:
            self._beside.remove(match)
        if answer.token is not None:
            if not beside:
                self._beside = [Match(match.call, name) for name in floor.router.along(match, now)]
            out += floor.offers.offer(match.agent, replace(wanted.status, token=answer.token), now)
        elif answer.closed_until is None and not beside:
            # Another engine was first. Write again what we know, and leave this pair alone for a moment.
            floor.router.keep_apart(match.call, match.agent, now + RETRY_S, now)
            floor.room.changed.add(match.call)
            if match.agent not in answer.others:
                floor.crew.changed.setdefault(match.agent)

    async def _write(self, wanted: Reservation | None, out: list[Output], now: float) -> Answer | None:
        """One trip to the store with all that changed; None if the store has lost what it knew."""
        floor = self.floor
        calls = {call: floor.room.calls.get(call) or floor.room.kept.get(call) for call in floor.room.changed}
        changed = {name: over for name, over in floor.crew.changed.items() if name not in self._foreign}
        agents = {name: Changed(floor.crew.statuses[name], over) for name, over in changed.items()}
        self._beat_at = now + BEAT_S
        try:
            answer = await self._store.write(Turn(now, calls, agents, wanted))
        except StoreLost:
            log.error("the store has lost what was written to it; all that is known is written again")
            floor.room.changed |= floor.room.calls.keys() | floor.room.kept.keys()
            floor.crew.changed = dict.fromkeys(floor.agents) | floor.crew.changed
            return None
        floor.room.changed.clear()
        floor.crew.changed.clear()
        self._closed_until = answer.closed_until or self._closed_until
        for name, stored in answer.others.items():
            # Where the token is ours, an earlier answer was lost on the way: it is all our own doing.
            if answer.token is None or wanted is None or name != wanted.name:
                log.warning("an agent was changed by another engine", agent=name)
                self._reread(name, stored, out, now)
        return answer

    def _reservation(self, match: Match, now: float) -> Reservation:
        # If the answer is lost, the same offer is asked for again: the store knows it then.
        offer = self._offers.setdefault(match, new_offer())
        status = self.floor.offers.reserved(match, offer, now, beside=match in self._beside)
        return Reservation(match.agent, status)

    async def _look(self, out: list[Output], now: float) -> None:
        """Looks what became of the agents on calls of another engine, which tells nobody."""
        for name, stored in (await self._store.agents(self._foreign)).items():
            self._reread(name, stored, out, now)
        self._look_at = now + BEAT_S if self._foreign else math.inf

    def _reread(self, name: str, stored: Status, out: list[Output], now: float) -> None:
        """Takes over what the store says of an agent whom another engine has changed."""
        floor, known = self.floor, self.floor.crew.statuses[name]
        if stored.offer is not None and stored.offer in self._offers.values():
            # Our own reservation, its answer lost, and wanted no more: the next round takes it back.
            out += floor.crew.set(name, replace(known, token=stored.token), now)
            floor.crew.changed[name] = stored.call
            return
        ours = name not in self._foreign
        if stored.call is None or (ours and stored.offer == known.offer):
            self._foreign.discard(name)
        else:
            self._foreign.add(name)
            self._look_at = min(self._look_at, now + BEAT_S)
            stored = replace(stored, until=None)  # its deadlines are for the other engine to keep
        out += floor.reread(name, stored, now)
        call, offer = known.call, known.offer
        if ours and known.state in OFFERED and call is not None and offer is not None and offer != stored.offer:
            out.append(Withdraw(call=call, offer=offer))
            out.append(Refused(at=now, call=call, offer=offer, agent=name, reason=Refusal.WITHDRAWN))
            if call in floor.room.calls:
                floor.room.back(floor.room.calls[call], now)
