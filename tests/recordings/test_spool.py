"""What is not in the database yet survives the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings import spool as spooling
from recordings.spool import Spool, recover
from recordings.store import Filters, JournalRow, Store
from tests.recordings.scenarios import events

CALL = "0 Arrived caller=0301234567\n1 Queued queue=orders\n5 Ended by=caller"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def rows(count: int, run: str = "r") -> list[JournalRow]:
    happened = events(CALL)
    return [JournalRow(run, n, happened[n % 3]) for n in range(count)]


async def test_a_killed_run_loses_nothing(folder: Path, store: Store) -> None:
    spool = Spool(folder, "r")
    for row in rows(3):
        spool.append(row)
    assert await recover(folder, store) == 3
    assert [r.id for r in (await store.search(Filters()))[0]] == ["c1"]
    assert not list(folder.iterdir())


async def test_what_the_database_had_already_is_not_doubled(folder: Path, store: Store) -> None:
    spool = Spool(folder, "r")
    for row in rows(2):
        spool.append(row)
    await store.write(rows(1))
    await recover(folder, store)
    assert [type(e).__name__ for e in await store.unfinished()] == ["Arrived", "Queued"]


async def test_a_line_cut_short_or_rubbish_stops_nothing(folder: Path, store: Store) -> None:
    spool = Spool(folder, "r")
    for row in rows(2):
        spool.append(row)
    file = next(folder.iterdir())
    file.write_bytes(b"\xff{}\n[]\n" + file.read_bytes() + b'{"run": "r", "num')
    assert await recover(folder, store) == 2


@pytest.mark.parametrize("together", [1, 3, 7])
def test_files_are_begun_and_removed(folder: Path, monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    monkeypatch.setattr(spooling, "ROWS_EACH", 4)
    spool = Spool(folder, "r")
    for row in rows(21):
        spool.append(row)
    assert len(list(folder.iterdir())) == 6
    for _ in range(0, 21, together):
        spool.committed(together)
    assert sum(f.stat().st_size for f in folder.iterdir()) == 0
    spool.append(rows(1)[0])
    spool.close()
    assert [len(f.read_bytes().splitlines()) for f in folder.iterdir()] == [1]
