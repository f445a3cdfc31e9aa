"""What people who review calls say of a moment in a recording."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.words import CallId
from recordings.tables import comments

MOST = 500
"""How many there may be of a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """``by`` says it at ``made_at`` of the second ``second`` of a recording; ``changed_at`` is when he last
    said it otherwise (both Unix seconds)."""

    id: str
    call: CallId
    recording: str
    second: float
    by: str
    made_at: float
    changed_at: float | None = None
    text: str = field(repr=False)


async def of_call(connection: AsyncConnection, call: CallId) -> tuple[Comment, ...]:
    """Those of a call, recording by recording, in the order of their moments."""
    c = comments.c
    wanted = select(comments).where(c.call == call).order_by(c.recording, c.second, c.made_at)
    return tuple(Comment(**row._mapping) for row in await connection.execute(wanted))


async def find(connection: AsyncConnection, id: str) -> Comment | None:
    row = (await connection.execute(select(comments).where(comments.c.id == id))).one_or_none()
    return Comment(**row._mapping) if row else None


async def add(connection: AsyncConnection, comment: Comment) -> bool:
    """Whether there was room for it: a call has MOST at most."""
    there = select(func.count()).where(comments.c.call == comment.call)
    if ((await connection.execute(there)).scalar() or 0) >= MOST:
        return False
    await connection.execute(insert(comments), [asdict(comment)])
    return True


async def change(connection: AsyncConnection, id: str, text: str, at: float) -> None:
    await connection.execute(update(comments).where(comments.c.id == id).values(text=text, changed_at=at))


async def drop(connection: AsyncConnection, id: str) -> None:
    await connection.execute(delete(comments).where(comments.c.id == id))
