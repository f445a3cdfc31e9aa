"""Queues, and the calls that wait in them: plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from cti.calls.words import CallId
from cti.site.hours import Hours
from routing.dispositions import Tree


class Needs(NamedTuple):
    """What an agent must have: each skill at its least level, and one of the groups, if there are any.

    Both are sorted by name, so that calls of equal needs are of equal ``Needs``.
    """

    skills: tuple[tuple[str, int], ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A step by which a queue asks for less, once a call has waited ``after_s`` seconds.

    ``skills`` are the least levels from now on, ``drop`` the skills no longer asked for, ``groups``
    whose members may take the call too; ``anyone`` lifts the limit to groups.
    """

    after_s: float
    skills: Mapping[str, int] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    anyone: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """The service level aimed at: this share (0 to 1) of calls answered ``within_s`` seconds."""

    share: float = 0.8
    within_s: float = 20.0


class Rule(StrEnum):
    """When a queue gives a call away. The limit is in seconds, or calls, where there is one."""

    WAIT = "wait"
    """It has waited so many seconds."""
    LENGTH = "length"
    """So many calls wait before it when it comes."""
    ESTIMATE = "estimate"
    """It is estimated to wait so many seconds when it comes."""
    NOBODY = "nobody"
    """No agent of the queue is logged in."""
    CLOSED = "closed"
    """The queue's hours are over."""


class Exit(StrEnum):
    """What kind of place a call is given to."""

    QUEUE = "queue"
    FLOW = "flow"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Overflow:
    """Gives a call away by a rule: to the queue, flow or number of the name ``to``."""

    rule: Rule
    limit: float
    exit: Exit
    to: str


@dataclass(frozen=True, slots=True)
class Callbacks:
    """How customers are called back: ``tries`` times at most, ``retry_s`` seconds apart, ringing
    ``ring_s`` seconds."""

    tries: int = 3
    retry_s: float = 300.0
    ring_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Queue:
    """Where calls wait. Times are in seconds.

    ``record`` is the share of calls whose talks are recorded (``cti.calls.names.drawn``); with ``on_demand``
    each is from when somebody asks for it.
    ``priority`` is added to each call's own. ``groups`` limits it to the members of some, empty for
    anyone. ``resume_s`` is how long a caller who was cut off may take to call again and have his
    place back. ``dispositions`` names the tree of what may come of a talk, empty for none; with
    ``disposition_required`` the agent takes no other call until he has chosen.
    """

    name: str
    skills: Mapping[str, int]
    priority: int = 0
    ring_s: float = 15.0
    wrap_up_s: float = 10.0
    music: str = "default"
    record: float = 1.0
    on_demand: bool = False
    groups: frozenset[str] = frozenset()
    relax: tuple[Relaxation, ...] = ()
    target: Target = Target()
    strategy: str = "best-skill"
    resume_s: float = 0.0
    overflow: tuple[Overflow, ...] = ()
    hours: Hours | None = None
    callbacks: Callbacks = Callbacks()
    dispositions: str = ""
    disposition_required: bool = False


class Order(StrEnum):
    """What waiting counts from when calls of several queues are put in order."""

    WAIT = "wait"
    """From when the call came: the longest wait first."""
    TARGET = "target"
    """From when its queue's target is missed: the one nearest to it first."""


@dataclass(frozen=True, slots=True)
class Queues(Mapping[str, Queue]):
    """All queues of a site by name, and what holds for all of them: ``levels`` maps a customer's
    level to the priority that it adds, and calls gain ``ageing`` points, more than 0, for each
    minute they wait. ``dispositions`` are the trees that queues name."""

    by_name: Mapping[str, Queue]
    order: Order = Order.WAIT
    levels: Mapping[str, int] = field(default_factory=dict)
    ageing: float = 1.0
    dispositions: Mapping[str, Tree] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Queue:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    def tree(self, queue: str) -> Tree:
        """What may come of a talk of this queue; empty where nothing is asked."""
        known = self.by_name.get(queue)
        return self.dispositions.get(known.dispositions, ()) if known else ()

    def disposition_required(self, queue: str) -> bool:
        """Whether the agent must say what came of a talk of this queue before he takes another call."""
        known = self.by_name.get(queue)
        return known is not None and known.disposition_required and bool(self.tree(queue))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call's place in a queue: what it needs in all, and what its turn depends on.

    ``needs`` are those before any relaxation. ``priority`` is the sum of the queue's, the call's and
    the customer's; ``since`` is when the waiting began and ``sequence`` counts arrivals. ``agent`` is
    who alone may take the call, empty for whoever can; ``prefer`` who alone may take it until
    ``prefer_until``. Times are Unix seconds.

    A callback has the ``number`` to call, and is for the call ``wanted``: ``attempt`` counts the
    calls made for it, ``tries`` those of them in which the customer's phone was rung; it isn't this
    one's turn before ``not_before``. Neither is it a parked caller's, whom ``prefer`` has parked.
    """

    call: CallId
    queue: str
    needs: Needs
    priority: int
    since: float
    sequence: int
    agent: str = ""
    prefer: str = ""
    prefer_until: float = 0.0
    level: str = ""
    number: str = field(default="", repr=False)
    wanted: CallId | None = None
    attempt: int = 0
    tries: int = 0
    not_before: float = 0.0
    screen: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def parked(self) -> bool:
        """Whether it is a caller whom an agent has parked."""
        return self.wanted is None and self.not_before > 0


def merge(*wanted: Mapping[str, int], groups: frozenset[str] = frozenset()) -> Needs:
    """All that is wanted together: of each skill the highest level."""
    levels: dict[str, int] = {}
    for skills in wanted:
        for skill, level in skills.items():
            levels[skill] = max(level, levels.get(skill, level))
    return Needs(tuple(sorted(levels.items())), tuple(sorted(groups)))


def relaxed(needs: Needs, steps: tuple[Relaxation, ...]) -> Needs:
    """What is still needed after these steps. A step never asks for more than before it."""
    for step in steps:
        skills = tuple(
            (skill, min(level, step.skills.get(skill, level)))
            for skill, level in needs.skills
            if skill not in step.drop
        )
        limited = bool(needs.groups) and not step.anyone
        needs = Needs(skills, tuple(sorted({*needs.groups, *step.groups})) if limited else ())
    return needs
