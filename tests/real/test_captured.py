"""A call is captured as those of ``tests/captured`` were: they can be made anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from demo.debian import Program
from tests.captured.__main__ import PLAN, captured, listening
from tests.captured.story import FOLDER, load, played, remains
from tests.captured.test_captured import same
from tests.real.shift import Shift


async def test_a_call_is_captured(site: Path, peers: Mapping[str, Program], tmp_path: Path) -> None:
    async with listening(site, peers) as (line, recorder):
        text = await captured(line, recorder, Shift(line, PLAN.numbers, {}), "consult-and-join")
    made = tmp_path / "made.txt"
    made.write_text(text, encoding="utf-8")
    story = load(made)
    happened = played(story)
    same(remains(happened), dict(story.calls))
    assert str(site) not in text
    kept = load(FOLDER / "consult-and-join.txt")
    assert {type(event) for event in happened} == {type(event) for event in played(kept)}
