from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.journal import Written, double_assignments, journal, outcomes, took_ms


def test_reads_offers_talks_and_records(tmp_path: Path) -> None:
    file = tmp_path / "cordboard.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, kind TEXT, at DOUBLE, call TEXT, data JSON)")
        connection.execute("CREATE TABLE calls (id TEXT, outcome TEXT)")
        rows = [
            ("Arrived", 1.0, "c", "{}"),
            ("Offered", 2.0, "c", '{"offer": "x", "agent": "ann"}'),
            ("Ended", 3.0, "c", "{}"),
        ]
        connection.executemany("INSERT INTO journal (kind, at, call, data) VALUES (?, ?, ?, ?)", rows)
        connection.execute("INSERT INTO calls VALUES ('c', 'answered')")
        connection.commit()
    assert journal(file) == [Written("Offered", 2.0, "c", "x", "ann"), Written("Ended", 3.0, "c")]
    assert outcomes(file) == {"c": "answered"}


def test_times_are_of_calls_of_the_measured_rounds_that_came_so_far() -> None:
    rows = [
        Written("Offered", 1.0, "warm-up"),
        Written("Connected", 1.5, "warm-up"),
        Written("Offered", 10.0, "a"),
        Written("Offered", 10.1, "refused"),
        Written("Connected", 10.02, "a"),
        Written("Offered", 30.0, "b"),
        Written("Connected", 30.5, "b"),
    ]
    assert took_ms(rows, "Offered", "Connected", [(9.0, 20.0), (29.0, 30.1)]) == pytest.approx([20.0, 500.0])


def offered(call: str, agent: str) -> Written:
    return Written("Offered", 0.0, call, f"{call}-{agent}", agent)


def test_one_after_the_other_is_no_double_assignment() -> None:
    rows = [
        offered("c1", "ann"),
        Written("Refused", 0.0, "c1", "c1-ann", "ann"),
        offered("c2", "ann"),
        offered("c1", "bob"),
        Written("Connected", 0.0, "c1", "c1-bob", "bob"),
        Written("Left", 0.0, "c1"),
        Written("Ended", 0.0, "c1"),
        Written("Ended", 0.0, "c2"),
        offered("c3", "ann"),
        offered("c4", "bob"),
    ]
    assert double_assignments(rows) == []


@pytest.mark.parametrize(
    "rows",
    [
        [offered("c1", "ann"), offered("c2", "ann")],
        [offered("c1", "ann"), offered("c1", "bob")],
        [offered("c1", "ann"), Written("Connected", 0.0, "c1", "x", "bob")],
        [offered("c1", "ann"), Written("Ended", 0.0, "c1"), Written("Connected", 0.0, "c1", "c1-ann", "ann")],
    ],
)
def test_double_assignments_are_found(rows: list[Written]) -> None:
    assert len(double_assignments(rows)) == 1
