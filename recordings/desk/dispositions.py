"""What agents said came of their talks, and their notes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.events import DispositionGiven, Event
from cti.calls.words import CallId
from recordings.tables import dispositions


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """What an agent said of a talk, at ``at`` (Unix seconds). ``disposition`` as in ``DispositionGiven``."""

    call: CallId
    agent: str
    at: float
    queue: str
    disposition: str
    notes: str = field(repr=False)


async def keep(connection: AsyncConnection, events: Iterable[Event]) -> None:
    """Of each agent and call the last of these takes the place of what was said before."""
    given = {(e.call, e.agent): e for e in events if isinstance(e, DispositionGiven)}
    if not given:
        return
    await connection.execute(delete(dispositions).where(tuple_(dispositions.c.call, dispositions.c.agent).in_(given)))
    names = [column.name for column in dispositions.c]
    await connection.execute(insert(dispositions), [{n: getattr(e, n) for n in names} for e in given.values()])


async def of_calls(connection: AsyncConnection, calls: Collection[CallId]) -> tuple[Disposition, ...]:
    """What was said of these calls, the first said first."""
    wanted = select(dispositions).where(dispositions.c.call.in_(calls)).order_by(dispositions.c.at)
    return tuple(Disposition(**row._mapping) for row in await connection.execute(wanted))


def given_under(call: ColumnElement[str], path: str) -> ColumnElement[bool]:
    """Whether a call was given this disposition, or one under it."""
    said = dispositions.c.disposition
    under = said.startswith(f"{path} > ", autoescape=True)
    return call.in_(select(dispositions.c.call).where(or_(said == path, under)))


def noted(call: ColumnElement[str], parts: Collection[str]) -> ColumnElement[bool]:
    """Whether an agent's notes of a call have each of these parts in them.

    A number is rare: where there is one, the index is asked for it alone, and the rest is looked for in what it
    found. Asked for a common word beside it, the index goes through all that have that word."""
    notes = dispositions.c.notes
    number = max((word for part in parts for word in part.split() if _NUMBER.search(word)), key=len, default=None)
    found = [like(notes, part) for part in parts]
    if number is not None:
        found = [like(notes, number), *(like(notes + "", part) for part in parts if part != number)]
    return call.in_(select(dispositions.c.call).where(*found))


_NUMBER = re.compile(r"\d{4}")


def like(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether this text is a part of it, in capitals or not."""
    part = re.sub(r"([/%_])", r"/\1", text)
    return column.ilike(f"%{part}%", escape="/")
