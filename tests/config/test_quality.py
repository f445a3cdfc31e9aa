"""quality.yaml: what may stand in it, and what is said where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import cli, settings
from config.reload import _needs_restart
from tests.config.test_settings import problems, write

GOOD = """forms:
  tea:
    title: Tea
    sections:
      start:
        title: Start
        weight: 40
        questions:
          hello: {ask: Greeted?, answers: {"Yes": 1, "No": 0}}
      end:
        title: End
        weight: 60
        questions:
          bye: {ask: Thanked?, answers: {"Yes": 1, "No": 0}, fatal: ["No"], na: true}
samples:
  weekly: {form: tea, graders: [sue], queues: [orders], longer_than: 30s}
"""


def test_a_good_file(tmp_path: Path, written: tuple[Path, Mapping[str, str]]) -> None:
    site = settings.load(write(tmp_path, {"quality.yaml": GOOD}))
    assert [(s.name, s.weight) for s in site.forms["tea"].sections] == [("start", 40), ("end", 60)]
    assert site.samples["weekly"].longer_than_s == 30
    bare = settings.load(write(tmp_path / "other", {}))
    assert (bare.forms, bare.samples) == ({}, {})
    example = settings.load(written[0])
    assert (set(example.forms), set(example.samples)) == ({"service"}, {"weekly"})
    assert list(_needs_restart(bare, site)) == ["quality.yaml"]


@pytest.mark.parametrize(
    ("was", "given", "said"),
    [
        ("weight: 60", "weight: 50",
         "quality.yaml:2: forms.tea: its weights come to 90 and not to 100: start 40 + end 50"),
        ("weight: 60", "weight: 0",
         "quality.yaml:12: forms.tea.sections.end.weight: must be greater than or equal to 1"),
        ("weight: 60", "weight: 60.5", "quality.yaml:12: forms.tea.sections.end.weight: must be a whole number"),
        ("      end:", "      start:", 'quality.yaml:10: found duplicate key "start"'),
        ("bye:", "hello:", "quality.yaml:14: forms.tea.sections.end.questions.hello: is in the section start too"
         " (a question's name is its own in the whole form)"),
        ("na: true", "nah: true", "quality.yaml:14: forms.tea.sections.end.questions.bye.nah: is not known here"
         " (is it spelled right?)"),
        ('fatal: ["No"]', 'fatal: ["Noo"]', "quality.yaml:14: forms.tea.sections.end.questions.bye:"
         " has no answer 'Noo' to be fatal; did you mean No?"),
        ('fatal: ["No"]', 'fatal: ["No", "Yes"]', "quality.yaml:14: forms.tea.sections.end.questions.bye:"
         " is fatal whatever is answered: leave an answer out of fatal"),
        ('"Yes": 1, "No": 0}}', '"Yes": 0, "No": 0}}', "quality.yaml:9: forms.tea.sections.start.questions.hello:"
         " has no answer with points: the best must have at least 1"),
        ('"Yes": 1, "No": 0}}', '"Yes": -1, "No": 1}}', "quality.yaml:9: forms.tea.sections.start.questions.hello"
         ".answers.Yes: must be greater than or equal to 0"),
        ('"Yes": 1, "No": 0}}', '"Yes": 1, N/A: 0}}', "quality.yaml:9: forms.tea.sections.start.questions.hello:"
         " has an answer 'n/a': write na: true, which counts for nothing"),
        ("form: tea", "form: tee", "quality.yaml:16: samples.weekly.form: there is no form called 'tee'"
         " (did you mean tea?)"),
        ("[sue]", "[sue, ann]", "quality.yaml:16: samples.weekly.graders.1: ann may not grade (there is sue)"),
        ("[orders]", "[order]", "quality.yaml:16: samples.weekly.queues.0: there is no queue called 'order'"
         " (did you mean orders?)"),
        ("30s", "2d", "quality.yaml:16: samples.weekly.longer_than: must be a duration such as 500ms, 5s, 2m or 1h"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, was: str, given: str, said: str) -> None:
    assert was in GOOD
    assert problems(write(tmp_path, {"quality.yaml": GOOD.replace(was, given)})) == [said]


def test_the_command_draws_and_says_what_is_wrong(tmp_path: Path) -> None:
    folder = write(tmp_path, {"quality.yaml": GOOD})

    def said(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli.app, ["sample", *words, "--site", str(folder)])
        return result.exit_code, result.output

    assert said("weekly", "--week", "2026-W07")[0] == 0
    code, text = said("weekly")
    assert (code, "0 calls of 0 agents" in text) == (0, True)
    assert said("daily") == (1, "there is no rule called 'daily'; there is weekly\n")
    assert said("weekly", "--week", "2026-W60") == (1, "there is no week 2026-W60\n")
    assert said("weekly", "--week", "2126-W07") == (1, "2126-W07 is not over\n")
