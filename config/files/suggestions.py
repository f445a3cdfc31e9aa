"""The rules of ``suggestions`` in site.yaml."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from config.files.fields import Name
from cti.desk.suggestions import Rule
from cti.site.files import Document, Problem, SiteModel
from cti.site.hints import there_are


class SuggestionSettings(SiteModel):
    """What agents are to suggest, and to whom."""

    say: Annotated[str, Field(min_length=1, max_length=500)]
    queues: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    levels: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    start: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.end < self.start:
            raise ValueError("ends before it begins: to is before from")
        return self

    def rule(self) -> Rule:
        return Rule(self.say, frozenset(self.queues), frozenset(self.levels), self.start, self.end)


def nowhere(
    document: Document, suggestions: Sequence[SuggestionSettings], queues: Collection[str]
) -> Iterator[Problem]:
    """Queues that rules name and the site does not have. A level may be one of customers' cards only."""
    for number, suggestion in enumerate(suggestions):
        for place, queue in enumerate(suggestion.queues):
            if queue not in queues:
                key = ("suggestions", number, "queues", place)
                yield document.problem(key, f"there is no queue called {queue!r}", there_are(queue, queues))
