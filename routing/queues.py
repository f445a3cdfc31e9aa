"""Queues, the calls that wait in them, and the YAML that describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from cti.calls.events import CallId
from cti.durations import Duration
from cti.site_files import SiteModel

Needs = tuple[tuple[str, int], ...]
"""(skill, least level) by name: what an agent must know. Calls of equal needs are one group."""


def merge(*wanted: Mapping[str, int]) -> Needs:
    """All that is wanted together: of each skill the highest level."""
    levels: dict[str, int] = {}
    for skills in wanted:
        for skill, level in skills.items():
            levels[skill] = max(level, levels.get(skill, level))
    return tuple(sorted(levels.items()))


@dataclass(frozen=True, slots=True)
class Queue:
    """Where calls wait. ``priority`` is added to each call's own; times are in seconds."""

    name: str
    skills: Mapping[str, int]
    priority: int = 0
    ring_s: float = 15.0
    wrap_up_s: float = 10.0
    music: str = "default"
    record: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call's place in a queue: what it needs in all, and what its turn depends on.

    ``sequence`` counts arrivals; ``queued_at`` is in Unix seconds. ``agent`` is who alone may take
    the call, empty for whoever can.
    """

    call: CallId
    queue: str
    needs: Needs
    priority: int
    queued_at: float
    sequence: int
    agent: str = ""


Name = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]{0,39}$")]
Skills = dict[Name, Annotated[int, Field(strict=True, ge=1, le=10)]]
"""Skill to level, 1 (some) to 10 (best)."""
# The class of musiconhold.conf goes into a command to Asterisk as it is.
MusicClass = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,79}$")]


class QueueFields(SiteModel):
    """One queue as it is written in queues.yaml."""

    skills: Skills = Field(default_factory=dict)
    priority: Annotated[int, Field(strict=True, ge=-1000, le=1000)] = 0
    ring: Annotated[Duration, Field(ge=1, le=300)] = 15.0
    wrap_up: Annotated[Duration, Field(le=3600)] = 10.0
    music: MusicClass = "default"
    record: Annotated[bool, Field(strict=True)] = True


class QueuesFile(SiteModel):
    """The whole of queues.yaml."""

    queues: dict[Name, QueueFields]

    def build(self) -> dict[str, Queue]:
        """The queues by name."""
        return {
            name: Queue(name, q.skills, q.priority, q.ring, q.wrap_up, q.music, q.record)
            for name, q in self.queues.items()
        }
