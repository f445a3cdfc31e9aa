"""Bars that a simulated day must hold, so that a change that breaks one is refused: ``service_level.faults>=0.8``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields

from config.simulation.figures import Figures, Service
from config.simulation.run import Hotline

_WRITTEN = re.compile(r"\s*([a-z_0-9]+)(?:\.([\w.-]+))?\s*(>=|<=)\s*([0-9]+(?:\.[0-9]+)?)(s|%)?\s*", re.ASCII)
_HOLDS: Mapping[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}
_OF_QUEUES = tuple(field.name for field in fields(Service))
OCCUPANCY, SKILL_OCCUPANCY = "occupancy", "skill_occupancy"
FIGURES = (*_OF_QUEUES, OCCUPANCY, SKILL_OCCUPANCY)


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure, of one queue (agent, skill) or of all, and what it must be."""

    text: str
    figure: str
    of: str
    sign: str
    limit: float

    def misses(self, found: Figures) -> str:
        """Why the bar does not hold; empty where it does."""
        value = self._value(found)
        if value is None:
            return f"{self.text}: there is no such figure, as there were no calls or nobody was on duty"
        return "" if _HOLDS[self.sign](value, self.limit) else f"{self.text}: it is {value:.4g}"

    def _value(self, found: Figures) -> float | None:
        if self.figure in _OF_QUEUES:
            service = found.queues.get(self.of) if self.of else found.all
            return getattr(service, self.figure, None)
        if not self.of:
            return found.occupancy
        return (found.agents if self.figure == OCCUPANCY else found.skills).get(self.of)


def bar(text: str, hotline: Hotline) -> Bar:
    """Reads a bar such as ``service_level.faults>=80%`` or ``wait_p90<=60s``. Raises ValueError for
    one that cannot be read, or is about something that the hotline does not have."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError(f"{text!r} is no bar; write one such as service_level.faults>=0.8 or wait_p90<=60")
    figure, of, sign, number, unit = written.groups()
    if figure not in FIGURES:
        raise ValueError(f"{text!r}: no figure is called {figure!r}; there are {', '.join(FIGURES)}")
    what: str
    known: Collection[str]
    if figure == OCCUPANCY:
        what, known = "agent", hotline.agents
    elif figure == SKILL_OCCUPANCY:
        what, known = "skill", {skill for agent in hotline.agents.values() for skill in agent.skills}
    else:
        what, known = "queue", hotline.queues
    if of and of not in known:
        raise ValueError(f"{text!r}: there is no {what} called {of!r}")
    return Bar(text, figure, of or "", sign, float(number) / 100 if unit == "%" else float(number))
