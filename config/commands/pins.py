"""Commands about PINs: pin set."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from redis.exceptions import RedisError

from config import pins
from config.commands.shared import HERE, SiteFolder, give_up, load, say
from routing.redis_server import RedisServerError

app = typer.Typer(help="PINs of accounts, for the verb verify.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """PINs of accounts, for the verb verify."""


@app.command("set")
def set_pin(
    account: Annotated[str, typer.Argument(help="The account, as calls have it in their data.")],
    site: SiteFolder = HERE,
) -> None:
    """Asks for the PIN of an account, and keeps its hash. It counts at once."""
    found = load(site)
    typed = typer.prompt("PIN", hide_input=True, confirmation_prompt=True, err=True)
    try:
        asyncio.run(pins.keep(found, account, pins.check(typed)))
    except (ValueError, RedisError, RedisServerError) as error:
        give_up(str(error))
    say("The PIN is set.")
