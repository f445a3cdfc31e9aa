"""Commands about grading: sample."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from alembic.util import CommandError
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from config.commands.shared import HERE, SiteFolder, console, give_up, load, say
from config.settings import Site
from cti.site.hints import there_are
from recordings.quality.drawing import Count, NotOver, drawn
from recordings.quality.samples import Week
from recordings.store import Store

BY = "cordboard sample"
"""Who has drawn, as reviews have it."""


def sample(
    rule: Annotated[str, typer.Argument(help="The rule, as under samples in quality.yaml.")],
    week: Annotated[str | None, typer.Option(help="The week, such as 2026-W07; the last one where left out.")] = None,
    site: SiteFolder = HERE,
) -> None:
    """Draws the calls of a week that are to be graded, and says how many of each agent there are.

    Drawn again it adds nothing, but for calls that were not there before. The server may run.
    """
    found = load(site)
    if rule not in found.samples:
        give_up(f"there is no rule called {rule!r}; {there_are(rule, found.samples)}")
    try:
        wanted = Week.parse(week) if week else Week.before(datetime.now(found.zone).date())
        counts = asyncio.run(_drawn(found, rule, wanted))
    except (ValueError, NotOver) as error:
        give_up(str(error))
    except (SQLAlchemyError, CommandError, OSError) as error:
        give_up(f"nothing was drawn: {error}")
    table = Table("agent", "calls", "wanted", title=f"{rule}, {wanted}", title_justify="left", box=None)
    for count in counts:
        table.add_row(count.agent, str(count.drawn), str(count.wanted))
    console.print(table)
    say(f"{sum(count.drawn for count in counts)} calls of {len(counts)} agents are to be graded.")


async def _drawn(site: Site, rule: str, week: Week) -> list[Count]:
    store = await Store.open(site.database)
    try:
        wanted = site.samples[rule]
        return await drawn(store, wanted, site.forms[wanted.form], week, site.zone, BY)
    finally:
        await store.close()
