"""What agents' states add to the sums: time at work, available, busy and in wrap-up, and along their shifts.

A state counts when it is over, in each quarter-hour that it was in. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cti.calls.words import AgentState
from recordings.reports.sums import QUARTER_S, Place, Subject, Sums, ms, quarter
from recordings.words import AVAILABLE, BUSY

LONGEST_S = 12 * 3600.0
"""Of a longer state the end was not seen: the rest does not count."""

Span = tuple[float, float]
"""From, and until; Unix seconds."""


class Duty(Protocol):
    """One agent's time at work by the roster, Unix seconds."""

    @property
    def agent(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def breaks(self) -> Sequence[Span]: ...


Duties = Callable[[float, float], Iterable[Duty]]
"""All duties that are at some time between two moments; none where there is no roster."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """An agent was in a state. ``queue`` is that of the call he was on last."""

    agent: str
    state: AgentState
    since: float
    until: float
    queue: str = ""


def worked(stretch: Stretch, duties: Iterable[Duty]) -> dict[Place, Sums]:
    """What a state that is over adds. ``duties`` are those of the agent."""
    since, until = stretch.since, min(stretch.until, stretch.since + LONGEST_S)
    available = stretch.state in AVAILABLE
    added: defaultdict[Place, Sums] = defaultdict(Sums)
    for at, length in _quarters((since, until)):
        where = Place(at, Subject.AGENT, stretch.agent)
        if stretch.state is not AgentState.OFFLINE:
            added[where]["signed_in_ms"] += length
        if available:
            added[where]["available_ms"] += length
        if stretch.state in BUSY:
            added[where]["busy_ms"] += length
        if stretch.state is AgentState.WRAP_UP:
            added[where]["wrap_up_ms"] += length
            if stretch.queue:
                added[Place(at, Subject.QUEUE, stretch.queue)]["wrap_up_ms"] += length
    for duty in duties:
        for span in _at_work(duty) if available else duty.breaks:
            for at, length in _quarters((max(since, span[0]), min(until, span[1]))):
                added[Place(at, Subject.AGENT, stretch.agent)]["adhered_ms"] += length
    return added


def rostered(duties: Iterable[Duty], start: float, end: float) -> dict[Place, Sums]:
    """The time for which agents are on the roster between two moments."""
    added: defaultdict[Place, Sums] = defaultdict(Sums)
    for duty in duties:
        for at, length in _quarters((max(start, duty.start), min(end, duty.end))):
            added[Place(at, Subject.AGENT, duty.agent)]["rostered_ms"] += length
    return added


def together(parts: Iterable[Mapping[Place, Sums]]) -> dict[Place, Sums]:
    """Several such sums in one."""
    found: defaultdict[Place, Sums] = defaultdict(Sums)
    add(found, parts)
    return found


def add(to: defaultdict[Place, Sums], parts: Iterable[Mapping[Place, Sums]]) -> None:
    """Adds several such sums to one."""
    for part in parts:
        for where, sums in part.items():
            to[where].update(sums)


def _at_work(duty: Duty) -> Iterator[Span]:
    """A duty without its breaks."""
    since = duty.start
    for pause in duty.breaks:
        yield since, pause[0]
        since = pause[1]
    yield since, duty.end


def _quarters(span: Span) -> Iterator[tuple[int, int]]:
    """The milliseconds of a span in each quarter-hour."""
    since, until = span
    if until <= since:
        return
    for at in range(quarter(since), quarter(until) + 1, QUARTER_S):
        if length := ms(min(until, at + QUARTER_S)) - ms(max(since, at)):
            yield at, length
