from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from cti.customers import sheets
from cti.customers.sheets import BadSheet, CsvWriter, ExcelWriter, Writer, first, read
from cti.spreadsheets import harmless


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def excel(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_as_programs_write_it(tmp_path: Path, encoding: str, separator: str) -> None:
    text = f'name{separator}notes\r\n\r\n王芳{separator}"one\r\ntwo{separator} ""three"""\r\n'
    assert list(read(written(tmp_path / "x", text.encode(encoding)))) == [
        (1, ("name", "notes")),
        (3, ("王芳", f'one\r\ntwo{separator} "three"')),
    ]


def test_excel_as_people_write_it(tmp_path: Path) -> None:
    path = excel(
        tmp_path / "x",
        ["name", "phone", "since"],
        [None, None],
        ["Ada", 4930123456.0, datetime(2026, 1, 2)],  # noqa: DTZ001 (a cell has no zone)
        [True, 1.5, date(2026, 1, 2)],
    )
    assert list(read(path)) == [
        (1, ("name", "phone", "since")),
        (3, ("Ada", "4930123456", "2026-01-02")),
        (4, ("yes", "1.5", "2026-01-02")),
    ]


def test_a_formula_is_not_worked_out(tmp_path: Path) -> None:
    assert list(read(excel(tmp_path / "x", ["name"], ["=1+1"]))) == [(1, ("name",))]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"name\nM\xfcller\n", "UTF-8"),
        (b"PK\x03\x04 and no more", "cannot be read as Excel"),
        (b"name\n" + b'"' + b"x" * 200_000, "line .* cannot be read as CSV"),
        (b"a," * 100 + b"a", "more than 60 columns"),
    ],
)
def test_files_that_are_no_table(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(BadSheet, match=why):
        list(read(written(tmp_path / "x", content)))


def test_a_packed_file_that_is_huge_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_UNPACKED", 1_000_000)
    with zipfile.ZipFile(tmp_path / "x", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b" " * 2_000_000)
    with pytest.raises(BadSheet, match="unpacked"):
        list(read(tmp_path / "x"))


def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    assert len(list(read(written(tmp_path / "x", b"name\na\nb\nc\n")))) == 4
    with pytest.raises(BadSheet, match="more than 3 rows"):
        list(read(written(tmp_path / "x", b"name\na\nb\nc\nd\n")))


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-2", "@SUM(A1)", '=HYPERLINK("http://x")', "+49 30=1"])
def test_what_could_be_a_formula_is_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Ada", "+4930123456", "+4930123456; +4930123457", "", "1-2", "<script>"])
def test_what_is_none_stays(text: str) -> None:
    assert harmless(text) == text


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(st.just("Ada"), CELLS, CELLS), min_size=1, max_size=5), kind=st.sampled_from("ce"))
def test_what_is_written_is_read_again(tmp_path: Path, rows: list[tuple[str, str, str]], kind: str) -> None:
    path = tmp_path / "x"
    writer: Writer = CsvWriter(path) if kind == "c" else ExcelWriter(path)
    writer.add([("name", "a", "b"), *rows])
    writer.close()
    again = [tuple((*cells, "", "")[:3]) for _, cells in first(read(path), 10)[1:]]
    # A text that somebody began with an apostrophe and a sign of a formula loses the apostrophe.
    assert again == [tuple(cell[1:] if harmless(cell[1:]) == cell else cell for cell in row) for row in rows]


def test_no_cell_of_what_is_written_is_a_formula(tmp_path: Path) -> None:
    rows = [["=1+1", "+cmd|' /C calc'!A0", "-1", "@x", "+4930123456"]]
    as_excel, as_csv = ExcelWriter(tmp_path / "x"), CsvWriter(tmp_path / "c")
    for writer in (as_excel, as_csv):
        writer.add(rows)
        writer.close()
    book = load_workbook(io.BytesIO((tmp_path / "x").read_bytes()))
    assert {cell.data_type for cell in book.worksheets[0][1]} == {"s"}
    read_back = next(csv.reader(io.StringIO((tmp_path / "c").read_text(encoding="utf-8-sig"))))
    assert read_back == ["'=1+1", "'+cmd|' /C calc'!A0", "'-1", "'@x", "+4930123456"]
