"""Score forms, and what a talk scores by one. Pure.

A form has sections with weights, a section has questions, a question has answers with points. A section's share
is the points given of those that could be had; the score is the mean of the shares by weight, from 0 to 100.
What does not apply is left out: of a section its question, of the form the section in which nothing applies. A
fatal answer makes the whole 0.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from cti.site.hints import there_are

NOT_APPLICABLE = "n/a"
"""The answer of a question that does not apply to a talk."""
WHOLE = 100
"""What the weights of a form's sections come to."""


class NotAnAnswer(ValueError):
    """An answer that the form does not have, or one that is missing; the text says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    name: str
    points: int
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """``always`` is false where it may be ``NOT_APPLICABLE``."""

    name: str
    ask: str
    answers: tuple[Answer, ...]
    always: bool = True

    @property
    def most(self) -> int:
        """The points of the best answer."""
        return max(answer.points for answer in self.answers)

    def given(self, name: str) -> Answer | None:
        """The answer of this name, None for ``NOT_APPLICABLE``. Raises NotAnAnswer."""
        if name == NOT_APPLICABLE and not self.always:
            return None
        for answer in self.answers:
            if answer.name == name:
                return answer
        names = [answer.name for answer in self.answers] + ([] if self.always else [NOT_APPLICABLE])
        raise NotAnAnswer(f"{self.name}: there is no answer {name!r}; {there_are(name, names)}")


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    title: str
    weight: int
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Form:
    """Weights come to WHOLE, every question has a name of its own and an answer with points."""

    name: str
    title: str
    sections: tuple[Section, ...]

    @cached_property
    def version(self) -> str:
        """The same for forms that are the same, and no others."""
        return hashlib.sha256(json.dumps(encode(self), sort_keys=True).encode()).hexdigest()[:12]

    @property
    def questions(self) -> Iterator[Question]:
        return (question for section in self.sections for question in section.questions)


@dataclass(frozen=True, slots=True)
class Score:
    """``total`` is from 0 to 100, None where nothing of the form applies; ``sections`` are the shares of the
    sections in per cent, None likewise; ``fatal`` are the questions whose answers made the whole 0."""

    total: float | None
    sections: Mapping[str, float | None]
    fatal: tuple[str, ...] = ()


def check(form: Form, answers: Mapping[str, str]) -> None:
    """Whether these are answers of the form, not all of them needed. Raises NotAnAnswer."""
    questions = {question.name: question for question in form.questions}
    for name, answer in answers.items():
        if name not in questions:
            raise NotAnAnswer(f"the form {form.name} has no question {name!r}; {there_are(name, questions)}")
        questions[name].given(answer)


def score(form: Form, answers: Mapping[str, str]) -> Score:
    """What a talk scores. ``answers`` are names of answers by question, each has one. Raises NotAnAnswer."""
    check(form, answers)
    if missing := [question.name for question in form.questions if question.name not in answers]:
        raise NotAnAnswer(f"no answer to {', '.join(missing)}")
    shares = {section.name: _share(section, answers) for section in form.sections}
    fatal = tuple(q.name for q in form.questions if (given := q.given(answers[q.name])) is not None and given.fatal)
    counted = [(section.weight, share) for section in form.sections if (share := shares[section.name]) is not None]
    total = sum((weight * share for weight, share in counted), Fraction()) / (sum(w for w, _ in counted) or 1)
    return Score(
        0.0 if fatal else _percent(total) if counted else None,
        {name: None if share is None else _percent(share) for name, share in shares.items()},
        fatal,
    )


def _share(section: Section, answers: Mapping[str, str]) -> Fraction | None:
    given = [(q.given(answers[q.name]), q.most) for q in section.questions]
    counted = [(answer.points, most) for answer, most in given if answer is not None]
    return Fraction(sum(p for p, _ in counted), sum(most for _, most in counted)) if counted else None


def _percent(share: Fraction) -> float:
    return round(float(share * 100), 2)


def encode(form: Form) -> dict[str, Any]:
    """As JSON has it."""
    return asdict(form)


def decode(data: Mapping[str, Any]) -> Form:
    """What ``encode`` gave."""
    return Form(
        data["name"],
        data["title"],
        tuple(
            Section(
                section["name"],
                section["title"],
                section["weight"],
                tuple(
                    Question(q["name"], q["ask"], tuple(Answer(**answer) for answer in q["answers"]), q["always"])
                    for q in section["questions"]
                ),
            )
            for section in data["sections"]
        ),
    )
