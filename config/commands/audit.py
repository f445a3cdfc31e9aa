"""Commands about the audit log: audit verify."""

from __future__ import annotations

import asyncio

import typer
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from config.commands.shared import HERE, SiteFolder, give_up, load, say
from config.premises import CannotStart, audit_secret
from config.settings import Site
from recordings.audit.log import Verdict, verify
from recordings.store import Store

app = typer.Typer(help="The audit log.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The audit log."""


@app.command("verify")
def verify_log(site: SiteFolder = HERE) -> None:
    """Checks that no entry of the audit log was changed or removed. The server may run."""
    found = load(site)
    if not found.audit_secret_file.exists():
        give_up(f"{found.audit_secret_file} is not there: no server has kept an audit log on this site yet")
    try:
        verdict = asyncio.run(_verify(found))
    except (CannotStart, SQLAlchemyError, CommandError) as error:
        give_up(f"the audit log cannot be read: {error}")
    if verdict.others:
        say(f"{verdict.others} entries are sealed by another key: only the server that has it can check them.")
    if verdict.problems:
        give_up("\n".join(verdict.problems))
    say(f"{verdict.count} entries, each as it was written.")


async def _verify(site: Site) -> Verdict:
    store = await Store.open(site.database)
    try:
        return await verify(store, audit_secret(site), site.audit_head)
    finally:
        await store.close()
