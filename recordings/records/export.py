"""Calls that are over as a file: CSV, lines of JSON, or Parquet, a page at a time, however many there are.

A page is a search of its own, so that no long look holds the database up; each is written before the next is
read. CSV and Parquet have a row a call, JSON has its segments too.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import select

from cti.calls.words import CallId
from cti.personal import veiled_value
from cti.spreadsheets import harmless
from recordings.desk.dispositions import Disposition, of_calls
from recordings.records.record import CallRecord, Segment
from recordings.records.search import Cursor, Filters
from recordings.rows import segment_of
from recordings.store import Store
from recordings.tables import segments

PAGE = 500
GROUP = 50_000
"""Rows of Parquet that are packed together."""
_CHUNK = 256 * 1024


class Format(StrEnum):
    """What a file of calls may be."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


TYPES: Mapping[Format, str] = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSONL: "application/jsonl",
    Format.PARQUET: "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """A call as it is exported."""

    record: CallRecord
    segments: Sequence[Segment]
    dispositions: Sequence[Disposition]


Pages: TypeAlias = AsyncIterator[list[Exported]]

_TIMES = ("arrived_at", "answered_at", "queued_at", "connected_at", "ended_at")
_KINDS = {
    "priority": int,
    "cause": int,
    "offers": int,
    "wait_s": float,
    "talk_s": float,
    "score": float,
    "estimated": bool,
}
_SAID = ("dispositions", "notes")
COLUMNS = (*(one.name for one in fields(CallRecord)), *_SAID)
"""Of CSV and Parquet: the record's fields, and what agents said, each on a line."""


async def export(
    store: Store, filters: Filters, format: Format, seen: Callable[[int], None], *, whole: bool = True
) -> AsyncIterator[bytes]:
    """The file, in pieces; the newest call first. ``seen`` is told how many calls there are by now. Calls that
    end meanwhile may or may not be in it; none is in it twice. Numbers are hidden where it is not ``whole``.
    Raises SQLAlchemyError."""
    pages = _counted(_pages(store, filters), seen)
    if not whole:
        pages = _veiled(pages)
    if format is Format.PARQUET:
        async for piece in _parquet(pages):
            yield piece
        return
    if format is Format.CSV:
        yield _csv([COLUMNS], begins=True)
    async for page in pages:
        yield _csv([_cells(one) for one in page]) if format is Format.CSV else b"".join(map(_line, page))


async def _pages(store: Store, filters: Filters) -> Pages:
    after: Cursor | None = None
    while True:
        page, after = await store.search(filters, PAGE, after)
        ids = [record.id for record in page]
        parts: dict[CallId, list[Segment]] = {id: [] for id in ids}
        said: dict[CallId, list[Disposition]] = {id: [] for id in ids}
        async with store.connect() as connection:
            wanted = select(segments).where(segments.c.call.in_(ids)).order_by(segments.c.call, segments.c.number)
            for row in await connection.execute(wanted):
                parts[row.call].append(segment_of(row))
            for one in await of_calls(connection, ids):
                said[one.call].append(one)
        yield [Exported(record, parts[record.id], said[record.id]) for record in page]
        if after is None:
            return


async def _counted(pages: Pages, seen: Callable[[int], None]) -> Pages:
    count = 0
    async for page in pages:
        count += len(page)
        seen(count)
        yield page


async def _veiled(pages: Pages) -> Pages:
    async for page in pages:
        yield [
            Exported(
                veiled_value(one.record),
                [*map(veiled_value, one.segments)],
                [*map(veiled_value, one.dispositions)],
            )
            for one in page
        ]


def _line(one: Exported) -> bytes:
    whole = {**asdict(one.record), "segments": list(map(asdict, one.segments))}
    whole["dispositions"] = list(map(asdict, one.dispositions))
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _csv(rows: Sequence[Sequence[str]], *, begins: bool = False) -> bytes:
    """In UTF-8; a file begins with the mark by which Excel knows that."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig" if begins else "utf-8")


def _cells(one: Exported) -> list[str]:
    return [_cell(name, value) for name, value in _values(one).items()]


def _cell(name: str, value: Any) -> str:
    """Times are ISO 8601, as spreadsheets know them."""
    if value is None:
        return ""
    if name in _TIMES:
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(one: Exported) -> dict[str, Any]:
    """By COLUMNS; what is several things is JSON."""
    values = {}
    for name, value in asdict(one.record).items():
        values[name] = json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else value
    values["dispositions"] = "\n".join(said.disposition for said in one.dispositions if said.disposition)
    values["notes"] = "\n".join(said.notes for said in one.dispositions if said.notes)
    return values


async def _parquet(pages: Pages) -> AsyncIterator[bytes]:
    """By way of a file: what says where everything is comes last."""
    loop, gone = asyncio.get_running_loop(), threading.Event()

    def batches() -> Iterator[list[Exported]]:
        """In the thread that writes: each page when the one before is written."""
        while not gone.is_set():
            page = asyncio.run_coroutine_threadsafe(anext(pages, None), loop).result()
            if page is None:
                return
            yield page

    with tempfile.TemporaryDirectory(prefix="cordboard-") as folder:
        path = Path(folder) / "calls.parquet"
        writing = asyncio.ensure_future(asyncio.to_thread(_write_parquet, path, batches()))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:  # nobody wants it any more: the thread goes with its next page
            gone.set()
            await asyncio.wait({writing})
            raise
        file = await asyncio.to_thread(path.open, "rb")
        try:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk
        finally:
            file.close()


def _write_parquet(path: Path, pages: Iterator[list[Exported]]) -> None:
    from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema  # noqa: PLC0415 large
    from arro3.io import write_parquet  # noqa: PLC0415

    kinds = {int: DataType.int64(), float: DataType.float64(), bool: DataType.bool()}
    moment = DataType.timestamp("us", tz="UTC")
    plain = {name: kinds[_KINDS[name]] if name in _KINDS else DataType.utf8() for name in COLUMNS}
    schema = Schema([Field(name, moment if name in _TIMES else plain[name]) for name in COLUMNS])

    def batch(page: list[Exported]) -> RecordBatch:
        rows = [_values(one) for one in page]
        arrays = []
        for name in COLUMNS:
            column = [row[name] for row in rows]
            if name in _TIMES:
                micros = [None if at is None else round(at * 1_000_000) for at in column]
                arrays.append(Array(micros, DataType.int64()).cast(moment))
            else:
                arrays.append(Array([str(v) if isinstance(v, StrEnum) else v for v in column], plain[name]))
        return RecordBatch.from_arrays(arrays, schema=schema)

    write_parquet(RecordBatchReader.from_batches(schema, map(batch, pages)), path, max_row_group_size=GROUP)
