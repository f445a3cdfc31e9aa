"""What a talk scores by a form: an example by hand, and what is true of every form."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.quality.forms import (
    NOT_APPLICABLE,
    WHOLE,
    Answer,
    Form,
    NotAnAnswer,
    Question,
    Section,
    decode,
    encode,
    score,
)

YES_NO = (Answer("Yes", 1), Answer("No", 0))
FORM = Form(
    "service",
    "Service call",
    (
        Section(
            "opening",
            "Opening",
            40,
            (
                Question("greeting", "Greeted?", (Answer("Fully", 3), Answer("Partly", 1), Answer("No", 0))),
                Question("identity", "Checked?", (Answer("Yes", 1), Answer("No", 0, fatal=True)), always=False),
            ),
        ),
        Section("end", "End", 60, (Question("thanked", "Thanked?", YES_NO, always=False),)),
    ),
)
"""A form with all there can be."""


def test_an_example_by_hand() -> None:
    # Opening: 1 + 1 of 3 + 1 points are 50%, of the weight 40; the end: 1 of 1, of the weight 60.
    answers = {"greeting": "Partly", "identity": "Yes", "thanked": "Yes"}
    found = score(FORM, answers)
    assert (found.total, found.sections, found.fatal) == (80.0, {"opening": 50.0, "end": 100.0}, ())

    # The end does not apply: its weight goes to what does.
    found = score(FORM, answers | {"thanked": NOT_APPLICABLE})
    assert (found.total, found.sections) == (50.0, {"opening": 50.0, "end": None})

    # Identity does not apply: 1 of 3 points.
    assert score(FORM, answers | {"identity": NOT_APPLICABLE}).sections["opening"] == 33.33

    found = score(FORM, answers | {"identity": "No"})
    assert (found.total, found.fatal) == (0.0, ("identity",))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"greeting": "Fully"}, "no answer to identity, thanked"),
        ({"greetings": "Fully"}, "no question 'greetings'; did you mean greeting?"),
        ({"greeting": "Fuly"}, "no answer 'Fuly'; did you mean Fully?"),
        ({"greeting": NOT_APPLICABLE}, "no answer 'n/a'"),
    ],
)
def test_what_are_no_answers(answers: dict[str, str], said: str) -> None:
    with pytest.raises(NotAnAnswer, match=said):
        score(FORM, answers)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    count = draw(st.integers(1, 4))
    cuts = sorted(draw(st.lists(st.integers(1, WHOLE - 1), min_size=count - 1, max_size=count - 1, unique=True)))
    weights = [b - a for a, b in zip([0, *cuts], [*cuts, WHOLE], strict=True)]
    sections = []
    for s, weight in enumerate(weights):
        questions = []
        for q in range(draw(st.integers(1, 3))):
            points = draw(st.lists(st.integers(0, 9), min_size=2, max_size=4).filter(any))
            answers = tuple(Answer(f"a{i}", p) for i, p in enumerate(points))
            questions.append(Question(f"s{s}q{q}", "?", answers, always=False))
        sections.append(Section(f"s{s}", "S", weight, tuple(questions)))
    return Form("form", "Form", tuple(sections))


@st.composite
def scored(draw: st.DrawFn) -> tuple[Form, dict[str, str]]:
    form = draw(forms())
    given = {
        q.name: draw(st.sampled_from([*(answer.name for answer in q.answers), NOT_APPLICABLE])) for q in form.questions
    }
    return form, given


@given(scored())
def test_it_is_from_0_to_100_and_the_mean_of_what_applies(case: tuple[Form, dict[str, str]]) -> None:
    form, answers = case
    found = score(form, answers)
    shares = [(s.weight, share) for s in form.sections if (share := found.sections[s.name]) is not None]
    if not shares:
        assert found.total is None
        return
    assert found.total is not None
    assert 0 <= found.total <= 100
    assert all(0 <= share <= 100 for _, share in shares)
    assert found.total == pytest.approx(sum(w * s for w, s in shares) / sum(w for w, _ in shares), abs=0.02)


@given(scored(), st.data())
def test_a_better_answer_never_scores_less(case: tuple[Form, dict[str, str]], data: st.DataObject) -> None:
    form, answers = case
    question = data.draw(st.sampled_from(list(form.questions)))
    by_points = sorted(question.answers, key=lambda answer: answer.points)
    worse, better = sorted(data.draw(st.tuples(*[st.integers(0, len(by_points) - 1)] * 2)))
    low = score(form, answers | {question.name: by_points[worse].name}).total
    high = score(form, answers | {question.name: by_points[better].name}).total
    assert low is not None
    assert high is not None
    assert low <= high


@given(scored())
def test_what_does_not_apply_counts_as_if_it_were_not_asked(case: tuple[Form, dict[str, str]]) -> None:
    form, answers = case
    sections = []
    for section in form.sections:
        asked = tuple(q for q in section.questions if answers[q.name] != NOT_APPLICABLE)
        if asked:
            sections.append(replace(section, questions=asked))
    short = Form("short", "Short", tuple(sections))
    assert score(form, answers).total == score(short, {q.name: answers[q.name] for q in short.questions}).total


@given(scored())
def test_best_answers_are_the_whole_and_a_fatal_one_is_nothing(case: tuple[Form, dict[str, str]]) -> None:
    form, _ = case
    best = {q.name: max(q.answers, key=lambda answer: answer.points).name for q in form.questions}
    assert score(form, best).total == 100
    section = form.sections[0]
    first = section.questions[0]
    deadly = replace(first, answers=tuple(replace(answer, fatal=True) for answer in first.answers))
    fatal = replace(form, sections=(replace(section, questions=(deadly, *section.questions[1:])), *form.sections[1:]))
    assert (score(fatal, best).total, score(fatal, best).fatal) == (0.0, (first.name,))


@given(forms())
def test_a_form_is_kept_whole_and_a_change_is_another_version(form: Form) -> None:
    kept = decode(json.loads(json.dumps(encode(form))))
    assert (kept, kept.version) == (form, form.version)
    assert replace(form, title="Another").version != form.version
