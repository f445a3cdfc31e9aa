"""Which calls of a week are to be graded, and by whom. Pure.

Drawn at random, and yet the same whenever drawn again: a talk's lot is a hash of the rule, its seed, the week and
the call. Of each agent as many as the rule says, from as many days as can be; all of them where he has fewer. What
is in one agent's draw does not depend on others, nor on the order in which talks come, nor on talks not drawn.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from cti.calls.words import CallId


@dataclass(frozen=True, slots=True)
class Rule:
    """``calls`` an agent and week, each graded by one of ``graders`` by a form. ``queues`` and ``dispositions``
    (paths, or groups of them): one of them, any where empty. A talk's length is in seconds."""

    name: str
    form: str
    calls: int
    graders: tuple[str, ...]
    queues: frozenset[str] = frozenset()
    dispositions: tuple[str, ...] = ()
    longer_than_s: float = 0.0
    shorter_than_s: float = 24 * 3600.0
    seed: int = 0

    def fits(self, talk: Talk) -> bool:
        if self.queues and talk.queue not in self.queues:
            return False
        said = (d == path or d.startswith(f"{path} > ") for d in talk.dispositions for path in self.dispositions)
        return (not self.dispositions or any(said)) and self.longer_than_s < talk.length_s < self.shorter_than_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """An agent's part of a call: of several agents on it, the one who talked longest. ``at`` is Unix seconds."""

    call: CallId
    agent: str
    queue: str
    at: float
    length_s: float
    dispositions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    talk: Talk
    grader: str


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week, Monday to Sunday, by the clock of a zone (None: this machine's)."""

    monday: date

    @classmethod
    def parse(cls, text: str) -> Week:
        """Of a text such as 2026-W07. Raises ValueError."""
        year, mark, number = text.partition("-W")
        if not (
            mark and len(year) == 4 and len(number) == 2 and (year + number).isascii() and (year + number).isdigit()
        ):
            raise ValueError(f"{text!r} is not a week such as 2026-W07")
        try:
            return cls(date.fromisocalendar(int(year), int(number), 1))
        except ValueError:
            raise ValueError(f"there is no week {text}") from None

    @classmethod
    def before(cls, today: date) -> Week:
        """The last one that is over."""
        return cls(today - timedelta(days=today.weekday() + 7))

    def __str__(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    def span(self, zone: tzinfo | None) -> tuple[float, float]:
        """From when until when, in Unix seconds."""
        start = datetime.combine(self.monday, datetime.min.time(), zone)
        end = datetime.combine(self.monday + timedelta(days=7), datetime.min.time(), zone)
        return start.timestamp(), end.timestamp()


def day_of(at: float, zone: tzinfo | None) -> date:
    return datetime.fromtimestamp(at, zone).date()


def draw(rule: Rule, week: Week, talks: Iterable[Talk], zone: tzinfo | None, had: Mapping[str, int]) -> list[Drawn]:
    """What is to be graded, besides what there is already: ``had`` is how many talks of an agent were drawn by
    this rule for this week before, which are not among ``talks``. One who may grade does not grade himself."""
    of_agents: dict[str, list[Talk]] = defaultdict(list)
    for talk in talks:
        if rule.fits(talk):
            of_agents[talk.agent].append(talk)
    picked = [
        talk
        for agent in sorted(of_agents)
        for talk in _spread(rule, week, of_agents[agent], rule.calls - had.get(agent, 0), zone)
    ]
    return _assigned(rule, week, picked)


def _spread(rule: Rule, week: Week, talks: Sequence[Talk], count: int, zone: tzinfo | None) -> list[Talk]:
    """So many of an agent's talks, by lot, a second one of a day only when each day has given one."""
    left = {talk.call: talk for talk in talks}
    taken: Counter[date] = Counter()
    picked: list[Talk] = []
    while left and len(picked) < count:
        talk = min(left.values(), key=lambda talk: (taken[day_of(talk.at, zone)], _lot(rule, week, talk)))
        picked.append(left.pop(talk.call))
        taken[day_of(talk.at, zone)] += 1
    return picked


def _assigned(rule: Rule, week: Week, talks: Iterable[Talk]) -> list[Drawn]:
    """Each to the grader who has fewest, in the order of their lots: so nobody has the same agents always."""
    load = dict.fromkeys(rule.graders, 0)
    drawn = []
    for talk in sorted(talks, key=lambda talk: _lot(rule, week, talk)):
        graders = [grader for grader in rule.graders if grader != talk.agent]
        if graders:
            grader = min(graders, key=lambda name: (load[name], rule.graders.index(name)))
            load[grader] += 1
            drawn.append(Drawn(talk, grader))
    return drawn


def _lot(rule: Rule, week: Week, talk: Talk) -> bytes:
    return hashlib.sha256(f"{rule.seed}\n{rule.name}\n{week}\n{talk.call}".encode()).digest()
