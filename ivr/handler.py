"""The menus' part in the loop: which calls are in a flow, and what is due when."""

from __future__ import annotations

import asyncio
import heapq
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from math import inf
from typing import Protocol

import structlog

from cti.calls.call import Call
from cti.calls.commands import Hangup, Transfer
from cti.calls.events import (
    Accepted,
    Adopted,
    Arrived,
    CallEvent,
    CameBack,
    Connected,
    Diverted,
    Ended,
    Event,
    FellBack,
    Left,
    Queued,
    Returned,
    Transferred,
)
from cti.calls.part import Ask, Output
from cti.calls.talk_events import Resumed
from cti.calls.words import CallId, Party, Place
from ivr.questions import Question
from ivr.session import Asked, Session, Sounds
from ivr.tree import Flow, Flows
from ivr.verbs.queue import Queue

OTHERS = "*"
"""In ``numbers``: all numbers that are not named."""

SENT_ON = "a flow sent the caller on"

log = structlog.get_logger(__name__)


class Outside(Protocol):
    """Answers questions of flows. It never raises: what fails is ``Unanswered``."""

    async def answer(self, question: Question) -> object: ...


class MenuPart:
    """Walks callers through flows. ``numbers`` maps a dialled number, or ``*``, to a flow's name.
    ``outside`` answers what flows ask of the world, and ``turn`` (the engine's ``ask``) brings the
    answers back into the loop. ``music`` is the class of music of each queue, which goes on after what
    is said while waiting. ``door`` says what becomes of a caller who may not come in.

    Raises ValueError for a number whose flow is not there.
    """

    def __init__(
        self,
        flows: Flows,
        sounds: Sounds,
        numbers: Mapping[str, str],
        outside: Outside,
        turn: Ask,
        music: Mapping[str, str] | None = None,
        door: Callable[[Call], Sequence[Output]] = lambda call: (),
    ) -> None:
        self._door = door
        self._outside = outside
        self._music = music or {}
        self._turn = turn
        self._asking: set[asyncio.Task[None]] = set()
        self._sessions: dict[CallId, Session] = {}
        self._due: list[tuple[float, CallId]] = []
        self._plays = count(1)
        self._begun: dict[CallId, tuple[Flows, Sounds]] = {}
        """What each call began with; it comes back to that after a talk."""
        self.use(flows, sounds, numbers)

    def use(self, flows: Flows, sounds: Sounds, numbers: Mapping[str, str]) -> None:
        """From now on new calls get these flows; the calls under way keep theirs."""
        for number, name in numbers.items():
            if name not in flows:
                raise ValueError(f"the number {number} leads to the flow {name!r}, which is not there")
        self._flows, self._sounds, self._numbers = flows, sounds, numbers

    @property
    def flows(self) -> Flows:
        """The flows that new calls get."""
        return self._flows

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        match event:
            case Arrived() if call is not None and call.place is Place.MENU and self._new(call):
                return self._door(call) or self._begin(call, now)
            case Adopted(place=Place.MENU) if call is not None and call.live:
                return self._begin(call, now)
            case Adopted(place=Place.TALK) if call is not None and call.live and call.away:
                return self._divert(call, now)
            case Left(place=Place.TALK, by=Party.AGENT) if call is not None and call.place is Place.MENU:
                return self._agent_gone(call, now)
            case Adopted(place=Place.QUEUE) if call is not None and call.live and call.id not in self._sessions:
                return self._take_up(call, now)
            case Returned() if call is not None and call.live:
                return self._go_on(call, now)
            case Diverted() if call is not None and call.live and (call.away or not event.back):
                return self._divert(call, now)
            case Ended() | FellBack() | Transferred():
                self._sessions.pop(event.call, None)
                self._begun.pop(event.call, None)
            case Connected() | Resumed():
                self._sessions.pop(event.call, None)
            case Accepted() if call is None or not call.offered(event.offer):
                pass  # picked up too late: nothing comes of it
            case CallEvent() if (session := self._sessions.get(event.call)) is not None:
                return self._let(event.call, session, now, partial(session.on_event, event, now))
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        out: list[Output] = []
        while (due := self.next_time()) is not None and due <= now:
            call = heapq.heappop(self._due)[1]
            session = self._sessions[call]
            out += self._let(call, session, now, partial(session.on_time, now))
        return out

    def next_time(self) -> float | None:
        # Deadlines are not taken out of the heap when they move; those that hold no more go here.
        while self._due:
            due, call = self._due[0]
            if call in self._sessions and self._sessions[call].deadline == due:
                return due
            heapq.heappop(self._due)
        return None

    def _new(self, call: Call) -> bool:
        """Whether the call was in no flow yet: ``Arrived`` may come twice."""
        return call.id not in self._sessions and not call.path

    def _begin(self, call: Call, now: float) -> Sequence[Output]:
        """Starts the call's flow, at the node where an earlier engine left it if there is one."""
        flow = self._flows.get(call.flow, self._home(call))
        if flow is None:
            log.warning("no flow for a number", call=call.id, dialled=call.dialled[:40])
            return [Hangup(call=call.id)]
        node = call.node if call.flow == flow.name and call.node in flow.nodes else flow.start
        return self._enter(call, flow, node, now)

    def _go_on(self, call: Call, now: float) -> Sequence[Output]:
        """Takes up the call's flow after the talk, where the queue's node says that it goes on."""
        flow = self._begun.get(call.id, (self._flows, self._sounds))[0].get(call.flow)
        if flow is None or call.after not in flow.nodes:
            return [Hangup(call=call.id)]
        return self._enter(call, flow, call.after, now)

    def _take_up(self, call: Call, now: float) -> Sequence[Output]:
        """Takes up a call that waits in a queue, where its node has something to say or keys."""
        flow = self._flows.get(call.flow)
        if flow is None or not isinstance(flow.nodes.get(call.node), Queue):
            return ()
        session = self._session(call, flow)
        return self._let(call.id, session, now, partial(session.take_up, call.node, now))

    def _divert(self, call: Call, now: float) -> Sequence[Output]:
        """Starts the flow to which the call was given; one from which it comes back, where it was if it
        had begun already."""
        name, node = (call.detour.flow, call.detour.node) if call.detour is not None else (call.flow, "")
        flow = self._begun.get(call.id, (self._flows, self._sounds))[0].get(name)
        if flow is None:
            log.error("a call was given to a flow that is not there", call=call.id, flow=name)
            return [CameBack(call=call.id, at=now) if call.away else Hangup(call=call.id)]
        return self._enter(call, flow, node if node in flow.nodes else flow.start, now)

    def _agent_gone(self, call: Call, now: float) -> Sequence[Output]:
        """Nobody waits any more for the caller whom a flow has: he goes on there."""
        if call.id not in self._sessions:
            return self._begin(call, now)
        self._sessions[call.id].awaited = False
        return ()

    def _home(self, call: Call) -> Flow | None:
        """The flow of the number that the caller dialled."""
        name = self._numbers.get(call.dialled, self._numbers.get(OTHERS))
        return self._flows[name] if name is not None else None

    def _enter(self, call: Call, flow: Flow, node: str, now: float) -> Sequence[Output]:
        session = self._session(call, flow)
        return self._let(call.id, session, now, partial(session.begin, node, answered=call.answered, now=now))

    def _session(self, call: Call, flow: Flow) -> Session:
        flows, sounds = self._begun.setdefault(call.id, (self._flows, self._sounds))
        home = self._home(call) or flow
        return Session(call, flow, flows, sounds, self._plays, home=home, music=self._music)

    def _let(self, call: CallId, session: Session, now: float, act: Callable[[], Sequence[Output]]) -> Sequence[Output]:
        """One session's turn. If it raises, that call is ended and no other is touched. An agent who waits
        for the caller is let go before the flow sends him elsewhere."""
        self._sessions.pop(call, None)
        try:
            out = act()
        except Exception as error:
            # Only the place is logged: the message, or a value in it, might be what the caller typed.
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
            kind = type(error).__name__
            log.error("a walk broke", call=call, flow=session.flow, node=session.node, error=kind, where=where)
            return [*_let_go(session, now), Hangup(call=call)]
        if session.awaited and any(isinstance(output, Queued | Transfer | Hangup) for output in out):
            out = [*_let_go(session, now), *out]
        if session.deadline is not None:
            self._sessions[call] = session
            if session.deadline < inf:
                heapq.heappush(self._due, (session.deadline, call))
            for asked in session.asked():
                self._ask_outside(call, asked)
        return out

    def _ask_outside(self, call: CallId, asked: Asked) -> None:
        """Has a question answered while the loop goes on; the answer comes back in its turn."""

        async def work() -> None:
            answer = await self._outside.answer(asked.question)
            await self._turn(partial(self._answered, call, asked.number, answer))

        task = asyncio.create_task(work(), name=f"question of {call}")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _answered(self, call: CallId, number: int, answer: object, now: float) -> Sequence[Output]:
        session = self._sessions.get(call)
        return self._let(call, session, now, partial(session.answer, number, answer, now)) if session else ()


def _let_go(session: Session, now: float) -> Sequence[Output]:
    """The talk of the agent who waits for the caller is over."""
    if not session.awaited:
        return ()
    session.awaited = False
    return [Left(at=now, call=session.call, place=Place.TALK, why=SENT_ON)]
