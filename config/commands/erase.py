"""The command that erases a customer."""

from __future__ import annotations

import asyncio
import getpass
import time
from typing import Annotated

import typer
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from config import erasing, running
from config.commands.shared import HERE, SiteFolder, give_up, load, say
from config.live import forgetting_alone
from config.premises import CannotStart, audit_secret, ledger
from config.settings import Site
from config.storage import storage
from cti.customers.store import Store as Cards
from recordings.storage.api import NobodySuch
from recordings.storage.erasure import Erasure
from recordings.storage.life import Life
from recordings.store import Store
from routing.redis_server import RedisServerError
from routing.store import StoreDown


def erase(
    customer: Annotated[int | None, typer.Option(help="The id of his card; without it a number is asked for.")] = None,
    site: SiteFolder = HERE,
) -> None:
    """Erases a customer: his cards and recordings, and what records, notes and comments say of him.

    Callbacks for which he waits are given up. The server may run. What is under a legal hold stays, and is named."""
    found = load(site)
    # Asked for, not given: what is given stands in the shell's history and in lists of processes.
    number = None if customer is not None else typer.prompt("Number", err=True)
    typer.confirm("All that remains of this customer is erased for good. Go on?", abort=True, err=True)
    try:
        done = _erased(found, customer, number)
    except (NobodySuch, CannotStart, RedisServerError, StoreDown, SQLAlchemyError, CommandError, OSError) as error:
        give_up(f"nobody is erased: {error}" if isinstance(error, NobodySuch) else f"not all is erased: {error}")
    told = done.report
    say(f"Erasure {done.id}: {told.calls} calls, {told.recordings} recordings, {told.followups} follow-ups,")
    say(f"{told.comments} comments, {told.callbacks} callbacks, {len(told.cards)} cards.")
    if told.later:
        say(f"{told.later} files cannot be removed now; the server does it later.")
    if told.held:
        say(f"A legal hold keeps {len(told.held)} calls, and the cards: {', '.join(told.held)}")


def _erased(site: Site, customer: int | None, number: str | None) -> Erasure:
    try:
        return erasing.ask(site.state, customer, number)
    except running.NotRunning:
        return asyncio.run(_erase(site, customer, number))


async def _erase(site: Site, customer: int | None, number: str | None) -> Erasure:
    records = await Store.open(site.database, ledger(site, "erase"))
    cards = await Cards.open(site.database)
    try:
        life = Life(records, storage(site, records), ())
        forget = forgetting_alone(site)
        work = erasing.erasing(site, records, cards, life, audit_secret(site), lambda numbers: None, forget)
        return await work(customer, number, f"{getpass.getuser()} (command line)", time.time())
    finally:
        await cards.close()
        await records.close()
