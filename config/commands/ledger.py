"""Commands about the ledger of recordings: ledger verify."""

from __future__ import annotations

import asyncio

import typer
from alembic.util import CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.exc import SQLAlchemyError

from config.commands.shared import HERE, SiteFolder, errors, give_up, load, say
from config.premises import CannotStart, audit_secret
from config.settings import Site
from config.storage import storage
from recordings.files import Files
from recordings.ledger.proof import Report, verify
from recordings.store import Store

app = typer.Typer(help="The ledger of recordings.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The ledger of recordings."""


@app.command("verify")
def verify_ledger(site: SiteFolder = HERE) -> None:
    """Checks that nothing of the recordings was altered or removed: the ledger, the records, and every file.

    Reads all files, so it takes as long as the disk does. The server may run. Ends with 1 where anything is
    wrong, and names each fault.
    """
    found = load(site)
    if not found.audit_secret_file.exists():
        give_up(f"{found.audit_secret_file} is not there: no server has kept a ledger on this site yet")
    try:
        report = asyncio.run(_verify(found))
    except (CannotStart, SQLAlchemyError, CommandError, OSError) as error:
        give_up(f"the ledger cannot be read: {error}")
    if report.others:
        say(f"{report.others} entries are sealed by another key: only the server that has it can check them.")
    if report.older:
        say(f"{report.older} files are older than the ledger: nothing can be said of them.")
    states = ", ".join(f"{count} {state}" for state, count in sorted(report.states.items())) or "none"
    say(f"{report.entries} entries, {sum(report.states.values())} recordings ({states}), {report.files} files.")
    if report.faults:
        counted = f"{len(report.faults)} fault{'s' if len(report.faults) > 1 else ''}"
        give_up("\n".join([*report.faults, counted]))
    say("All as it was written.")


async def _verify(site: Site) -> Report:
    store = await Store.open(site.database)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as shown:
            task = shown.add_task("", total=None)

            def told(what: str, done: int, of: int) -> None:
                shown.update(task, description=what, completed=done, total=of or None)

            report = await verify(store, audit_secret(site), site.state, Files(site.recordings), told)
            async for fault in storage(site, store).faults(lambda done: told("kept elsewhere", done, 0)):
                report.faults.append(fault)
            return report
    finally:
        await store.close()
