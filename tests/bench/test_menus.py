"""The same menus on both sides, and what the bench of menus takes for a wait."""

from __future__ import annotations

from pathlib import Path

from bench.manager import headers
from bench.menus import STEPS, Menus, Waits, extensions, flow
from cti.site.files import parse
from ivr.loader import Known, check_flow


def test_the_flow_is_good(tmp_path: Path) -> None:
    (tmp_path / "prompt.wav").touch()
    found = check_flow(parse(flow(), "main.yaml"), "main", Known(queues=(), destinations=(), prompts=tmp_path))
    assert len(found.nodes) == STEPS + 1


def test_the_dialplan_has_as_many_menus() -> None:
    text = extensions(Path("/sounds/prompt.wav"))
    assert text.count("Background(/sounds/prompt)") == STEPS
    assert text.count("exten => 1,1,Goto(") == STEPS - 1
    assert text.count("exten => 1,1,Hangup()") == 1


def test_a_wait_is_from_the_end_of_a_prompt_to_the_next_one() -> None:
    waits = Waits()
    play, answer = "Command: STREAM FILE /x 1", "Command: ANSWER"
    for name, at, command, channel in (
        ("AGIExecEnd", "0.5", answer, "a"),
        ("AGIExecStart", "1.0", play, "a"),
        ("AGIExecEnd", "2.0", play, "a"),
        ("AGIExecEnd", "2.1", play, "b"),
        ("AGIExecStart", "2.125", play, "a"),
        ("AGIExecEnd", "3.0", play, "a"),
    ):
        waits.feed(headers([f"Event: {name}", f"Timestamp: {at}", command, f"Uniqueid: {channel}"]))
    assert waits.waits_ms == [125.0]


def test_figures() -> None:
    measured = Menus(100, 0, {"asterisk": 0.3, "engine": 0.1, "valkey": 0.1}, 0.2, [5.0])
    assert measured.figures() == {
        "menu_step_cpu_ms_engine": 2.0,
        "menu_step_cpu_ms_asterisk": 3.0,
        "menu_step_cpu_ms_dialplan": 2.0,
        "digit_to_prompt_p99_ms": 5.0,
    }
