"""Reports as files: CSV, and Excel with real numbers. What is written cannot be a formula where it is opened."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, tzinfo
from enum import StrEnum
from io import BytesIO, StringIO

from recordings.reports.figures import Unit
from recordings.reports.query import Line, Report

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FORMATS = {Unit.COUNT: "#,##0", Unit.SECONDS: "0.0", Unit.SHARE: "0.0%", Unit.SCORE: "0.00"}

Cell = str | float | None


class Format(StrEnum):
    """What a report may be written as."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def written(report: Report, zone: tzinfo | None, form: Format) -> bytes:
    """The whole file; times by the clock in ``zone``, None for this machine's. The last row is the total."""
    return _csv(report, zone) if form is Format.CSV else _excel(report, zone)


def rows(report: Report, zone: tzinfo | None) -> Iterator[list[Cell]]:
    """The heads, a row a line, and the total, whose name is empty. Shares are 0 to 1."""
    yield ["from", "to", report.by.value, *(figure.name for figure in report.figures)]
    for line in (*report.lines, report.total):
        yield [_when(line.start, zone), _when(line.end, zone), _name(line), *line.figures.values()]


def _name(line: Line) -> str:
    return f"'{line.name}" if line.name.startswith(_FORMULA) and not line.name[1:].isdecimal() else line.name


def _when(at: int, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")


def _csv(report: Report, zone: tzinfo | None) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows(report, zone))
    return text.getvalue().encode("utf-8-sig")  # the mark by which Excel knows it


def _excel(report: Report, zone: tzinfo | None) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 slow to load, and few reports are Excel
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(report.by.value)
    sheet.freeze_panes = "D2"
    formats = [None, None, None, *(_FORMATS[figure.unit] for figure in report.figures)]
    for row in rows(report, zone):
        cells = []
        for value, form in zip(row, formats, strict=True):
            cell = WriteOnlyCell(sheet, value)
            if isinstance(value, str):
                cell.data_type = "s"
            elif form:
                cell.number_format = form
            cells.append(cell)
        sheet.append(cells)
    file = BytesIO()
    book.save(file)
    return file.getvalue()
