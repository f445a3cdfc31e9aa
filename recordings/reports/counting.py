"""What one call that is over adds to the sums, and where. Pure: the same call always adds the same.

A call counts where it did something: a wait in the quarter-hour in which it began, a talk in the one in
which it began, a way through the menus in that of the arrival.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cti.calls.words import Direction, Refusal
from cti.figures import Came
from recordings.records.record import CallRecord, Segment
from recordings.reports.sums import Place, Subject, Sums, ms, place, step
from recordings.reports.waits import came
from recordings.words import MISSED, Outcome, SegmentKind

LIMIT_S = 600.0
"""No caller is to wait longer."""
AGAIN_S = 7 * 86_400.0
"""Who calls again for the same reason within so many seconds was not helped the first time."""
_STAYS = frozenset({SegmentKind.WAIT, SegmentKind.TALK, SegmentKind.TRANSFER})

Added = Mapping[Place, Sums]


@dataclass(frozen=True, slots=True)
class Rules:
    """``targets`` are the seconds in which each queue is to answer; who hangs up within ``short_s`` of coming
    to one is not counted. ``surveys`` are the nodes of menus that ask callers what they think, and
    ``satisfied`` the least score of who is content."""

    targets: Mapping[str, float] = field(default_factory=dict)
    short_s: float = 0.0
    surveys: frozenset[str] = frozenset()
    satisfied: int = 4


@dataclass(frozen=True, slots=True)
class Contact:
    """A caller's first talk on a call, and why he called: ``reason`` is what the agent said of it, or the
    queue. ``at`` is Unix seconds."""

    call: str
    caller: str
    reason: str
    at: float
    queue: str
    agent: str

    @property
    def places(self) -> tuple[Place, Place]:
        return place(self.at, Subject.QUEUE, self.queue), place(self.at, Subject.AGENT, self.agent)


def contact(record: CallRecord, segments: Sequence[Segment], reason: str) -> Contact | None:
    """The call as a contact: somebody whose number is known called, and talked with an agent. ``reason`` is
    empty where none was given."""
    first = next((s for s in segments if s.kind is SegmentKind.TALK and s.agent), None)
    if first is None or record.direction is not Direction.IN or not any(map(str.isdigit, record.caller)):
        return None
    return Contact(record.id, record.caller, reason or first.queue, first.started_at, first.queue, first.agent)


def before(one: Contact, others: Iterable[Contact]) -> Contact | None:
    """The contact of the same caller for the same reason that this one repeats, the last of them."""
    same = (
        o for o in others
        if (o.caller, o.reason) == (one.caller, one.reason) and (o.at, o.call) < (one.at, one.call)
        and one.at - o.at <= AGAIN_S
    )  # fmt: skip
    return max(same, key=lambda o: (o.at, o.call), default=None)


def count(record: CallRecord, segments: Sequence[Segment], rules: Rules) -> Added:
    """What a call adds, but for being a contact."""
    added: defaultdict[Place, Sums] = defaultdict(Sums)
    stays = [s for s in segments if s.kind in _STAYS]
    for one in stays:
        if one.kind is SegmentKind.WAIT and one.ended_at is not None and record.direction is Direction.IN:
            added[place(one.started_at, Subject.QUEUE, one.queue)].update(_wait(record, one, stays, rules))
        elif one.kind is SegmentKind.TALK:
            for where in _of_talk(one):
                added[where].update(_talk(one, segments, sent_on=one is not stays[-1]))
    for one in segments:
        if one.kind is SegmentKind.RING:
            missed, refused = one.detail in MISSED, one.detail == Refusal.REFUSED.value
            rang = Sums(rings=1, missed=int(missed), refused=int(refused))
            added[place(one.started_at, Subject.AGENT, one.agent)].update(rang)
    for _, queue in record.callbacks:
        wanted_at = record.queued_at or record.arrived_at
        added[place(wanted_at, Subject.QUEUE, queue)]["callbacks"] += 1
    if record.direction is Direction.OUT:
        made = Sums(out=1, reached=int(any(s.kind is SegmentKind.TALK for s in stays)))
        added[place(record.arrived_at, Subject.QUEUE, record.queue)].update(made)
    else:
        _count_menus(added, record, stays, rules)
    _count_survey(added, record, stays, rules)
    return {where: +sums for where, sums in added.items() if where.name and +sums}


def _wait(record: CallRecord, wait: Segment, stays: Sequence[Segment], rules: Rules) -> Sums:
    assert wait.ended_at is not None
    length = wait.ended_at - wait.started_at
    later = (s.kind for s in stays if s.number > wait.number and s.kind is not SegmentKind.TRANSFER)
    what = came(next(later, None), wait.ended_at, record.ended_at, record.ended_by, estimated=record.estimated)
    if what is Came.ABANDONED and length < rules.short_s:
        return Sums(short=1)
    found = Sums(offered=1, within_limit=int(length <= LIMIT_S))
    found[what.value] = 1
    if what is Came.ANSWERED:
        in_time = length <= rules.targets.get(wait.queue, 20.0)
        found.update({"in_time": int(in_time), "waited_ms": ms(length), step(length): 1})
    return found


def _of_talk(talk: Segment) -> tuple[Place, Place]:
    return place(talk.started_at, Subject.QUEUE, talk.queue), place(talk.started_at, Subject.AGENT, talk.agent)


def _talk(talk: Segment, segments: Sequence[Segment], *, sent_on: bool) -> Sums:
    holds = ms(sum((_length(s) for s in segments if s.kind is SegmentKind.HOLD and _within(s, talk)), 0.0))
    whole = ms(_length(talk))
    return Sums(talks=1, talk_ms=max(0, whole - holds), hold_ms=min(whole, holds), transfers=int(sent_on))


def _count_menus(added: dict[Place, Sums], record: CallRecord, stays: Sequence[Segment], rules: Rules) -> None:
    """The way of a call through the menus, and what came of it as a whole, by the number dialled."""
    gave_up = record.outcome is Outcome.ABANDONED_IN_MENU
    contained = record.outcome is Outcome.ENDED_IN_MENU and not stays
    number = Sums(calls=1, gave_up=int(gave_up), contained=int(contained))
    waits = [s for s in stays if s.kind is SegmentKind.WAIT]
    talked = any(s.kind is SegmentKind.TALK for s in stays)
    abandoned = record.outcome is Outcome.ABANDONED_IN_QUEUE
    if abandoned and waits and sum(map(_length, waits)) < rules.short_s:
        number["short"] = 1
    elif waits or talked:
        what = Came.ANSWERED if talked else Came.ABANDONED if abandoned else Came.MOVED
        number.update({"offered": 1, what.value: 1})
    added[place(record.arrived_at, Subject.NUMBER, record.dialled)].update(number)
    for node in record.path:
        added[place(record.arrived_at, Subject.NODE, node)]["visits"] += 1
    for last in record.path[-1:]:
        ended = Sums(gave_up=int(gave_up), contained=int(contained))
        added[place(record.arrived_at, Subject.NODE, last)].update(ended)


def _count_survey(added: dict[Place, Sums], record: CallRecord, stays: Sequence[Segment], rules: Rules) -> None:
    """What the caller was asked after the last talk, and what he said."""
    scores = [score for _, score in record.scores]
    pushed = bool(scores) or not rules.surveys.isdisjoint(record.path)
    talk = next((s for s in reversed(stays) if s.kind is SegmentKind.TALK), None)
    if talk is None or not pushed:
        return
    content = sum(score >= rules.satisfied for score in scores)
    said = Sums(
        pushed=1, surveyed=int(bool(scores)), scores=len(scores), score_sum=sum(scores), satisfied=content
    )  # fmt: skip
    for where in _of_talk(talk):
        added[where].update(said)


def _within(part: Segment, talk: Segment) -> bool:
    return part.started_at >= talk.started_at and (talk.ended_at is None or part.started_at <= talk.ended_at)


def _length(segment: Segment) -> float:
    return 0.0 if segment.ended_at is None else max(0.0, segment.ended_at - segment.started_at)
