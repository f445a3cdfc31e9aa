"""The command line: ``cordboard``."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from pwdlib import PasswordHash
from rich.markup import escape
from rich.table import Table

from config import browser_phones, log, new_site, report
from config import dialplan as include
from config import doctor as examination
from config.commands import (
    audit,
    drain,
    erase,
    keys,
    ledger,
    menus,
    pins,
    pipeline,
    quality,
    records,
    simulate,
    staff,
    storage,
    top,
    trace,
    transcribe,
)
from config.commands import report as reports
from config.commands.shared import HERE, SiteFolder, console, give_up, load, load_all, say, until_told
from config.premises import CannotStart
from config.serve import Broken, serve
from cti.site.durations import seconds
from cti.site.files import SiteError
from routing.redis_server import RedisServerError
from routing.store import StoreDown

app = typer.Typer(
    name="cordboard",
    help="An IVR and CTI server for Asterisk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(pins.app, name="pin")
app.add_typer(keys.app, name="key")
app.add_typer(audit.app, name="audit")
app.add_typer(ledger.app, name="ledger")
app.add_typer(storage.app, name="storage")
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
        give_up(str(error))
    table = Table("name", "password", title="Log-ins (shown once)", title_justify="left", box=None)
    for name, password in passwords.items():
        table.add_row(name, password)
    say(f"A site is in {folder}.")
    console.print(table)
    say(
        f"Next: tell your Asterisk of it (docs/how-to/asterisk.md), then\n"
        f"  cordboard doctor --site {folder}\n  cordboard run --site {folder}"
    )


@app.command()
def check(
    site: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FOLDER",
            help="The site's folder; several are checked one by one, and side by side.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    max_time_to_human: Annotated[
        str | None, typer.Option(help="Fail if a caller may need longer to reach a queue or a transfer, such as 90s.")
    ] = None,
) -> None:
    """Reads the site, says all that is wrong with it, and certifies its flows.

    Several sites are looked at side by side too: for agents and phones that two of them have.
    """
    try:
        limit = None if max_time_to_human is None else seconds(max_time_to_human)
    except ValueError as error:
        give_up(f"--max-time-to-human {error}")
    slow: list[str] = []
    for folder, found in load_all(site or [HERE]).items():
        told = report.report(found)
        flows = f"{len(told.certificates)} flow(s)"
        say(f"{folder.resolve()} is good: {flows}, {len(found.queues)} queues, {len(found.people)} people.")
        report.show(console, told)
        slow += report.too_slow(told, limit) if limit is not None else ()
    if slow:
        give_up("\n".join(slow))


@app.command()
def run(site: SiteFolder = HERE) -> None:
    """Runs the server until Ctrl-C."""
    found = load(site)
    log.set_up(form=found.settings.log)
    try:
        serving = serve(found, started=lambda url: say(f"Cordboard is up: {url}"), hangup_reloads=True)
        uvloop.run(until_told(serving))
    except (CannotStart, Broken, SiteError, StoreDown, RedisServerError) as error:
        give_up(str(error))


@app.command()
def doctor(site: SiteFolder = HERE) -> None:
    """Looks at everything the site needs: Asterisk, phones, folders, clock, disk."""
    found = load(site)
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
        text = include.render(load(site))
    except ValueError as error:
        give_up(str(error))
    _put(text, to, "dialplan reload")


@app.command()
def phones(
    site: SiteFolder = HERE,
    to: Annotated[Path | None, typer.Option("--to", help="Write it there instead of showing it.")] = None,
) -> None:
    """Writes the include file for Asterisk's pjsip.conf: the phones in the browser, with passwords."""
    found = load(site)
    if not found.browser_phones:
        give_up("nobody has a phone in the browser; people.yaml gives one: browser_phone")
    try:
        text = browser_phones.render(found)
    except CannotStart as error:
        give_up(str(error))
    _put(text, to, "pjsip reload", mode=0o600)


def _put(text: str, to: Path | None, after: str, mode: int = 0o666) -> None:
    """Writes a file for Asterisk. ``mode`` is for a new file; one that is there keeps its own."""
    if to is None:
        sys.stdout.write(text)
        return
    try:
        with open(to, "w", encoding="utf-8", opener=partial(os.open, mode=mode)) as file:
            file.write(text)
    except OSError as error:
        give_up(f"{to} cannot be written: {error.strerror}")
    say(f"Written to {to}. Now: asterisk -rx '{after}'")


@app.command()
def password() -> None:
    """Asks for a password and prints the hash that people.yaml wants."""
    typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    sys.stdout.write(PasswordHash.recommended().hash(typed) + "\n")


for _command in (
    menus.walk, menus.graph, menus.schema, menus.diff, menus.reload, drain.drain, simulate.simulate, staff.staff,
    quality.sample, records.rebuild, records.export, pipeline.pipeline, transcribe.transcribe, erase.erase,
    reports.report, trace.trace, top.top,
):  # fmt: skip
    app.command()(_command)
