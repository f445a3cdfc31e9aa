"""queues.yaml: the queues of a site as they are written."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from cti.durations import Duration
from cti.site_files import SiteModel
from routing.queues import Queue, Queues

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

    def build(self) -> Queues:
        """The queues, as routing works with them."""
        return Queues(
            {
                name: Queue(name, q.skills, q.priority, q.ring, q.wrap_up, q.music, q.record)
                for name, q in self.queues.items()
            }
        )
