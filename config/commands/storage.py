"""Commands about where recordings are kept: storage keys, storage rotate."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import typer
from alembic.util import CommandError
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from config import storage as kept
from config.commands.shared import HERE, SiteFolder, console, give_up, load, say
from config.premises import CannotStart
from config.settings import Site
from recordings.storage.catalogue import Catalogue
from recordings.storage.faults import StorageFault
from recordings.store import Store

app = typer.Typer(help="Where recordings are kept: the master keys of sealed ones.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Where recordings are kept: the master keys of sealed ones."""


@app.command("keys")
def list_keys(site: SiteFolder = HERE) -> None:
    """Shows the names of the master keys of sealed recordings, and how many recordings need each.

    The keys themselves are never shown."""
    found = load(site)
    try:
        there, needed = list(kept.ring(found).keys()), asyncio.run(_needed(found))
    except (StorageFault, SQLAlchemyError, CommandError) as error:
        give_up(str(error))
    table = Table("key", "recordings", "", box=None)
    for name in [*there, *(name for name in needed if name not in there)]:
        what = (
            "for new recordings"
            if name == there[-1]
            else ""
            if name in there
            else f"is not in {kept.ring(found).where}"
        )
        table.add_row(name, str(needed.get(name, 0)), what)
    console.print(table)


@app.command("rotate")
def rotate(site: SiteFolder = HERE) -> None:
    """Makes a new master key, and keeps the keys of all recordings under it. The server may run.

    Where the keys are in the environment it makes none: add the new one there, as the last, before."""
    found = load(site)
    try:
        name, count = asyncio.run(_rotate(found))
    except (StorageFault, CannotStart, SQLAlchemyError, CommandError, OSError) as error:
        give_up(f"not all recordings are under the newest key: {error}")
    say(f"{count} recordings are under the key {name} now, and new ones are.")
    say(f"The older keys in {kept.ring(found).where} are needed by older copies of the database only.")


async def _needed(site: Site) -> Mapping[str, int]:
    records = await Store.open(site.database)
    try:
        return await Catalogue(records).sealed_under()
    finally:
        await records.close()


async def _rotate(site: Site) -> tuple[str, int]:
    keys = kept.ring(site)
    records = await Store.open(site.database)
    try:
        if not keys.by_environment:
            keys.add()
        return list(keys.keys())[-1], await kept.storage(site, records).rotate()
    finally:
        await records.close()
