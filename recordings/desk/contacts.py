"""Who called before, and who spoke with them, on which call."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from cti.calls.words import CallId
from recordings.records.fold import fold
from recordings.records.record import CallRecord, Segment
from recordings.rows import call_events, call_of
from recordings.store import Cursor, Filters, Store
from recordings.tables import calls, journal
from recordings.words import SegmentKind

PAGE = 100


async def last_agent(store: Store, caller: str, since: float, *, first: bool = False) -> str:
    """The agent who answered the last call of this caller's number that arrived since then (Unix
    seconds), or the ``first`` one; empty for nobody. Of a call with several agents it is the last."""
    agent = ""
    after: Cursor | None = None
    while True:  # newest first
        page, after = await store.search(Filters(caller=caller, start=since), PAGE, after)
        for record in page:
            if record.connected_at is not None and record.agent:
                agent = record.agent
                if not first:
                    return agent
        if after is None:
            return agent


async def of_callers(store: Store, callers: Collection[str], most: int) -> list[CallRecord]:
    """The last calls that are over and showed one of these numbers, newest first; ``most`` of them."""
    wanted = select(calls).where(calls.c.caller.in_(callers)).order_by(calls.c.arrived_at.desc()).limit(most)
    async with store.connect() as connection:
        return [call_of(row) for row in await connection.execute(wanted)]


async def last_talk(store: Store, call: CallId, agent: str) -> Segment | None:
    """The agent's last talk on a call that is over or goes on; None if he did not talk on it."""
    wanted = select(journal.c.data).where(journal.c.call == call).order_by(journal.c.seq)
    async with store.connect() as connection:
        happened = call_events((await connection.execute(wanted)).scalars())
    talks = fold(happened)[1] if happened else ()
    return next((s for s in reversed(talks) if s.kind is SegmentKind.TALK and s.agent == agent), None)
