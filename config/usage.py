"""How many real calls went which way, counted from their records."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from recordings.store import Cursor, Filters, Store

PAGE = 500
DAY_S = 86_400.0


async def branches(store: Store, since: float) -> Counter[tuple[str, str]]:
    """Calls that arrived since then (Unix seconds) by the steps they took, from node to node. A
    call that went the same way twice counts twice; calls still going on do not count."""
    found: Counter[tuple[str, str]] = Counter()
    after: Cursor | None = None
    while True:
        page, after = await store.search(Filters(start=since), PAGE, after)
        for record in page:
            found.update(pairwise(record.path))
        if after is None:
            return found
