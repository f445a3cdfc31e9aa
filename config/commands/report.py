"""The command about reports."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from config.commands.shared import HERE, SiteFolder, console, give_up, load, say
from config.reporting import MOST_SPANS, teams
from config.settings import Site
from recordings.records.history import reading
from recordings.reports.figures import By, Figure, Unit
from recordings.reports.files import Format, written
from recordings.reports.intervals import Interval, spans, whole
from recordings.reports.query import Line, Report, TooMuch, Wanted
from recordings.reports.query import report as made_of


def report(
    by: Annotated[By, typer.Argument(help="What the rows are of.")] = By.QUEUE,
    site: SiteFolder = HERE,
    since: Annotated[
        str, typer.Option("--from", help="A day, or a time such as 2026-05-01T08:00; today if left out.")
    ] = "",
    until: Annotated[str, typer.Option("--to", help="The same, not included; a day after --from if left out.")] = "",
    interval: Annotated[Interval | None, typer.Option("--interval", help="A row for each of them.")] = None,
    name: Annotated[list[str] | None, typer.Option("--name", help="Only these; may be given several times.")] = None,
    together: Annotated[bool, typer.Option("--together", help="All names in one row.")] = False,
    file: Annotated[Path | None, typer.Option("--file", help="Write it there: .csv or .xlsx.")] = None,
) -> None:
    """Tells figures of calls that are over, from the sums that the server keeps; times by the site's clock."""
    found = load(site)
    try:
        start = _moment(since, found) if since else _midnight(found)
        end = _moment(until, found) if until else start + timedelta(days=1)
        if end <= start:
            raise ValueError("--to must be after --from")
        parts = spans(*whole(start.timestamp(), end.timestamp()), interval, found.zone, MOST_SPANS)
        form = None if file is None else Format(file.suffix.removeprefix(".").lower())
    except ValueError as error:
        give_up(str(error) if "Format" not in str(error) else f"{file} must end in .csv or .xlsx")
    try:
        made = asyncio.run(_made(found, Wanted(by, parts, name, together, teams(found))))
        if file is not None and form is not None:
            file.write_bytes(written(made, found.zone, form))
            say(f"Written to {file}.")
            return
    except TooMuch as error:
        give_up(str(error))
    except (SQLAlchemyError, OSError) as error:
        give_up(f"the report cannot be made: {getattr(error, 'orig', None) or error}")
    _show(made, found)


def _midnight(site: Site) -> datetime:
    return datetime.now(site.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _moment(text: str, site: Site) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no day or time; write 2026-05-01, or 2026-05-01T08:00") from None
    return at if at.tzinfo else at.replace(tzinfo=site.zone)


async def _made(site: Site, wanted: Wanted) -> Report:
    async with reading(site.database) as connection:
        return await made_of(connection, wanted)


def _show(made: Report, site: Site) -> None:
    """A row a figure, a column a line where they are few; else a row a line with the figures that say most."""
    if not made.lines:
        say("There are no such calls; they count some minutes after they are over.")
        return
    if len(made.lines) <= 4:
        table = Table("", *(_title(line, site) for line in made.lines), "all", box=None, pad_edge=False)
        for figure in made.figures:
            values = [said(figure, line.figures[figure.name]) for line in (*made.lines, made.total)]
            table.add_row(figure.name, *values)
    else:
        shown = [figure for figure in made.figures if figure.unit is not Unit.SCORE][:8]
        table = Table("", *(figure.name for figure in shown), box=None, pad_edge=False)
        for line in (*made.lines, made.total):
            table.add_row(
                _title(line, site) if line is not made.total else "all",
                *(said(figure, line.figures[figure.name]) for figure in shown),
            )
    for column in table.columns[1:]:
        column.justify = "right"
    console.print(table)
    if len(made.lines) > 4:
        say("All figures: --file report.csv")


def _title(line: Line, site: Site) -> str:
    when = datetime.fromtimestamp(line.start, site.zone).strftime("%m-%d %H:%M")
    return f"{when} {line.name}".strip()


def said(figure: Figure, value: float | None) -> str:
    """A figure for people."""
    if value is None:
        return "–"
    return {
        Unit.SHARE: f"{value:.1%}",
        Unit.SECONDS: f"{value:,.1f} s",
        Unit.SCORE: f"{value:.2f}",
        Unit.COUNT: f"{value:,.0f}",
    }[figure.unit]
