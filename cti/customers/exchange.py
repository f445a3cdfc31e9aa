"""The HTTP API of whole tables of customers: looked through before, taken in, and given out."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from cti.access import CustomerExporter, CustomerKeeper
from cti.audit import say
from cti.customers.card import Card, Rules
from cti.customers.importing import (
    Bad,
    BadColumns,
    Good,
    cells_of,
    columns_of,
    guessed,
    keys,
    sorted_out,
    without_doubles,
)
from cti.customers.sheets import (
    CSV,
    MOST_BYTES,
    MOST_EXCEL_ROWS,
    XLSX,
    BadSheet,
    Cells,
    CsvWriter,
    ExcelWriter,
    Writer,
    first,
    read,
)
from cti.customers.store import Store
from cti.personal import veiled_value
from cti.problems import errors
from cti.sight import Sight, sight_of

log = structlog.get_logger(__name__)

ROWS_SHOWN = 20
PROBLEMS_SHOWN = 200
BATCH = 500
"""Rows that are kept in one go; others who write wait no longer than that takes."""

UPLOADS = {"/api/customers/preview": MOST_BYTES, "/api/customers/import": MOST_BYTES}
"""The requests that may be long, and how long, in bytes."""


@dataclass(slots=True)
class Work:
    """A table that is worked on, and by whom. ``rows`` are done by now."""

    who: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class BadRow:
    """Why a row cannot be taken. ``row`` is its number in the file, from 1."""

    row: int
    why: str


@dataclass(slots=True)
class Preview:
    """What an import would do. ``head`` is the first row, ``columns`` what each column is taken for
    (empty: not taken), out of ``keys``; ``rows`` the first rows; ``problems`` the first of ``bad``."""

    head: Sequence[str]
    columns: Sequence[str]
    keys: Sequence[str]
    rows: list[Cells] = field(default_factory=list)
    good: int = 0
    bad: int = 0
    problems: list[BadRow] = field(default_factory=list)


Columns = Annotated[str | None, Query(max_length=2000)]


def routes(
    store: Store, rules: Rules, changed: Callable[[Collection[str]], None], clock: Callable[[], float] = time.time
) -> APIRouter:
    """For supervisors. ``changed`` is told the numbers (E.164) whose cards are others now."""
    router = APIRouter(prefix="/api/customers", tags=["customers"], responses=errors(409))
    bench = _Bench()

    @router.get("/work")
    async def work(_: CustomerKeeper) -> Work | None:
        """How far the table has come that is worked on now; null where there is none."""
        return bench.work

    @router.post("/preview")
    async def preview(request: Request, who: CustomerKeeper, columns: Columns = None) -> Preview:
        """Looks through a file (CSV in UTF-8, or Excel: xlsx), which is the request's body, and keeps
        nothing. ``columns`` says what each column is, joined by commas; left out, it is guessed."""
        async with bench.take(who.name) as work, _uploaded(request) as path:
            head = await asyncio.to_thread(_head, path)
            looked = Preview(head, columns_of(columns, rules) if columns else guessed(head, rules), keys(rules))
            async for rows, good, bad in _batches(path, looked.columns, rules, store):
                looked.rows += [cells for _, cells in rows[: ROWS_SHOWN - len(looked.rows)]]
                looked.problems += [BadRow(one.row, one.why) for one in bad[: PROBLEMS_SHOWN - len(looked.problems)]]
                looked.good += len(good)
                looked.bad += len(bad)
                work.rows += len(rows)
        return looked

    @router.post("/import", response_class=FileResponse)
    async def take_in(request: Request, who: CustomerKeeper, columns: Columns = None) -> FileResponse:
        """Makes cards of a file's good rows, by ``columns`` as ``preview`` has them. Answers with the bad
        rows as CSV, each with its number and the reason; the headers Cordboard-Imported and
        Cordboard-Refused count."""
        imported = refused = 0
        async with bench.take(who.name) as work, _uploaded(request) as path:
            # The whole file can be read, or nothing of it is taken.
            head = await asyncio.to_thread(_head, path, to_the_end=True)
            chosen = columns_of(columns or ",".join(guessed(head, rules)), rules)
            with _folder() as folder:
                writer = CsvWriter(folder / "refused.csv")
                writer.add([["row", "reason", *head]])
                async for rows, good, bad in _batches(path, chosen, rules, store):
                    await store.add([one.details for one in good], clock())
                    changed({number for one in good for number in one.details.numbers})
                    writer.add([[str(one.row), one.why, *one.cells] for one in bad])
                    imported += len(good)
                    refused += len(bad)
                    work.rows += len(rows)
                writer.close()
        say(request.scope, imported=imported, refused=refused)
        log.info("customers imported", who=who.name, imported=imported, refused=refused)
        return _answer(folder / "refused.csv", {"Cordboard-Imported": str(imported), "Cordboard-Refused": str(refused)})

    @router.get("/export", response_class=FileResponse)
    async def export(request: Request, who: CustomerExporter, format: Literal["csv", "xlsx"] = "csv") -> FileResponse:
        """All cards as a table: CSV in UTF-8, or Excel. Numbers are hidden for who may not have them shown."""
        whole = sight_of(who, request).reaches(Sight.ASKED)
        async with bench.take(who.name) as work:
            with _folder() as folder:
                path = folder / f"customers.{format}"
                writer: Writer = ExcelWriter(path) if format == "xlsx" else CsvWriter(path)
                writer.add([keys(rules)])
                async for cards in store.all():
                    work.rows += len(cards)
                    if format == "xlsx" and work.rows >= MOST_EXCEL_ROWS:
                        raise HTTPException(409, f"Excel has no more than {MOST_EXCEL_ROWS} rows; export as csv")
                    await asyncio.to_thread(_add, writer, cards if whole else map(veiled_value, cards), rules)
                await asyncio.to_thread(writer.close)
        say(request.scope, customers=work.rows, numbers="whole" if whole else "hidden")
        log.info("customers exported", who=who.name, customers=work.rows)
        return _answer(path)

    return router


class _Bench:
    """One table at a time, so that calls come first."""

    def __init__(self) -> None:
        self.work: Work | None = None

    @asynccontextmanager
    async def take(self, who: str) -> AsyncIterator[Work]:
        """For a table of this person. Says what is wrong with one that is no good."""
        if self.work is not None:
            raise HTTPException(409, "another table of customers is worked on; try again when that is done")
        self.work = work = Work(who)
        try:
            yield work
        except (BadSheet, BadColumns) as error:
            raise HTTPException(422, str(error)) from None
        finally:
            self.work = None


@asynccontextmanager
async def _uploaded(request: Request) -> AsyncIterator[Path]:
    """The request's body as a file, for as long as it is worked on."""
    with tempfile.TemporaryDirectory(prefix="cordboard-") as folder:
        path = Path(folder) / "table"
        with path.open("wb") as file:
            async for chunk in request.stream():
                await asyncio.to_thread(file.write, chunk)
        yield path


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for what is answered; it goes at once if that comes to nothing."""
    folder = Path(tempfile.mkdtemp(prefix="cordboard-"))
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _answer(path: Path, headers: dict[str, str] | None = None) -> FileResponse:
    """The file; its folder goes when it is sent."""
    gone = BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True)
    kind = XLSX if path.suffix == ".xlsx" else CSV
    return FileResponse(path, headers=headers, media_type=kind, filename=path.name, background=gone)


def _head(path: Path, *, to_the_end: bool = False) -> Cells:
    """The first row. Raises BadSheet."""
    rows = read(path)
    _, head = next(rows, (0, ()))
    if not head:
        raise BadSheet("the file is empty; its first row has the names of the columns")
    if to_the_end:
        for _ in rows:
            pass
    return head


async def _batches(
    path: Path, columns: Sequence[str], rules: Rules, store: Store
) -> AsyncIterator[tuple[list[tuple[int, Cells]], list[Good], list[Bad]]]:
    """The rows after the first, some at a time, with those that are cards and those that cannot be."""
    rows = read(path)
    seen: dict[tuple[str, str], int] = {}

    def work() -> tuple[list[tuple[int, Cells]], list[Good], list[Bad]]:
        batch = first(rows, BATCH)
        return batch, *sorted_out(batch, columns, rules)

    await asyncio.to_thread(next, rows, None)
    while True:
        batch, good, bad = await asyncio.to_thread(work)
        if not batch:
            return
        good, doubles = without_doubles(good, await store.doubles([one.details for one in good]), seen)
        yield batch, good, sorted(bad + doubles, key=lambda one: one.row)


def _add(writer: Writer, cards: Iterable[Card], rules: Rules) -> None:
    writer.add([cells_of(card, rules) for card in cards])
