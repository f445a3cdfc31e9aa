"""Tables of text in files: CSV and Excel (xlsx), read and written row by row.

What is read is hostile until it is checked: sizes are bounded, and nothing in a file is worked out.
What is written cannot be a formula where it is opened.
"""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from cti.spreadsheets import FORMULA, harmless

MOST_BYTES = 64 * 1024 * 1024
MOST_UNPACKED = 400 * 1024 * 1024
"""Bytes that an Excel file, which is packed, may come to."""
MOST_ROWS = 200_000
MOST_COLUMNS = 60
MOST_EXCEL_ROWS = 1_048_576
"""Rows that Excel can open."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"

_CHUNK = 1024 * 1024


class BadSheet(ValueError):
    """A file that cannot be read as a table. The message says why and what to do."""


Cells = tuple[str, ...]


def read(path: Path) -> Iterator[tuple[int, Cells]]:
    """The rows of a file, with their numbers as a spreadsheet counts them, from 1; without those that are
    empty. Whether it is Excel or CSV is seen from the file. Raises BadSheet, at any row."""
    with path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
    count = 0
    for number, row in enumerate(_excel(path) if packed else _csv(path), 1):
        width = max((at for at, cell in enumerate(row, 1) if cell), default=0)
        if cells := row[:width]:
            count += 1
            if count > MOST_ROWS + 1:
                raise BadSheet(f"there are more than {MOST_ROWS} rows; divide the file")
            if len(cells) > MOST_COLUMNS:
                raise BadSheet(f"row {number} has more than {MOST_COLUMNS} columns")
            yield number, cells


def _csv(path: Path) -> Iterator[Cells]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        head = next(iter(file), "")
        separator = max((",", ";", "\t"), key=head.count)
        file.seek(0)
        rows = csv.reader(file, delimiter=separator)
        try:
            for row in rows:
                yield tuple(_unescaped(cell) for cell in row)
        except csv.Error as error:
            raise BadSheet(f"line {rows.line_num} cannot be read as CSV: {error}") from None


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        begin = file.read(2)
        encoding = "utf-16" if begin in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError:
            raise BadSheet("the file is neither Excel (xlsx) nor text in UTF-8; save it as CSV UTF-8") from None
    return encoding


def _excel(path: Path) -> Iterator[Cells]:
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise BadSheet(f"unpacked, the file has more than {MOST_UNPACKED // 1024**2} MB; divide it")
            from openpyxl import load_workbook  # noqa: PLC0415

            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            for row in book.worksheets[0].iter_rows(max_col=MOST_COLUMNS + 1, values_only=True):
                yield tuple(map(_text, row))
    except BadSheet:
        raise
    except Exception as error:  # the library raises whatever a broken file makes it stumble over
        raise BadSheet(f"the file cannot be read as Excel (xlsx): {type(error).__name__}") from None


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return value.isoformat(" ").removesuffix(" 00:00:00")
        case date():
            return value.isoformat()
    return _unescaped(str(value))


def _unescaped(cell: str) -> str:
    """The text as it was before ``harmless``."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


class Writer(Protocol):
    """Writes rows into a file; it is whole only after ``close``."""

    def add(self, rows: Sequence[Sequence[str]]) -> None: ...

    def close(self) -> None: ...


class CsvWriter:
    """CSV in UTF-8, with the mark by which Excel knows that."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._file)

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        self._rows.writerows([harmless(cell) for cell in row] for row in rows)

    def close(self) -> None:
        self._file.close()


class ExcelWriter:
    """Excel (xlsx); all cells are text."""

    def __init__(self, path: Path) -> None:
        from openpyxl import Workbook  # noqa: PLC0415 slow to load, and few exports are Excel

        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("Customers")

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        for row in rows:
            self._sheet.append([self._cell(cell) for cell in row])

    def close(self) -> None:
        self._book.save(self._path)

    def _cell(self, text: str) -> Any:
        if not text.startswith("="):
            return text
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

        cell = WriteOnlyCell(self._sheet, text)
        cell.data_type = "s"
        return cell


def first(rows: Iterator[tuple[int, Cells]], count: int) -> list[tuple[int, Cells]]:
    """The next ``count`` rows; fewer at the end."""
    return list(islice(rows, count))
