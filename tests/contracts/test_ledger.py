"""What the ledger of recordings must do, over SQLite and over PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from recordings.files import Files
from recordings.ledger.ledger import Entry, Ledger, What, entry_of
from recordings.ledger.proof import verify
from recordings.store import Store
from recordings.tables import ledger
from tests.contracts.postgres import postgres

KEY = bytes(range(32))
EXPECTED = Entry(1_700_000_000.123, What.EXPECTED, "2026/05/01/o1", "c1")
MEASURED = Entry(1_700_000_009.5, What.MEASURED, "2026/05/01/o1", "c1", {"state": "whole", "length_s": 9.25})
PROCESSED = Entry(1_700_000_010, What.PROCESSED, "2026/05/01/o1", "c1", {"files": {"2026/05/01/o1.mp3": "ab" * 32}})


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/cordboard.db"
        return
    async with postgres() as server:
        yield server


async def note(store: Store, *entries: Entry) -> None:
    async with store.writing() as connection:
        await store.note(connection, *entries)


async def found(store: Store, folder: Path) -> list[str]:
    """What is wrong."""
    report = await verify(store, KEY, folder, Files(folder / "recordings"), lambda *_: None)
    return [fault for fault in report.faults if fault.startswith("ledger")]


async def test_entries_are_sealed_in_the_transaction_that_they_tell_of(url: str, tmp_path: Path) -> None:
    store = await Store.open(url, Ledger(KEY, "server", tmp_path))
    await note(store, EXPECTED)
    with suppress(OSError):
        async with store.writing() as connection:
            await store.note(connection, MEASURED)
            raise OSError("no room: what it tells of could not be done")
    await note(store, MEASURED, PROCESSED)
    other = await Store.open(url, Ledger(KEY, "pipeline", tmp_path))
    await note(other, PROCESSED)
    await store.close()

    again = await Store.open(url, Ledger(KEY, "server", tmp_path))  # a server that starts anew goes on with its chain
    await note(again, MEASURED)
    async with again.connect() as connection:
        rows = (await connection.execute(select(ledger).order_by(ledger.c.seq))).all()
    assert [(row.writer, row.number, entry_of(row)) for row in rows] == [
        ("server", 1, EXPECTED),
        ("server", 2, MEASURED),
        ("server", 3, PROCESSED),
        ("pipeline", 1, PROCESSED),
        ("server", 4, MEASURED),
    ]
    report = await verify(again, KEY, tmp_path, Files(tmp_path / "recordings"), lambda *_: None)
    assert (report.entries, report.others, report.states) == (5, 0, {"whole": 1})
    assert report.faults == [
        "2026/05/01/o1: its record is gone; by the ledger it was whole",
        "2026/05/01/o1.mp3: the file is gone (call c1)",
    ]

    async with again.writing() as connection:  # cut off at the end: neither forgotten, nor covered up by what follows
        await connection.execute(delete(ledger).where(ledger.c.number >= 3, ledger.c.writer == "server"))
    assert await found(again, tmp_path) == ["ledger of server: entries 3 to 4 are missing"]
    await note(again, EXPECTED)
    assert await found(again, tmp_path) == ["ledger of server: entries 3 to 4 are missing"]
    await other.close()
    await again.close()


async def test_without_a_ledger_nothing_can_be_noted(url: str) -> None:
    store = await Store.open(url)
    with pytest.raises(RuntimeError, match="without a ledger"):
        await note(store, EXPECTED)
    await store.close()
