"""How long the sound of a recording is kept: by the rules of the site, the first that fits. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recordings.words import Outcome

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Subject:
    """A recording, as far as rules look at it: its call's queue, outcome and dispositions. Unix seconds."""

    stem: str
    call: str
    started_at: float
    queue: str
    outcome: str
    dispositions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Recordings that fit are kept for ``keep_s``; None fits all. ``disposition`` is one, or a group of them."""

    keep_s: float
    queue: str | None = None
    outcome: Outcome | None = None
    disposition: str | None = None

    def fits(self, subject: Subject) -> bool:
        given = self.disposition
        return (
            self.queue in (None, subject.queue)
            and self.outcome in (None, subject.outcome)
            and (given is None or any(one == given or one.startswith(f"{given} > ") for one in subject.dispositions))
        )

    def __str__(self) -> str:
        named = (("queue", self.queue), ("outcome", self.outcome), ("disposition", self.disposition))
        said = ", ".join(f"{key} {value}" for key, value in named if value is not None) or "all"
        return f"{said}: keep {self.keep_s / DAY_S:g} days"


def over(rules: Sequence[Rule], subject: Subject, now: float) -> Rule | None:
    """The rule by which the recording's time is over; None where it is to be kept, as all are that no rule fits."""
    rule = next((rule for rule in rules if rule.fits(subject)), None)
    return rule if rule is not None and subject.started_at + rule.keep_s <= now else None
