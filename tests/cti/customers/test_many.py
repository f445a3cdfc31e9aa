"""A table of 100,000 customers with 500 bad rows is taken in, while the loop does other things."""

from __future__ import annotations

import asyncio
import csv
import io
import resource
import time
from pathlib import Path

import pytest

from cti.customers import exchange
from cti.customers.card import Rules
from cti.customers.exchange import BATCH, UPLOADS
from cti.customers.store import Store
from tests.cti.desk.desktop import Desk

ROWS, EVERY = 100_000, 200
REASONS = (
    ("", "+4930555", "name is missing"),
    ("<script>alert(1)</script>", "nobody", "numbers is no telephone number"),
    ("x" * 121, "+49305550000", "name is longer than 120 characters"),
    ("Customer 1", "+49301000001", "a double of row 3"),
)


def table() -> tuple[bytes, dict[str, str]]:
    """The table, and why each of its bad rows is one."""
    rows, why = ["name,numbers,level,notes"], {}
    for n in range(ROWS):
        if n % EVERY == EVERY - 1:
            name, number, reason = REASONS[n // EVERY % len(REASONS)]
            rows.append(f"{name},{number},gold,bad")
            why[str(n + 2)] = reason
        else:
            rows.append(f"Customer {n},+4930{1_000_000 + n},silver,=note {n}")
    return "\n".join(rows).encode(), why


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.long
async def test_many_rows(tmp_path: Path) -> None:
    content, why = table()
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/cordboard.db")
    desk = Desk([exchange.routes(store, Rules("DE"), lambda numbers: None)], uploads=UPLOADS)
    before = memory_mb()
    async with desk.client("sue") as sue:
        began = time.perf_counter()
        importing = asyncio.create_task(sue.post("/api/customers/import", content=content, timeout=None))
        seen, longest = set(), 0.0
        while not importing.done():
            turn = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - turn - 0.005)
            if work := (await sue.get("/api/customers/work")).json():
                seen.add(work["rows"])
        taken = await importing
        took = time.perf_counter() - began
    print(
        f"\n{ROWS} rows: {took:.1f} s, {memory_mb() - before:.0f} MB, the loop's longest pause {longest * 1000:.0f} ms"
    )
    assert (taken.headers["cordboard-imported"], taken.headers["cordboard-refused"]) == ("99500", "500")
    refused = list(csv.reader(io.StringIO(taken.text.removeprefix("\ufeff"))))[1:]
    assert {row[0]: row[1] for row in refused} == why
    assert len(why) == 500
    found, _ = await store.search("Customer 99998")
    assert [card.notes for card in found] == ["=note 99998"]
    assert len([card async for cards in store.all() for card in cards]) == 99_500
    # Others had their turn between any two batches but a few.
    assert len(seen) > ROWS / BATCH / 2
    await store.close()
