"""quality.yaml: score forms and rules of samples, as they are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from cti.site.durations import Duration
from cti.site.files import Document, Problem, SiteModel
from cti.site.hints import there_are
from recordings.quality.forms import NOT_APPLICABLE, WHOLE, Answer, Form, Question, Section
from recordings.quality.samples import Rule

Name = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]{0,39}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
AnswerName = Annotated[
    str, StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,38}[^\s\x00-\x1f\x7f])?$")
]
Points = Annotated[int, Field(strict=True, ge=0, le=100)]
MOST_ANSWERS = 9
"""Each has a key of its own, 1 to 9."""


class QuestionFields(SiteModel):
    """A question of a section."""

    ask: Line
    answers: Annotated[dict[AnswerName, Points], Field(min_length=2, max_length=MOST_ANSWERS)]
    fatal: Annotated[tuple[AnswerName, ...], Field(max_length=MOST_ANSWERS)] = ()
    na: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if NOT_APPLICABLE in map(str.lower, self.answers):
            raise ValueError(f"has an answer {NOT_APPLICABLE!r}: write na: true, which counts for nothing")
        if not any(self.answers.values()):
            raise ValueError("has no answer with points: the best must have at least 1")
        for name in self.fatal:
            if name not in self.answers:
                raise ValueError(f"has no answer {name!r} to be fatal; {there_are(name, self.answers)}")
        if len(set(self.fatal)) < len(self.fatal):
            raise ValueError("lists a fatal answer twice")
        if set(self.fatal) == set(self.answers):
            raise ValueError("is fatal whatever is answered: leave an answer out of fatal")
        return self

    def build(self, name: str) -> Question:
        answers = tuple(Answer(answer, points, answer in self.fatal) for answer, points in self.answers.items())
        return Question(name, self.ask, answers, not self.na)


class SectionFields(SiteModel):
    """A section of a form."""

    title: Line
    weight: Annotated[int, Field(strict=True, ge=1, le=WHOLE)]
    questions: Annotated[dict[Name, QuestionFields], Field(min_length=1, max_length=50)]

    def build(self, name: str) -> Section:
        return Section(name, self.title, self.weight, tuple(q.build(key) for key, q in self.questions.items()))


class FormFields(SiteModel):
    """One form as it is written in quality.yaml."""

    title: Line
    sections: Annotated[dict[Name, SectionFields], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        weights = {name: section.weight for name, section in self.sections.items()}
        if (found := sum(weights.values())) != WHOLE:
            listed = " + ".join(f"{name} {weight}" for name, weight in weights.items())
            raise ValueError(f"its weights come to {found} and not to {WHOLE}: {listed}")
        return self

    def build(self, name: str) -> Form:
        return Form(name, self.title, tuple(section.build(key) for key, section in self.sections.items()))


class SampleFields(SiteModel):
    """A rule of ``samples``."""

    form: Name
    calls: Annotated[int, Field(strict=True, ge=1, le=50)] = 3
    graders: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)]
    queues: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    dispositions: Annotated[tuple[Line, ...], Field(max_length=100)] = ()
    longer_than: Annotated[Duration, Field(le=24 * 3600)] = 0.0
    shorter_than: Annotated[Duration, Field(ge=1, le=24 * 3600)] = 24 * 3600.0
    seed: Annotated[int, Field(strict=True, ge=0, le=2**31)] = 0

    @model_validator(mode="after")
    def _some_fit(self) -> Self:
        if self.longer_than >= self.shorter_than:
            raise ValueError("no talk is both longer_than and shorter_than that")
        if len(set(self.graders)) < len(self.graders):
            raise ValueError("lists a grader twice")
        return self

    def build(self, name: str) -> Rule:
        return Rule(
            name, self.form, self.calls, self.graders, frozenset(self.queues), self.dispositions,
            self.longer_than, self.shorter_than, self.seed,
        )  # fmt: skip


class QualityFile(SiteModel):
    """The whole of quality.yaml."""

    forms: Annotated[dict[Name, FormFields], Field(max_length=100)] = Field(default_factory=dict)
    samples: Annotated[dict[Name, SampleFields], Field(max_length=100)] = Field(default_factory=dict)

    def build_forms(self) -> Mapping[str, Form]:
        return {name: form.build(name) for name, form in self.forms.items()}

    def build_samples(self) -> Mapping[str, Rule]:
        return {name: rule.build(name) for name, rule in self.samples.items()}


def check(
    document: Document, file: QualityFile, queues: Collection[str] | None, graders: Collection[str] | None
) -> Iterator[Problem]:
    """Questions that two sections have, and what rules name and the site does not have. ``queues`` and
    ``graders`` are None where they could not be read."""
    for name, form in file.forms.items():
        seen: dict[str, str] = {}
        for section, fields in form.sections.items():
            for question in fields.questions:
                if question in seen:
                    key = ("forms", name, "sections", section, "questions", question)
                    hint = "a question's name is its own in the whole form"
                    yield document.problem(key, f"is in the section {seen[question]} too", hint)
                seen[question] = section
    for name, rule in file.samples.items():
        if rule.form not in file.forms:
            hint = there_are(rule.form, file.forms)
            yield document.problem(("samples", name, "form"), f"there is no form called {rule.form!r}", hint)
        for number, queue in enumerate(rule.queues if queues is not None else ()):
            if queue not in (queues or ()):
                message = f"there is no queue called {queue!r}"
                yield document.problem(("samples", name, "queues", number), message, there_are(queue, queues or ()))
        for number, grader in enumerate(rule.graders if graders is not None else ()):
            if grader not in (graders or ()):
                hint = there_are(grader, graders or ())
                yield document.problem(("samples", name, "graders", number), f"{grader} may not grade", hint)
