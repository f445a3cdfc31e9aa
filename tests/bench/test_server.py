from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pwdlib import PasswordHash

from bench.server import BOSS, QUEUE, Written, journal, write_site
from config import settings


def test_the_site_is_good_and_records_nothing(tmp_path: Path) -> None:
    password = write_site(tmp_path / "site", ["a001", "a002"])
    site = settings.load(tmp_path / "site")
    assert {name: agent.phone for name, agent in site.agents.items()} == {"a001": "PJSIP/a001", "a002": "PJSIP/a002"}
    assert PasswordHash.recommended().verify(password, site.people[BOSS].password)
    assert (site.queues[QUEUE].record, site.queues[QUEUE].wrap_up_s) == (False, 0.0)


def test_the_journal_tells_offers_and_talks(tmp_path: Path) -> None:
    file = tmp_path / "cordboard.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, kind TEXT, at DOUBLE, data JSON)")
        rows = [("Arrived", 1.0, "{}"), ("Offered", 2.0, '{"offer": "x"}'), ("Connected", 3.0, '{"offer": "x"}')]
        connection.executemany("INSERT INTO journal (kind, at, data) VALUES (?, ?, ?)", rows)
        connection.commit()
    assert journal(file) == [Written("Offered", 2.0, "x"), Written("Connected", 3.0, "x")]
