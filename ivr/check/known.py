"""What a site has that its flows may name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from ivr.node import NameOf

Skills = Mapping[str, int]
"""Skill to level, 1 to 10."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the site has that flows may name. ``prompts`` is the folder of its sound files.

    ``agents`` are the skills of each agent, ``queue_skills`` those that each queue wants, and
    ``entries`` the flows that numbers lead to. What is None is not known and not checked.
    """

    queues: Collection[str]
    destinations: Collection[str]
    prompts: Path
    boxes: Collection[str] | None = None
    webhooks: Collection[str] | None = None
    hosts: Collection[str] | None = None
    numbers: Collection[str] | None = None
    """Those that callers may be sent to."""
    agents: Mapping[str, Skills] | None = None
    queue_skills: Mapping[str, Skills] = field(default_factory=dict)
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
        return None  # a flow, a language: the flows themselves say


def meant(word: str, known: Collection[str]) -> str:
    """A hint: what was likely meant, or nothing."""
    close = get_close_matches(word, known, 1)
    return f"did you mean {close[0]}?" if close else ""


def there_are(word: str, known: Collection[str]) -> str:
    """A hint: what was likely meant, or else all there is."""
    return meant(word, known) or f"there is {', '.join(sorted(known)) or 'none'}"
