"""What a site has that its flows may name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.node import NameOf

Skills = Mapping[str, int]
"""Skill to level, 1 to 10."""

Nobody = Callable[[str, Skills], Iterable[tuple[str, str]]]
"""Why no agent can take calls of a queue that want these skills besides: messages with hints."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the site has that flows may name. ``prompts`` is the folder of its sound files.

    ``entries`` are the flows that numbers and queues lead to, ``levels`` those of customers;
    ``calls_back`` says whether there are numbers that it calls back. What is None is not known and
    not checked.
    """

    queues: Collection[str]
    destinations: Collection[str]
    prompts: Path
    boxes: Collection[str] | None = None
    webhooks: Collection[str] | None = None
    hosts: Collection[str] | None = None
    numbers: Collection[str] | None = None
    """Those that callers may be sent to."""
    agents: Collection[str] | None = None
    nobody: Nobody | None = None
    levels: Collection[str] | None = None
    calls_back: bool | None = None
    entries: Collection[str] | None = None

    def of(self, kind: NameOf) -> Collection[str] | None:
        """The site's names of a kind; None where they are not known here."""
        match kind:
            case "queue":
                return self.queues
            case "destination":
                return self.destinations
            case "box":
                return self.boxes
            case "webhook":
                return self.webhooks
            case "host":
                return self.hosts
            case "agent":
                return self.agents
            case "number":
                return self.numbers
            case "level":
                return self.levels
        return None  # a flow, a language: the flows themselves say
