"""The verb survey: questions that callers answer by a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from cti.calls.events import Surveyed
from cti.site.files import Key, SiteModel
from ivr.node import FieldName, Link, Longest, Measure, Name, Question, Tries, once
from ivr.prompt import NOTHING, Prompt, Prompted
from ivr.walk import Hear, Speak, Steps, Walk


@dataclass(frozen=True, slots=True)
class Scale:
    """The keys that answer a question: from ``least`` to ``most``."""

    least: int
    most: int

    @property
    def text(self) -> str:
        """As it is written in YAML."""
        return f"{self.least}-{self.most}"

    def score(self, key: str) -> int | None:
        """The score that a key gives, None for another key."""
        return int(key) if key.isdecimal() and self.least <= int(key) <= self.most else None


def _scale(given: Any) -> Scale:
    if isinstance(given, Scale):
        return given
    found = re.fullmatch(r"([0-9])-([0-9])", str(given), re.ASCII)
    if found is None or found[1] >= found[2]:
        raise ValueError(f"{given!r} is no range of keys; write 1-5")
    return Scale(int(found[1]), int(found[2]))


class SurveyQuestion(SiteModel):
    """One question. ``question`` is its name in the records."""

    question: FieldName
    say: Prompted
    keys: Annotated[Scale, PlainValidator(_scale), WithJsonSchema({"type": "string", "pattern": "^[0-9]-[0-9]$"})] = (
        Scale(1, 5)
    )


class Survey(Question):
    """Asks what callers think, after the talk as a rule, and keeps each score with the call. Who
    does not answer a question is not asked the rest and goes to ``otherwise``, or to ``next``."""

    verb = "survey"
    survey: Annotated[tuple[SurveyQuestion, ...], Field(min_length=1, max_length=20)]
    next: Name

    def asks(self) -> Prompt:
        return NOTHING  # each question says its own

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)
        yield from super().links()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        for number, question in enumerate(self.survey):
            yield ("survey", number, "say"), question.say
        yield from super().prompts()

    def longest(self, measure: Measure) -> Longest:
        tries = 1 + self.retries_after(self.no_input) + self.retries_after(self.no_match)
        asked = super().longest(measure)
        total = Longest()
        for question in self.survey:
            total += asked
            for _ in range(tries):
                total += once(question.say, measure)
        return total

    def walk(self, walk: Walk) -> Steps:
        for question in self.survey:
            tries = Tries(self)
            said: tuple[Prompt, ...] = (question.say,)
            while True:
                yield Speak(said, self.barge_in)
                key = yield Hear(self.timeout)
                score = None if key is None else question.keys.score(key)
                if score is not None:
                    walk.out.append(Surveyed(call=walk.call, at=walk.now, question=question.question, score=score))
                    break
                again = tries.again(walk, silent=key is None)
                if again is None:
                    return self.otherwise or self.next
                said = (again[0], question.say)
        return self.next
