"""Who spoke with a caller before."""

from __future__ import annotations

from recordings.store import Cursor, Filters, Store

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
