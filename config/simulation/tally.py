"""What happened on a simulated day: each wait in a queue, and what each agent did, from the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cti.calls.call import Call
from cti.calls.events import AgentChanged, Arrived, CalledBack, CallEvent, Digit, Ended, Event, Played, Ringing
from cti.calls.part import Output
from cti.calls.words import AgentState, CallId, Party
from recordings.records.fold import fold
from recordings.records.record import CallRecord, Segment
from recordings.words import Outcome, SegmentKind


class Came(StrEnum):
    """What came of a wait."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    MOVED = "moved"
    """The call went elsewhere: another queue, the menu, a transfer, or we hung up."""
    WAITING = "waiting"
    """Still, when the day was over."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One call's wait in one queue, from ``at`` (Unix seconds) until it was answered or left."""

    call: CallId
    queue: str
    at: float
    seconds: float
    came: Came
    agent: str = ""
    talk_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """An agent was in one state; Unix seconds."""

    state: AgentState
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Day:
    """All that happened to the calls that arrived between ``start`` and ``end`` (Unix seconds); the
    last of them, and their agents, were busy for longer. ``outcomes`` counts calls by what came of
    them, as records say it."""

    start: float
    end: float
    waits: Sequence[Wait]
    agents: Mapping[str, Sequence[Stretch]]
    outcomes: Mapping[Outcome, int]


_UNREAD = (Played, Digit, Ringing)
"""Events that no record and no wait depends on."""


class Tally:
    """A part of the loop that looks on. A call's events become a record as they do in a live server,
    by ``recordings.records.record.fold``."""

    def __init__(self) -> None:
        self._events: dict[CallId, list[CallEvent]] = {}
        self._waits: list[Wait] = []
        self._outcomes: Counter[Outcome] = Counter()
        self._now: dict[str, tuple[AgentState, float]] = {}
        self._agents: dict[str, list[Stretch]] = {}

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if isinstance(event, AgentChanged):
            self._change(event.agent, event.state, now)
        elif isinstance(event, Arrived | CalledBack) and event.call not in self._events:
            self._events[event.call] = [event]
        elif isinstance(event, CallEvent) and (events := self._events.get(event.call)) is not None:
            if not isinstance(event, _UNREAD):
                events.append(event)
            if isinstance(event, Ended):
                self._over(event.call, now)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None

    def day(self, start: float, end: float, now: float) -> Day:
        """The day from ``start`` to ``end``; at ``now`` all is over that will be."""
        for call in list(self._events):
            self._over(call, now)
        for agent, (state, _) in list(self._now.items()):
            self._change(agent, state, now)
        self._waits.sort(key=lambda wait: (wait.at, wait.call))
        return Day(start, end, self._waits, self._agents, self._outcomes)

    def _change(self, agent: str, state: AgentState, now: float) -> None:
        before, since = self._now.get(agent, (AgentState.OFFLINE, now))
        if now > since and before is not AgentState.OFFLINE:
            self._agents.setdefault(agent, []).append(Stretch(before, since, now))
        self._now[agent] = state, now

    def _over(self, call: CallId, now: float) -> None:
        record, segments = fold(self._events.pop(call))
        self._outcomes[record.outcome] += 1
        self._waits += _waits(record, segments, now)


_WITHIN = (SegmentKind.RING, SegmentKind.HOLD, SegmentKind.PAUSE)


def _waits(record: CallRecord, segments: Sequence[Segment], now: float) -> Iterator[Wait]:
    places = [segment for segment in segments if segment.kind not in _WITHIN]
    for segment, after in zip(places, [*places[1:], None], strict=True):
        if segment.kind is not SegmentKind.WAIT:
            continue
        seconds = (now if segment.ended_at is None else segment.ended_at) - segment.started_at
        if after is not None and after.kind is SegmentKind.TALK:
            talk_s = (now if after.ended_at is None else after.ended_at) - after.started_at
            wait = Wait(record.id, segment.queue, segment.started_at, seconds, Came.ANSWERED, after.agent, talk_s)
        elif segment.ended_at is None:
            wait = Wait(record.id, segment.queue, segment.started_at, seconds, Came.WAITING)
        elif after is None and record.ended_by is Party.CALLER:
            wait = Wait(record.id, segment.queue, segment.started_at, seconds, Came.ABANDONED)
        else:
            wait = Wait(record.id, segment.queue, segment.started_at, seconds, Came.MOVED)
        yield wait
