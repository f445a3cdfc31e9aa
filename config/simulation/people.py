"""Made-up callers and agents: what they do, drawn by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from random import Random

from config.files.roster import Duty
from config.simulation.arrivals import Arrival, ArrivalsFile, Want
from cti.calls.call import Call
from cti.calls.events import AgentChanged, CalledBack, Connected, Event
from cti.calls.part import Output
from cti.calls.words import AgentState, CallId, Refusal
from cti.virtual import VirtualSide
from routing.handler import RoutingPart
from routing.queues import Queue

BREAK = "break"
PICK_UP_S = 5.0
"""Who is called back is there, and takes so long to pick up."""
BACK_S = 60.0
"""After this an agent who did not pick up is back at the desk."""
LONGEST_WRAP_UP_S = 86_400.0
"""Of the queues in a simulation: their agents end wrap-up by themselves."""

_MISSED = {refusal.value for refusal in Refusal}


class MadeUp:
    """A caller. All is drawn by a seed of the caller's own, not in the order of the day: so the same
    caller is as patient, and as talkative, whatever is changed at the hotline."""

    def __init__(self, plan: ArrivalsFile, arrival: Arrival, seed: int) -> None:
        self.want_name = arrival.want
        self.want: Want = plan.wants[arrival.want]
        self.number = self.want.number or f"555{arrival.number:06}"
        self.dialled = self.want.dials
        self._plan = plan
        self._seed = f"{seed}/{arrival.want}/{arrival.number}"
        self._asked = 0
        chance = Random(self._seed)  # noqa: S311 nothing secret
        self._patience, self._talk, self._wrap_up, self._message = (chance.random() for _ in range(4))
        keys = self.want.keys
        self._by_node: Mapping[str, str] = keys if isinstance(keys, Mapping) else {}
        self._in_order = keys.split() if isinstance(keys, str) else []

    def keys(self, node: str) -> str:
        if self._in_order:
            return self._in_order.pop(0)
        return self._by_node.get(node, "")

    def patience_s(self, call: Call) -> float:
        patience = self.want.patience or self._plan.patience
        return float("inf") if patience is None else patience.at(self._patience)

    def talk_s(self, call: Call) -> float:
        return self._plan.talk_of(self.want, call.queue).at(self._talk)

    def wrap_up_s(self, queue: str, otherwise: float) -> float:
        """How long the agent needs after the talk; ``otherwise`` where the file does not say."""
        wrap_up = self._plan.wrap_up_of(self.want, queue)
        return otherwise if wrap_up is None else wrap_up.at(self._wrap_up)

    def message_s(self) -> float:
        return self._plan.message.at(self._message)

    def picks_up_s(self) -> float:
        return PICK_UP_S

    def answered_after_s(self) -> float:
        """How long the agent who is asked now lets the phone ring."""
        self._asked += 1
        chance = Random(f"{self._seed}/asked/{self._asked}")  # noqa: S311 nothing secret
        return self._plan.answer.at(chance.random())


class Staff:
    """The agents, as a part of the loop: they log in and out by their duties, take breaks, come back
    when they missed a call, and end wrap-up when they are done."""

    def __init__(
        self,
        side: VirtualSide,
        routing: RoutingPart,
        queues: Mapping[str, Queue],
        callers: dict[CallId, MadeUp],
    ) -> None:
        self._side = side
        self._routing = routing
        self._queues = queues
        self._callers = callers
        self._wanted: dict[str, tuple[AgentState, str]] = {}
        """What each agent is meant to be between calls, and why."""
        self._on: dict[str, int] = {}
        """How many duties an agent has now: two shifts may overlap."""
        self._states: dict[str, tuple[AgentState, int]] = {}
        """What each agent does, and the number of that change."""
        self._work_left: dict[str, float] = {}
        self._changes = 0

    def on_duty(self, duties: Sequence[Duty], start: float) -> None:
        """The agents will work so; nobody is there before ``start``."""
        for duty in duties:
            if duty.end <= start:
                continue
            self._side.does_at(max(start, duty.start), partial(self._comes, duty.agent))
            for pause, end in duty.breaks:
                if end > start:
                    self._side.does_at(max(start, pause), partial(self._pauses, duty.agent))
                    self._side.does_at(end, partial(self._is_back, duty.agent))
            self._side.does_at(duty.end, partial(self._goes, duty.agent))

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        match event:
            case Connected() if call is not None and (caller := self._callers.get(event.call)) is not None:
                queue = self._queues.get(call.queue)
                self._work_left[event.agent] = caller.wrap_up_s(call.queue, queue.wrap_up_s if queue else 0.0)
            case CalledBack() if (caller := self._callers.get(event.wanted)) is not None:
                self._callers[event.call] = caller
            case AgentChanged():
                self._changed(event, now)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None

    def _changed(self, event: AgentChanged, now: float) -> None:
        self._changes += 1
        self._states[event.agent] = (event.state, self._changes)
        if event.state is AgentState.WRAP_UP:
            after = self._work_left.pop(event.agent, 0.0)
            self._side.does_at(now + after, partial(self._goes_on, event.agent, self._changes))
        elif event.state is AgentState.NOT_READY and event.reason in _MISSED:
            self._side.does_at(now + BACK_S, partial(self._goes_on, event.agent, self._changes))

    async def _comes(self, agent: str, now: float) -> Sequence[Output]:
        self._on[agent] = self._on.get(agent, 0) + 1
        return await self._means(agent, AgentState.READY, "", now)

    async def _goes(self, agent: str, now: float) -> Sequence[Output]:
        self._on[agent] -= 1
        return () if self._on[agent] else await self._means(agent, AgentState.OFFLINE, "", now)

    async def _pauses(self, agent: str, now: float) -> Sequence[Output]:
        return await self._means(agent, AgentState.NOT_READY, BREAK, now)

    async def _is_back(self, agent: str, now: float) -> Sequence[Output]:
        return await self._means(agent, AgentState.READY, "", now) if self._on.get(agent) else ()

    async def _means(self, agent: str, state: AgentState, reason: str, now: float) -> Sequence[Output]:
        self._wanted[agent] = state, reason
        if self._states.get(agent, (AgentState.OFFLINE, 0))[0] is AgentState.WRAP_UP:
            return ()  # that is finished first
        return await self._routing.ask_state(agent, state, reason, now)

    async def _goes_on(self, agent: str, change: int, now: float) -> Sequence[Output]:
        """The agent is done with what began with this change, if it is not over already."""
        if self._states[agent][1] != change:
            return ()
        return await self._routing.ask_state(agent, *self._wanted[agent], now)
