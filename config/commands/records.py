"""Commands about records: rebuild, export."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from alembic.util import CommandError
from pydantic import ValidationError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from config.commands.shared import HERE, SiteFolder, errors, give_up, load, say
from config.customers import ways
from config.reporting import rollups
from config.settings import Site
from recordings.asked import Wanted
from recordings.records.export import Format
from recordings.records.export import export as exporting
from recordings.records.rebuild import Progress as Rebuilt
from recordings.records.rebuild import rebuild as rebuilding
from recordings.records.search import Filters
from recordings.store import Store


def rebuild(site: SiteFolder = HERE) -> None:
    """Makes records, segments and dispositions anew from the journal, and the sums of reports from them. The
    server may run."""
    found = load(site)
    try:
        done = asyncio.run(_rebuild(found))
    except (SQLAlchemyError, CommandError, OSError) as error:
        give_up(f"the records cannot be rebuilt: {error}\nWhat was done stays; begin again.")
    say(f"{done.calls} calls and {done.rows} rows of the journal looked at: {done.changed} were not as it has them.")
    if done.kept:
        say(f"{done.kept} records of calls that the journal has no more stay as they were.")


async def _rebuild(site: Site) -> Rebuilt:
    store = await Store.open(site.database)
    done = Rebuilt()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=errors, transient=True) as shown:
            calls, rows = shown.add_task("calls"), shown.add_task("dispositions", total=None)
            async for done in rebuilding(store):
                shown.update(calls, completed=done.calls, total=done.of)
                shown.update(rows, completed=done.rows, total=done.last)
            shown.add_task("reports", total=None)
            await rollups(site, store).rebuild(time.time())
    finally:
        await store.close()
    return done


def export(
    to: Annotated[Path, typer.Argument(help="The file: its suffix is csv, jsonl or parquet.")],
    site: SiteFolder = HERE,
    **asked: str | None,
) -> None:
    """Writes the calls that are over to a file. The server may run."""
    found = load(site)
    try:
        format = Format(to.suffix.removeprefix("."))
        wanted = Wanted.model_validate({_key(name): value for name, value in asked.items() if value is not None})
    except ValidationError as error:
        give_up("\n".join(f"{_option(str(problem['loc'][0]))}: {problem['msg']}" for problem in error.errors()))
    except ValueError:
        give_up(f"{to}: the file's suffix says what it is to be: csv, jsonl or parquet")
    try:
        count = asyncio.run(_export(found.database, wanted.filters(ways(found.cards.region)), format, to))
    except (SQLAlchemyError, CommandError, OSError) as error:
        give_up(f"the records cannot be exported: {error}")
    say(f"{count} calls are in {to}.")


def _key(name: str) -> str:
    return Wanted.model_fields[name].alias or name


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _with_options(command: Callable[..., None]) -> None:
    """Has the command line show an option for each filter of a search."""
    own = [one for one in inspect.signature(command).parameters.values() if one.kind is not one.VAR_KEYWORD]
    filters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(_option(_key(name)), help=field.description)],
        )
        for name, field in Wanted.model_fields.items()
    ]
    shown = inspect.Signature([*own, *filters])
    command.__annotations__ |= {one.name: one.annotation for one in filters}
    command.__annotations__.pop("asked")
    vars(command)["__signature__"] = shown


_with_options(export)


async def _export(url: str, filters: Filters, format: Format, to: Path) -> int:
    """Into a file that nobody else may read; it takes its name when it is whole."""
    store = await Store.open(url)
    count = 0

    def seen(now: int) -> None:
        nonlocal count
        count = now
        shown.update(task, description=f"{now:,} calls")

    fresh = to.with_name(f".{to.name}.part")
    try:
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=errors, transient=True) as shown:
            task = shown.add_task("")
            with open(fresh, "wb", opener=partial(os.open, mode=0o600)) as file:  # noqa: ASYNC230 nobody else waits
                async for piece in exporting(store, filters, format, seen):
                    file.write(piece)
        fresh.replace(to)
    finally:
        fresh.unlink(missing_ok=True)
        await store.close()
    return count
