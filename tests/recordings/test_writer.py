"""The writer: batches, retries, nothing lost or doubled, nothing told to the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy.exc import DataError, OperationalError
from structlog.testing import capture_logs

from recordings.ledger.ledger import Entry
from recordings.records.record import Recording
from recordings.spool import Sink
from recordings.store import Filters, JournalRow, Store
from recordings.writer import BATCH, Writer
from tests.recordings.scenarios import events

CALL = "0 Arrived caller=0301234567\n1 Queued queue=sales\n5 Ended by=caller"
LOCKED = OperationalError("insert", {"caller": "0301234567"}, Exception("database is locked"), hide_parameters=True)


SinkT = TypeVar("SinkT", bound=Sink)


class Rows:
    """A sink that keeps what it is given, once; ``fault`` may raise before or after."""

    def __init__(self, fault: Callable[[Sequence[JournalRow], bool], None] = lambda _rows, _done: None) -> None:
        self.fault = fault
        self.batches: list[int] = []
        self.numbers: dict[int, str] = {}

    async def write(
        self, rows: Sequence[JournalRow], found: Sequence[Recording] = (), entries: Sequence[Entry] = ()
    ) -> None:
        self.fault(rows, False)
        self.batches.append(len(rows))
        self.numbers |= {r.number: type(r.event).__name__ for r in rows}
        self.fault(rows, True)


async def written(sink: SinkT, folder: Path, text: str, times: int = 1) -> SinkT:
    writer = Writer(sink, folder, retry_s=0.001)
    writer.start()
    for _ in range(times):
        for event in events(text):
            writer.put(event)
    await writer.stop()
    assert writer.pending == 0
    return sink


async def test_rows_go_in_batches_in_order(tmp_path: Path) -> None:
    sink = await written(Rows(), tmp_path, CALL, times=700)
    assert max(sink.batches) == BATCH
    assert list(sink.numbers) == list(range(1, 2_101))


async def test_a_database_that_is_away_loses_nothing_and_its_error_tells_no_number(tmp_path: Path) -> None:
    faults = iter([LOCKED, OSError("connection refused"), LOCKED])

    def fault(_rows: Sequence[JournalRow], done: bool) -> None:
        error = next(faults, None) if not done else None
        if error is not None:
            raise error

    with capture_logs() as logs:
        sink = await written(Rows(fault), tmp_path, CALL)
    assert list(sink.numbers.values()) == ["Arrived", "Queued", "Ended"]
    assert [entry["log_level"] for entry in logs] == ["warning"] * 3
    assert "0301234567" not in str(logs)


async def test_a_row_that_is_never_taken_holds_up_no_other(tmp_path: Path) -> None:
    def fault(rows: Sequence[JournalRow], done: bool) -> None:
        if not done and any(type(r.event).__name__ == "Queued" for r in rows):
            raise DataError("insert", {}, Exception("bad value 0301234567"))

    with capture_logs() as logs:
        sink = await written(Rows(fault), tmp_path, CALL)
    assert list(sink.numbers.values()) == ["Arrived", "Ended"]
    assert [(entry["log_level"], entry["row"]) for entry in logs] == [("error", "Queued")]
    assert "0301234567" not in str(logs)


async def test_stopping_while_the_database_is_away_ends_and_says_what_is_lost(tmp_path: Path) -> None:
    def fault(_rows: Sequence[JournalRow], _done: bool) -> None:
        raise LOCKED

    writer = Writer(Rows(fault), tmp_path)
    writer.start()
    for event in events(CALL):
        writer.put(event)
    with capture_logs() as logs:
        await writer.stop(grace_s=0.01)
    assert (logs[-1]["event"], logs[-1]["rows"]) == ("journal rows are left for the next start", 3)


async def test_a_commit_whose_answer_is_lost_doubles_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write, answers = store.write, iter([False, False, True])

    async def flaky(*what: Sequence[Any]) -> None:
        await write(*what)
        if not next(answers, True):
            raise LOCKED

    monkeypatch.setattr(store, "write", flaky)
    writer = Writer(store, tmp_path, retry_s=0.001)
    writer.start()
    for event in events(CALL):
        writer.put(event)
    await writer.stop()
    found, _ = await store.search(Filters())
    assert [(r.id, r.wait_s) for r in found] == [("c1", 4.0)]
    assert await store.unfinished() == []


async def test_a_locked_database_is_waited_for(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await Store.open(f"{url}?timeout=0.001")
    other = sqlite3.connect(tmp_path / "cordboard.db")
    other.execute("BEGIN IMMEDIATE")
    write, refused = store.write, 0

    async def counted(*what: Sequence[Any]) -> None:
        nonlocal refused
        try:
            await write(*what)
        except OperationalError:
            refused += 1
            if refused == 3:
                other.rollback()
            raise

    monkeypatch.setattr(store, "write", counted)
    with capture_logs() as logs:
        await written(store, tmp_path, CALL)
    other.close()
    assert [entry["error"] for entry in logs] == ["database is locked"] * 3
    found, _ = await store.search(Filters())
    assert [r.id for r in found] == ["c1"]
    await store.close()


async def test_what_was_not_written_before_a_crash_is_only_the_last_batch(
    store: Store, url: str, tmp_path: Path
) -> None:
    await store.write([JournalRow("first", n, e) for n, e in enumerate(events(CALL)[:2], 1)])
    crashed = Writer(store, tmp_path)
    for event in events("5 Ended by=caller"):
        crashed.put(event)

    again = await Store.open(url)
    assert await again.unfinished() == events(CALL)[:2]
    writer = Writer(again, tmp_path)
    writer.start()
    for event in events("9 Ended by=caller estimated=true"):
        writer.put(event)
    await writer.stop()
    found, _ = await again.search(Filters())
    assert [(r.id, r.estimated) for r in found] == [("c1", True)]
    await again.close()
