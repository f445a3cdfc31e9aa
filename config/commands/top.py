"""The command that shows the live state in a terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.live import Live

from config.commands.shared import HERE, SiteFolder, console, give_up, load, until_told
from config.running import NotRunning, found
from config.top import Look, read, screen

EVERY_S = 1.0
PATIENCE_S = 5.0

Where = Callable[[], str]
"""The address of the server. Raises NotRunning."""


def top(
    site: SiteFolder = HERE,
    url: Annotated[
        str | None, typer.Option(help="The address of the server, such as http://10.0.0.2:8080; else the site's own.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Shows it once, after two looks a second apart.")] = False,
) -> None:
    """Shows the live state, each second anew, until Ctrl-C: calls, queues, agents, and how the server is.

    No number or name of a customer is in it.
    """
    where = partial(_address, load(site).state) if url is None else lambda: url
    try:
        if once:
            asyncio.run(_once(where))
        else:
            asyncio.run(until_told(_follow(where)))
    except NotRunning as error:
        give_up(str(error))


def _address(state: Path) -> str:
    return found(state)[0]


async def _once(where: Where) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
        before = await _look(client, where)
        await asyncio.sleep(EVERY_S)
        now = await _look(client, where)
    plain = Console(highlight=False, color_system=None, width=console.width)
    plain.print(screen(now, before, plain.width, None))


async def _follow(where: Where) -> None:
    """A server that does not answer is asked again: it may be starting."""
    before: Look | None = None
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                began = time.monotonic()
                try:
                    now = await _look(client, where)
                    live.update(screen(now, before, console.width, console.height), refresh=True)
                    before = now
                except NotRunning as error:
                    live.update(f"{error}\nIt is asked again each second. Ctrl-C ends this.", refresh=True)
                    before = None
                await asyncio.sleep(max(0.0, began + EVERY_S - time.monotonic()))


async def _look(client: httpx.AsyncClient, where: Where) -> Look:
    """The server as it is now. Raises NotRunning."""
    url = where().rstrip("/")
    try:
        answer = await client.get(f"{url}/metrics")
        answer.raise_for_status()
        return read(answer.text, url, time.time(), time.monotonic())
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotRunning(f"{url} does not answer: {error or type(error).__name__}") from None
    except ValueError:
        raise NotRunning(f"{url} answers, but is no server of Cordboard") from None
