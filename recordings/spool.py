"""What is not in the database yet, in files: a killed program loses none of it.

Each event, recording and entry of the ledger is a line of JSON, handed to the operating system before
anything else is done with it. The database is written in batches some moments later; what it has is taken
out here.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import structlog

from cti.calls import codec
from recordings.ledger.ledger import Entry, What
from recordings.records.record import Recording
from recordings.rows import plain, recording_from
from recordings.store import JournalRow, Store

log = structlog.get_logger(__name__)

ROWS_EACH = 5_000
"""Rows a file holds before the next one is begun."""

_BATCH = 500

Row = JournalRow | Recording | Entry


@dataclass(slots=True)
class _Segment:
    path: Path
    handle: int
    rows: int = 0
    committed: int = 0


class Sink(Protocol):
    """Where rows go, as ``Store.write``: all or nothing, and the same twice is once."""

    async def write(
        self, rows: Sequence[JournalRow], found: Sequence[Recording] = (), entries: Sequence[Entry] = ()
    ) -> None: ...


class Spool:
    """The files of one run, in ``folder``. Rows are committed in the order they were appended."""

    def __init__(self, folder: Path, run: str) -> None:
        self._folder = folder
        self._run = run
        self._count = 0
        self._segments: deque[_Segment] = deque()

    def append(self, row: Row) -> None:
        """Keeps the row. Raises OSError (no room, say); the row is then in memory only."""
        if not self._segments or self._segments[-1].rows >= ROWS_EACH:
            self._begin()
        segment = self._segments[-1]
        os.write(segment.handle, _line(row).encode())
        segment.rows += 1

    def committed(self, rows: int) -> None:
        """The database has the oldest ``rows`` rows."""
        while rows and self._segments:
            segment = self._segments[0]
            taken = min(rows, segment.rows - segment.committed)
            segment.committed += taken
            rows -= taken
            if segment.committed < segment.rows:
                return
            if segment.rows >= ROWS_EACH:
                self._remove(self._segments.popleft())
            else:
                os.ftruncate(segment.handle, 0)
                segment.rows = segment.committed = 0
                return

    def close(self) -> None:
        """Leaves the files whose rows are not all committed for the next run."""
        while self._segments:
            segment = self._segments.popleft()
            if segment.committed == segment.rows:
                self._remove(segment)
            else:
                os.close(segment.handle)

    def _begin(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{self._run}-{self._count:06d}.jsonl"
        self._count += 1
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL
        self._segments.append(_Segment(path, os.open(path, flags, 0o600)))

    def _remove(self, segment: _Segment) -> None:
        os.close(segment.handle)
        segment.path.unlink(missing_ok=True)


async def recover(folder: Path, store: Store) -> int:
    """Brings what an earlier run left in its spool into the database; says how many rows.

    Rows that the database has already change nothing. A last line that was cut short was never
    more than asked for, and is passed over.
    """
    found = 0
    for path in await asyncio.to_thread(lambda: sorted(folder.glob("*.jsonl"))):
        rows = await asyncio.to_thread(_read, path)
        for first in range(0, len(rows), _BATCH):
            await write(store, rows[first : first + _BATCH])
        await asyncio.to_thread(path.unlink)
        found += len(rows)
    return found


async def write(sink: Sink, rows: Sequence[Row]) -> None:
    """Brings rows into the database, all or none."""
    await sink.write(
        [row for row in rows if isinstance(row, JournalRow)],
        [row for row in rows if isinstance(row, Recording)],
        [row for row in rows if isinstance(row, Entry)],
    )


def _line(row: Row) -> str:
    match row:
        case JournalRow():
            return f'{{"run": "{row.run}", "number": {row.number}, "event": {row.data}}}\n'
        case Recording():
            return json.dumps({"recording": plain(row)}) + "\n"
    return json.dumps({"entry": asdict(row)}) + "\n"


def _read(path: Path) -> list[Row]:
    return [row for line in path.read_bytes().splitlines() if (row := _row(line)) is not None]


def _row(line: bytes) -> Row | None:
    try:
        data = json.loads(line)
        if "entry" in data:
            return Entry(**{**data["entry"], "what": What(data["entry"]["what"])})
        if "recording" in data:
            return recording_from(data["recording"])
        return JournalRow(data["run"], data["number"], codec.decode(data["event"]))
    except (ValueError, KeyError, TypeError) as error:
        log.warning("a spooled row cannot be read", error=type(error).__name__)
        return None
