from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.desk_clients import agents_late, board_late, number
from bench.desks import BOARDS, CALLS, DESKS, IDLE_S, Desks, tokens
from bench.load import Tally
from bench.server import BOSS
from bench.targets import AGENTS
from config.files.people import mark_of
from cti.access import Gate, Person, Role
from cti.sessions import SessionFolder


def note(came: float, **message: object) -> tuple[float, str | bytes]:
    return came, json.dumps(message)


def test_an_agent_is_told_of_one_event_at_a_time() -> None:
    notes = [
        note(10.0, type="snapshot", seq=3, agents=[]),
        note(11.005, type="change", seq=5, at=11.0),
        note(16.0, type="alive", now=16.0),
        note(17.02, type="change", seq=9, at=17.0),
    ]
    assert [(at, round(ms)) for at, ms in agents_late(notes)] == [(11.0, 5), (17.0, 20)]
    assert number(notes) == 9


def test_a_board_is_told_of_many_and_each_row_says_since_when() -> None:
    def row(name: str, since: float) -> dict[str, object]:
        return {"name": name, "since": since}

    notes = [
        note(10.0, type="snapshot", seq=1, agents=[row("a", 1.0), row("b", 2.0)]),
        note(11.05, type="change", seq=2, at=11.04, agents=[row("a", 11.0), row("b", 11.04)]),
        note(12.0, type="change", seq=3, at=11.99, agents=[row("a", 11.0)]),  # its figures of the day
        note(12.1, type="change", seq=4, at=12.09, calls=[]),
    ]
    assert [(at, round(ms)) for at, ms in board_late(notes)] == [(11.0, 50), (11.04, 10)]


def test_tokens_are_good_at_the_site_they_are_of(tmp_path: Path) -> None:
    secret = tmp_path / "var" / "state" / "token-secret"
    secret.parent.mkdir(parents=True)
    secret.write_text("ab" * 32)
    (tmp_path / "people.yaml").write_text("people:\n  boss:\n    password: $argon2id$x\n")
    mark = mark_of("$argon2id$x")
    agent, boss = Person(AGENTS[0], Role.AGENT, password_mark=mark), Person(BOSS, Role.SUPERVISOR, password_mark=mark)
    sessions = SessionFolder(secret.parent / "sessions", b"\xab" * 32)
    gate = Gate(b"\xab" * 32, {AGENTS[0]: agent, BOSS: boss}, sessions=sessions)
    found = tokens(tmp_path)
    assert (len(found["agents"]), len(found["boards"])) == (DESKS, BOARDS)
    first = gate.person(found["agents"][0])
    assert first is not None
    assert first.name == AGENTS[0]
    assert gate.person(found["boards"][0]) == boss


def test_figures() -> None:
    cpu_s = CALLS * 0.010
    found = Desks(Tally(CALLS, 0), CALLS, [1.0, 3.0], [5.0], cpu_s, IDLE_S * 0.05, "snapshot").figures(8.0)
    assert found["event_to_screen_p50_ms"] == 2.0
    assert found["board_p99_ms"] == 5.0
    assert found["desks_cpu_ms_per_call"] == pytest.approx(2.0)
    assert found["desks_idle_cpu_percent"] == pytest.approx(5.0)
