"""Runs a day: the parts that real calls run, over virtual telephones, callers and agents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from config.files.roster import Duty, duties
from config.settings import Site
from config.simulation.arrivals import QUARTER_S, Answers, Arrival, ArrivalsFile, arrivals
from config.simulation.people import LONGEST_WRAP_UP_S, MadeUp, Staff
from config.simulation.tally import Day, Tally
from cti.calls.call import Call
from cti.calls.events import CallEvent, Event
from cti.calls.part import Ask, Output, Work
from cti.calls.words import CallId
from cti.switchboard import Switchboard
from cti.virtual import VirtualSide, drive
from ivr.handler import MenuPart
from ivr.outside import InLine
from ivr.prompt import Piece
from ivr.questions import (
    CheckSecret,
    Fetch,
    InQueue,
    KeyUsage,
    LastAgent,
    MayCall,
    Question,
    SendCode,
    Spoken,
    SwitchState,
    Unanswered,
    Verdict,
    WhoCalls,
)
from ivr.rehearsal import Guessed
from ivr.session import Sound
from ivr.tree import Flows
from routing.agents import Agent
from routing.handler import RoutingPart
from routing.memory_store import MemoryStore
from routing.queues import Queues, Target

DRAIN_S = 4 * 3600.0
"""After the last quarter-hour: who is not answered by then is taken to wait for ever."""

T = TypeVar("T")

Progress = Callable[[float], None]
"""Told how much of the day is over, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Hotline:
    """What is simulated. ``numbers`` maps a dialled number, or ``*``, to a flow's name."""

    flows: Flows
    numbers: Mapping[str, str]
    queues: Queues
    agents: Mapping[str, Agent]

    def target(self, queue: str) -> Target:
        """The service level that a queue aims at; the usual one for calls to one agent, whose queue
        the site need not have."""
        known = self.queues.get(queue)
        return Target() if known is None else known.target

    @classmethod
    def of(cls, site: Site) -> Hotline:
        """As the site has it."""
        return cls(site.flows, site.settings.numbers, site.queues, site.agents)


def simulate(
    hotline: Hotline,
    plan: ArrivalsFile,
    seed: int | None = None,
    progress: Progress | None = None,
    *,
    callers: Sequence[Arrival] | None = None,
    working: Sequence[Duty] | None = None,
) -> Day:
    """One day, in virtual time. The same plan and seed (the plan's where none is given) give the same
    day to the last digit. ``callers`` come instead of those drawn by chance, in order of time;
    ``working`` says who works when, instead of the plan's roster."""
    seed = plan.seed if seed is None else seed
    callers = arrivals(plan, seed) if callers is None else callers
    return asyncio.run(_simulate(hotline, plan, seed, progress, callers, working))


def call_id(number: int) -> CallId:
    """The call of the caller who comes as this one, counted from 0."""
    return CallId(f"virtual-{number:06}")


async def _simulate(
    hotline: Hotline,
    plan: ArrivalsFile,
    seed: int,
    progress: Progress | None,
    coming: Sequence[Arrival],
    working: Sequence[Duty] | None,
) -> Day:
    start = plan.midnight + plan.quarters.start * QUARTER_S
    end = plan.midnight + plan.quarters.stop * QUARTER_S
    callers: dict[CallId, MadeUp] = {}
    sounds = _Sounds()

    def answers_after(agent: str, call: Call | None) -> float:
        return callers[call.id].answered_after_s() if call is not None else 0.0

    side = VirtualSide(answers_after, sounds.seconds, callers.get)
    side.now = start
    queues = {
        name: replace(queue, wrap_up_s=LONGEST_WRAP_UP_S, disposition_required=False)
        for name, queue in hotline.queues.items()
    }
    routing = RoutingPart(replace(hotline.queues, by_name=queues), hotline.agents, MemoryStore())
    staff, tally = Staff(side, routing, hotline.queues, callers), Tally()

    async def turn(work: Work) -> None:
        await board.do(work, side.now)

    menus = _Menus(hotline, plan, callers, sounds, lambda call: routing.standing(call, side.now), turn)
    board = Switchboard((tally, menus, _Unhurried(routing), staff), side.carry_out)
    await board.do(routing.start, start)
    staff.on_duty(_duties(hotline, plan, start, end) if working is None else working, start)
    for number, arrival in enumerate(coming):
        call = call_id(number)
        callers[call] = MadeUp(plan, arrival, seed)
        side.calls_at(arrival.at, call, callers[call])
    if progress is not None:
        for quarter in range(len(plan.quarters)):
            at = start + quarter * QUARTER_S
            side.does_at(at, partial(_tell, progress, quarter / len(plan.quarters)))
    begun = _Begun()
    asyncio.get_running_loop().set_task_factory(begun)

    def over() -> bool:
        return side.now >= end and not board.calls and not routing.floor.room.calls

    await drive(side, board, begun.settled, over, until=end + DRAIN_S)
    return tally.day(start, end, side.now)


async def _tell(progress: Progress, share: float, now: float) -> Sequence[Output]:
    progress(share)
    return ()


def _duties(hotline: Hotline, plan: ArrivalsFile, start: float, end: float) -> list[Duty]:
    """Who works when; everybody all day where there is no roster."""
    if plan.roster is None:
        return [Duty(agent, start, end + DRAIN_S) for agent in hotline.agents]
    return duties(plan.roster, plan.date, plan.zone, hotline.agents)


class _Sounds:
    """Sounds as long as a voice would likely take, each reckoned once."""

    def __init__(self) -> None:
        self._guessed = Guessed()
        self._known: dict[tuple[str, Piece], Sound] = {}
        self._lengths: dict[str, float] = {}

    def sound(self, voice: str, piece: Piece) -> Sound:
        key = voice, piece
        if key not in self._known:
            self._known[key] = self._kept(self._guessed.sound(voice, piece))
        return self._known[key]

    def spoken(self, question: Spoken) -> Sound:
        return self._kept(self._guessed.spoken(question.voice, question.text))

    def seconds(self, path: str) -> float:
        return self._lengths[path]

    def _kept(self, sound: Sound) -> Sound:
        self._lengths[sound.path] = sound.seconds
        return sound


class _Outside:
    """Answers flows' questions as the arrivals file says it for one want; how a call stands in its
    queue, as routing says it. Nobody has called before, and every number may be called back."""

    def __init__(self, answers: Answers, sounds: _Sounds, standing: InLine) -> None:
        self._answers = answers
        self._sounds = sounds
        self._standing = standing

    async def answer(self, question: Question) -> object:
        if isinstance(question, Spoken):
            return self._sounds.spoken(question)
        given = self._given(question)
        if given == "hangs":
            raise asyncio.CancelledError  # nobody ever answers: the session's own time-out ends it
        if given == "fails":
            return Unanswered("simulated")
        return given

    def _given(self, question: Question) -> object:
        answers = self._answers
        match question:
            case Fetch(save=save):
                lookup = answers.lookup
                return lookup if isinstance(lookup, str) else {name: lookup[name] for name in save if name in lookup}
            case CheckSecret():
                verify = answers.verify
                verdict = Verdict(right=verify == "right", locked=verify == "locked")
                return verdict if verify in ("right", "wrong", "locked") else verify
            case SendCode():
                return answers.send_code
            case SwitchState():
                return answers.switch
            case KeyUsage():
                return {}
            case InQueue(call=call):
                return self._standing(call)
            case LastAgent():
                return ""
            case WhoCalls():
                return {}
            case MayCall():
                return True
        return "fails"


class _Menus:
    """The menus' part: one MenuPart a want, since a question does not say whose call it is for."""

    def __init__(
        self,
        hotline: Hotline,
        plan: ArrivalsFile,
        callers: Mapping[CallId, MadeUp],
        sounds: _Sounds,
        standing: InLine,
        turn: Ask,
    ) -> None:
        self._callers = callers
        music = {name: queue.music for name, queue in hotline.queues.items()}
        self._turn = turn
        self._due = dict.fromkeys(plan.wants, float("inf"))
        """When each is to be woken: with many wants it would be slow to ask all of them each time."""
        self._parts = {
            name: MenuPart(
                hotline.flows,
                sounds,
                hotline.numbers,
                _Outside(want.answers, sounds, standing),
                partial(self._answer, name),
                music,
            )
            for name, want in plan.wants.items()
        }

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if not isinstance(event, CallEvent) or (caller := self._callers.get(event.call)) is None:
            return ()
        out = await self._parts[caller.want_name].on_event(event, call, now)
        self._look(caller.want_name)
        return out

    async def on_time(self, now: float) -> Sequence[Output]:
        out: list[Output] = []
        for name in [name for name, due in self._due.items() if due <= now]:
            out += await self._parts[name].on_time(now)
            self._look(name)
        return out

    def next_time(self) -> float | None:
        return min(self._due.values())

    async def _answer(self, name: str, work: Work) -> None:
        """A question of this want's flows has its answer."""

        async def looking(now: float) -> Sequence[Output]:
            out = await work(now)
            self._look(name)
            return out

        await self._turn(looking)

    def _look(self, name: str) -> None:
        at = self._parts[name].next_time()
        self._due[name] = float("inf") if at is None else at


class _Unhurried:
    """Routing, without its regular looks at the store: one in memory is never down and loses nothing."""

    def __init__(self, routing: RoutingPart) -> None:
        self._routing = routing
        self.on_event, self.on_time = routing.on_event, routing.on_time

    def next_time(self) -> float | None:
        return self._routing.floor.next_time()


class _Begun:
    """Makes the loop's tasks, and knows which there are: questions of flows are answered in tasks."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []

    def __call__(
        self, loop: asyncio.AbstractEventLoop, work: Generator[Any, None, T] | Coroutine[Any, Any, T], /, **how: Any
    ) -> asyncio.Future[T]:
        task: asyncio.Task[T] = asyncio.Task(work, loop=loop, **how)
        self._tasks.append(task)
        return task

    async def settled(self) -> None:
        """All of them are done, and what they began too."""
        while self._tasks:
            tasks, self._tasks = self._tasks, []
            await asyncio.wait(tasks)
