"""``retention`` in site.yaml: how long the sound of recordings is kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.files.fields import Name
from cti.site.files import Document, Problem, SiteModel
from recordings.storage.retention import DAY_S, Rule
from recordings.words import Outcome


def _days(text: object) -> float:
    found = re.fullmatch(r"([1-9][0-9]{0,4})d", text, re.ASCII) if isinstance(text, str) else None
    if found is None:
        raise ValueError("must be days such as 90d")
    return int(found[1]) * DAY_S


Days = Annotated[
    float,
    BeforeValidator(_days),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,4}d$", "examples": ["90d"]}),
]
"""Seconds, read from text such as ``90d``."""


class RetentionSettings(SiteModel):
    """One rule: which calls' recordings, and how long they are kept from their beginning."""

    keep: Days
    queue: Name | None = None
    outcome: Outcome | None = None
    disposition: Annotated[str, Field(min_length=1, max_length=400)] | None = None
    """A result, its names joined by `` > ``, or a group of them."""

    def rule(self) -> Rule:
        return Rule(self.keep, self.queue, self.outcome, self.disposition)


def unknown_queues(
    document: Document, rules: Sequence[RetentionSettings], queues: Collection[str]
) -> Iterator[Problem]:
    """Queues that rules name and the site does not have; and rules that no recording gets to."""
    everything = False
    for number, rule in enumerate(rules):
        if rule.queue is not None and rule.queue not in queues:
            yield document.problem(("retention", number, "queue"), f"there is no queue called {rule.queue!r}")
        if everything:
            hint = "put it before the rule for all"
            yield document.problem(("retention", number), "no recording gets to this rule", hint)
        everything |= rule.queue is None and rule.outcome is None and rule.disposition is None
