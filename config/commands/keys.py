"""Commands about keys of programs: key add, list, revoke."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from config.commands.shared import HERE, SiteFolder, console, give_up, load, say
from cti.access import Scope
from cti.keys import KeyFolder

app = typer.Typer(help="Keys for programs that use the API.", no_args_is_help=True)

KeyName = Annotated[str, typer.Argument(help="What the key is for, such as crm.")]


@app.callback()
def group() -> None:
    """Keys for programs that use the API."""


@app.command("add")
def add_key(
    name: KeyName,
    scope: Annotated[list[Scope], typer.Option(help="What it is good for; give it once for each.")],
    site: SiteFolder = HERE,
) -> None:
    """Makes a key and shows it, once. It counts at once."""
    try:
        key = KeyFolder(load(site).keys).add(name, scope)
    except (ValueError, OSError) as error:
        give_up(str(error))
    say(f"{key}\nKeep it: it is not shown again.")


@app.command("list")
def list_keys(site: SiteFolder = HERE) -> None:
    """Shows the keys, what they are good for, and when they were last used."""
    table = Table("name", "scopes", "made", "last used", box=None)
    for key in KeyFolder(load(site).keys).all():
        table.add_row(key.name, ", ".join(sorted(key.scopes)), _when(key.made_at), _when(key.used_at))
    console.print(table)


@app.command("revoke")
def revoke_key(name: KeyName, site: SiteFolder = HERE) -> None:
    """Takes a key back. It no longer counts at once; a program on the feed is shown out in seconds."""
    try:
        there = KeyFolder(load(site).keys).revoke(name)
    except OSError as error:
        give_up(str(error))
    if not there:
        give_up(f"there is no key called {name!r}; `cordboard key list` shows them")
    say(f"The key {name} is no longer good.")


def _when(at: float | None) -> str:
    return "never" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
