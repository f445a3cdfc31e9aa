"""The command line: ``cordboard``."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pwdlib import PasswordHash
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from config import app as server
from config import dialplan as include
from config import doctor as examination
from config import log, new_site, settings
from cti.site_files import SiteError
from routing.redis_server import RedisServerError
from routing.store import StoreDown

app = typer.Typer(
    name="cordboard",
    help="An IVR and CTI server for Asterisk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

SiteFolder = Annotated[Path, typer.Option("--site", help="The site's folder.", exists=True, file_okay=False)]
HERE = Path()
_MARKS = {
    examination.Verdict.GOOD: "[green]good    [/]",
    examination.Verdict.DOUBTFUL: "[yellow]doubtful[/]",
    examination.Verdict.BAD: "[red]bad     [/]",
}


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to write the site; must be empty or new.")]) -> None:
    """Writes a small commented site to go on from."""
    try:
        passwords = new_site.write(folder)
    except OSError as error:
        _give_up(str(error))
    table = Table("name", "password", title="Log-ins (shown once)", title_justify="left", box=None)
    for name, password in passwords.items():
        table.add_row(name, password)
    _say(f"A site is in {folder}.")
    console.print(table)
    _say(
        f"Next: tell your Asterisk of it (docs/how-to/asterisk.md), then\n"
        f"  cordboard doctor --site {folder}\n  cordboard run --site {folder}"
    )


@app.command()
def check(site: SiteFolder = HERE) -> None:
    """Reads the whole site and says everything that is wrong with it."""
    found = _load(site)
    counts = f"{len(found.flows)} flow(s), {len(found.queues)} queues, {len(found.people)} people"
    _say(f"{site.resolve()} is good: {counts}.")


@app.command()
def run(site: SiteFolder = HERE) -> None:
    """Runs the server until Ctrl-C."""
    found = _load(site)
    log.set_up()
    try:
        asyncio.run(until_told(server.serve(found, started=lambda url: _say(f"Cordboard is up: {url}"))))
    except (server.CannotStart, server.Broken, SiteError, StoreDown, RedisServerError) as error:
        _give_up(str(error))


@app.command()
def doctor(site: SiteFolder = HERE) -> None:
    """Looks at everything the site needs: Asterisk, phones, folders, clock, disk."""
    found = _load(site)
    log.set_up(level=logging.CRITICAL)  # the findings say it all

    async def look() -> bool:
        healthy = True
        async for finding in examination.examine(found):
            console.print(f"{_MARKS[finding.verdict]}  [bold]{finding.what}[/]  {escape(finding.seen)}", soft_wrap=True)
            if finding.do:
                console.print(f"          → {escape(finding.do)}", soft_wrap=True)
            healthy &= finding.verdict is not examination.Verdict.BAD
        return healthy

    if not asyncio.run(look()):
        raise typer.Exit(1)


@app.command()
def dialplan(
    site: SiteFolder = HERE,
    to: Annotated[Path | None, typer.Option("--to", help="Write it there instead of showing it.")] = None,
) -> None:
    """Writes the include file for Asterisk's extensions.conf."""
    try:
        text = include.render(_load(site))
    except ValueError as error:
        _give_up(str(error))
    if to is None:
        sys.stdout.write(text)
    else:
        try:
            to.write_text(text, encoding="utf-8")
        except OSError as error:
            _give_up(f"{to} cannot be written: {error.strerror}")
        _say(f"Written to {to}. Now: asterisk -rx 'dialplan reload'")


@app.command()
def password() -> None:
    """Asks for a password and prints the hash that people.yaml wants."""
    typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    sys.stdout.write(PasswordHash.recommended().hash(typed) + "\n")


async def until_told(work: Coroutine[Any, Any, None]) -> None:
    """Runs ``work`` until it ends, or until SIGINT or SIGTERM cancels it."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def _load(folder: Path) -> settings.Site:
    try:
        return settings.load(folder)
    except SiteError as error:
        for problem in error.problems:
            errors.print(str(problem), markup=False, style="red", soft_wrap=True)
        count = len(error.problems)
        _give_up(f"{count} problem{'s' if count > 1 else ''} in {folder.resolve()}")


def _say(text: str) -> None:
    """As it is: a path is not broken at the end of a line, and [brackets] are not taken for colours."""
    console.print(text, markup=False, soft_wrap=True)


def _give_up(why: str) -> NoReturn:
    errors.print(why, markup=False, style="bold red", soft_wrap=True)
    raise typer.Exit(1)
