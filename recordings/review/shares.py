"""Links to a recording that people of one role may follow until a time, though the call is not theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.access import Person, Right, Role
from cti.calls.words import CallId
from recordings.tables import shares

MOST = 1_000
"""How many may be good at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """``made_by`` lets all people of ``role`` open a recording of a call until ``until`` (Unix seconds); the
    page begins at ``second``. The id is what the link has: nobody guesses it."""

    id: str
    call: CallId
    recording: str
    second: float
    role: Role
    made_by: str
    made_at: float
    until: float

    def opens(self, who: Person, now: float) -> bool:
        """Whether the link is good for this person now (Unix seconds). Keys open none."""
        return now < self.until and who.scopes is None and (who.role is self.role or who.may(Right.REVIEW))


async def find(connection: AsyncConnection, id: str) -> Share | None:
    """Also one that is over, as long as it is kept."""
    found = await _these(connection, id=id)
    return found[0] if found else None


async def good(connection: AsyncConnection, now: float, call: CallId | None = None) -> Sequence[Share]:
    """Those that are good, of one call or all, the last made first."""
    return await _these(connection, call=call, after=now)


async def add(connection: AsyncConnection, share: Share) -> bool:
    """Whether there was room for it. Those that are over are forgotten."""
    await connection.execute(delete(shares).where(shares.c.until <= share.made_at))
    if ((await connection.execute(select(func.count()).select_from(shares))).scalar() or 0) >= MOST:
        return False
    await connection.execute(insert(shares), [asdict(share)])
    return True


async def drop(connection: AsyncConnection, id: str) -> bool:
    """Takes the link back; whether there was one."""
    return (await connection.execute(delete(shares).where(shares.c.id == id))).rowcount > 0


async def _these(
    connection: AsyncConnection, *, id: str | None = None, call: CallId | None = None, after: float | None = None
) -> list[Share]:
    wanted = select(shares).order_by(shares.c.made_at.desc(), shares.c.id)
    if id is not None:
        wanted = wanted.where(shares.c.id == id)
    if call is not None:
        wanted = wanted.where(shares.c.call == call)
    if after is not None:
        wanted = wanted.where(shares.c.until > after)
    rows = (await connection.execute(wanted)).mappings()
    return [Share(**{**row, "role": Role(row["role"])}) for row in rows]
