"""Follow-ups: customers whom an agent is to call at a time, and the part of the loop that tells him then.

They are rows of the database, not events: what is said of a customer can be changed there, and taken
out. Only that its time has come is an event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from heapq import heappop, heappush
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.call import Call
from cti.calls.events import Event, FollowUpDue
from cti.calls.part import Output
from cti.calls.words import CallId
from recordings.tables import followups

MOST_OPEN = 500
"""How many an agent may have before him."""
DONE_SHOWN = 200
"""The latest of those that are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """``agent`` is to call ``number`` at ``at``; ``text`` says why, and ``call`` in which call it was
    promised, if in one. Times are Unix seconds: ``told_at`` when he was told, ``done_at`` when it was done."""

    id: str
    agent: str
    made_by: str
    made_at: float
    at: float
    number: str = field(repr=False)
    text: str = field(default="", repr=False)
    call: CallId | None = None
    told_at: float | None = None
    done_at: float | None = None


async def add(connection: AsyncConnection, followup: FollowUp) -> bool:
    """Whether there was room for it: an agent has MOST_OPEN open ones at most."""
    mine = select(func.count()).where(followups.c.agent == followup.agent, followups.c.done_at.is_(None))
    if ((await connection.execute(mine)).scalar() or 0) >= MOST_OPEN:
        return False
    await connection.execute(insert(followups), [asdict(followup)])
    return True


async def find(connection: AsyncConnection, id: str) -> FollowUp | None:
    row = (await connection.execute(select(followups).where(followups.c.id == id))).one_or_none()
    return FollowUp(**row._mapping) if row else None


async def change(connection: AsyncConnection, id: str, **values: Any) -> None:
    await connection.execute(update(followups).where(followups.c.id == id).values(**values))


async def of_agent(connection: AsyncConnection, agent: str, *, done: bool) -> list[FollowUp]:
    """Those that are open, the first due first; or the latest DONE_SHOWN that are done."""
    wanted = select(followups).where(followups.c.agent == agent)
    if done:
        wanted = wanted.where(followups.c.done_at.is_not(None)).order_by(followups.c.done_at.desc()).limit(DONE_SHOWN)
    else:
        wanted = wanted.where(followups.c.done_at.is_(None)).order_by(followups.c.at)
    return [FollowUp(**row._mapping) for row in await connection.execute(wanted)]


async def of_numbers(connection: AsyncConnection, numbers: Collection[str]) -> list[FollowUp]:
    """Those to these numbers that are open, of all agents, the first due first."""
    mine = followups.c.number.in_(numbers) & followups.c.done_at.is_(None)
    found = await connection.execute(select(followups).where(mine).order_by(followups.c.at))
    return [FollowUp(**row._mapping) for row in found]


async def untold(connection: AsyncConnection) -> list[FollowUp]:
    """All that are open and whose agents were not told."""
    wanted = select(followups).where(followups.c.told_at.is_(None), followups.c.done_at.is_(None))
    return [FollowUp(**row._mapping) for row in await connection.execute(wanted)]


async def told(connection: AsyncConnection, events: Iterable[Event]) -> None:
    """Notes which of them were told of by these events. One that was postponed meanwhile is told again."""
    for event in events:
        if isinstance(event, FollowUpDue):
            due = (followups.c.id == event.followup) & (followups.c.at <= event.at)
            await connection.execute(update(followups).where(due).values(told_at=event.at))


class FollowUpsPart:
    """A Part that tells agents of their follow-ups when it is time; one that was due while nothing ran, as
    soon as it does."""

    def __init__(self) -> None:
        self._due: dict[str, tuple[float, str]] = {}
        self._order: list[tuple[float, str]] = []

    def set(self, followup: FollowUp) -> None:
        """It is new, or at another time now. In the loop's turn."""
        self._due[followup.id] = followup.at, followup.agent
        heappush(self._order, (followup.at, followup.id))

    def drop(self, id: str) -> None:
        """It is done. In the loop's turn."""
        self._due.pop(id, None)

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        out: list[Output] = []
        while (at := self.next_time()) is not None and at <= now:
            _, id = heappop(self._order)
            _, agent = self._due.pop(id)
            out.append(FollowUpDue(at=now, agent=agent, followup=id))
        return out

    def next_time(self) -> float | None:
        while self._order and self._due.get(self._order[0][1], (None,))[0] != self._order[0][0]:
            heappop(self._order)  # done, or postponed
        return self._order[0][0] if self._order else None
