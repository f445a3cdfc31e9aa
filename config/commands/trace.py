"""The command that tells one call's whole story."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import Annotated

import typer
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from config.commands.shared import HERE, SiteFolder, give_up, load, say
from recordings.store import Store
from recordings.trace.story import Step, story


def trace(
    call: Annotated[str, typer.Argument(help="The call's id, as records and the log have it.")],
    site: SiteFolder = HERE,
    numbers: Annotated[bool, typer.Option("--numbers", help="With the customer's number, name and entries.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Tells one call's whole story, over or not: what happened when, and why. The server may run.

    The customer's number, name and what was entered are hidden, unless --numbers; which secret keys were pressed is
    written nowhere.
    """
    found = load(site)
    try:
        steps = asyncio.run(_story(found.database, call, numbers))
    except (SQLAlchemyError, CommandError, OSError) as error:
        give_up(f"the journal cannot be read: {error}")
    if not steps:
        give_up(
            f"no call is called {call[:80]!r} in {found.database.partition('?')[0].rpartition('/')[2]}. An id has 32 "
            "letters and digits; records have it, as on the supervisor's page or by `cordboard export`."
        )
    if as_json:
        begin = steps[0].at
        told = {"call": call, "steps": [{"after_s": round(step.at - begin, 3), **asdict(step)} for step in steps]}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    for line in lines(call, steps, found.zone):
        say(line)


def lines(call: str, steps: Sequence[Step], zone: tzinfo | None) -> list[str]:
    """The story to be read; times of day by this clock, None for the machine's, and since the first step."""
    begin = datetime.fromtimestamp(steps[0].at, zone)
    out, day = [f"Call {call}, {begin:%Y-%m-%d} ({zone or begin.astimezone().tzname()})"], begin.date()
    for step in steps:
        at = datetime.fromtimestamp(step.at, zone)
        if at.date() != day:
            day = at.date()
            out.append(f"{day:%Y-%m-%d}")
        clock = f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
        out.append(f"  {clock} {step.at - steps[0].at:9.3f} s  {step.where:<9}  {step.text}")
    if not any(step.facts["kind"] == "Ended" for step in steps):
        out.append("It goes on, or its end is not written yet.")
    return out


async def _story(database: str, call: str, numbers: bool) -> list[Step]:
    store = await Store.open(database)
    try:
        return await story(store, call, numbers=numbers)
    finally:
        await store.close()
