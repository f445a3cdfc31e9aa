"""Legal holds: nothing of a call that is under one is deleted or erased, whatever a rule or a person says."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.words import CallId
from recordings.storage.tables import holds
from recordings.tables import calls

MOST = 1000
"""How many are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """``set_by`` wants a call kept. Times are Unix seconds; ``lifted_at`` is None while it holds."""

    id: str
    call: CallId
    reason: str = field(repr=False)
    set_by: str
    set_at: float
    lifted_by: str = ""
    lifted_at: float | None = None


async def held(connection: AsyncConnection, wanted: Collection[str]) -> set[str]:
    """Those of the calls that are under a hold."""
    found = select(holds.c.call).where(holds.c.call.in_(wanted), holds.c.lifted_at.is_(None))
    return set(await connection.scalars(found))


async def of(connection: AsyncConnection, call: CallId | None, *, lifted: bool) -> Sequence[Hold]:
    """The holds of one call or all, newest first, MOST at most; with ``lifted`` those of the past, too."""
    wanted = select(holds).order_by(holds.c.set_at.desc(), holds.c.id).limit(MOST)
    if call is not None:
        wanted = wanted.where(holds.c.call == call)
    if not lifted:
        wanted = wanted.where(holds.c.lifted_at.is_(None))
    return [Hold(**row._mapping) for row in await connection.execute(wanted)]


async def put(connection: AsyncConnection, call: CallId, reason: str, by: str, now: float) -> Hold | None:
    """Sets a hold; None where there is no such call that is over."""
    if await connection.scalar(select(calls.c.id).where(calls.c.id == call)) is None:
        return None
    hold = Hold(id=secrets.token_hex(8), call=call, reason=reason, set_by=by, set_at=now)
    await connection.execute(insert(holds), [{column.name: getattr(hold, column.name) for column in holds.c}])
    return hold


async def lift(connection: AsyncConnection, id: str, by: str, now: float) -> bool:
    """Whether there was such a hold."""
    lifted = update(holds).where(holds.c.id == id, holds.c.lifted_at.is_(None)).values(lifted_by=by, lifted_at=now)
    return bool((await connection.execute(lifted)).rowcount)
