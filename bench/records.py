"""How many call records a second PostgreSQL takes, and how long a search among ten million takes.

The PostgreSQL is of our own, with its usual promises: what is committed is on the disk. The large tables are
made by itself, by ``generate_series``, as two years of a national hotline would leave them.
"""

from __future__ import annotations

import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.figures import keep, percentile
from bench.run import console, end_with
from cti.calls.codec import decode
from cti.calls.events import CallEvent
from cti.calls.words import CallId
from demo.debian import Missing
from demo.postgres import Postgres, server
from recordings.records.search import Filters
from recordings.store import JournalRow, Store
from recordings.writer import BATCH

CALLS = 6_000
ROWS = 10_000_000
SEARCHES = 40
ANY_CALL = Filters()
"""Of each kind."""
AGENTS = 2_100
QUEUES = 40
DAY_S = 86_400.0
START, DAYS = 1_700_000_000.0, 730
SETTINGS = (
    "shared_buffers=2GB",
    "work_mem=64MB",
    "maintenance_work_mem=1GB",
    "max_wal_size=4GB",
    "jit=off",
    # Without copies for other servers: tables that are emptied and filled in one transaction have no log.
    "wal_level=minimal",
    "max_wal_senders=0",
)
"""As a machine of 8 GB is set up."""
PIECE = 500_000
"""Calls made at a time."""
NEEDED_BYTES = 1_200
"""Of the disk, for each call: tables, indexes, and what sorting them takes meanwhile."""

_CALL: Sequence[tuple[float, str, dict[str, object]]] = (
    (0.0, "Arrived", {"channel": "PJSIP/t", "uniqueid": "u", "caller": "5550123", "caller_name": "", "dialled": "100"}),
    (0.1, "Answered", {}),
    (0.1, "EnteredFlow", {"flow": "main", "version": "a1b2c3"}),
    (0.1, "EnteredMenu", {"flow": "main", "node": "main", "verb": "menu"}),
    (4.0, "Digit", {}),
    (4.0, "Chosen", {"node": "main", "value": "1"}),
    (4.1, "Queued", {"queue": "orders"}),
    (9.0, "Offered", {"offer": "o", "agent": "a0001", "recording": "2026/05/01/o", "step": 0, "candidates": 4}),
    (9.1, "Ringing", {"offer": "o"}),
    (12.0, "Accepted", {"offer": "o"}),
    (12.1, "Connected", {"offer": "o", "agent": "a0001"}),
    (12.1, "RecordingStarted", {"recording": "2026/05/01/o"}),
    (192.0, "Left", {"place": "talk", "why": "hangup", "by": "caller"}),
    (192.0, "RecordingStopped", {"recording": "2026/05/01/o"}),
    (192.0, "Ended", {"by": "caller", "cause": 16}),
)
"""A call as it goes most often: menu, queue, talk."""

_LARGE = (
    "INSERT INTO calls (id, caller, caller_name, dialled, arrived_at, answered_at, ended_at, path, choices, queue,"
    " priority, queued_at, wait_s, agent, connected_at, talk_s, ended_by, cause, outcome, transferred_to, offers,"
    " estimated) SELECT 'm-' || lpad(n::text, 9, '0'), '0' || (1000000000 + hashint4(n) % 30000000)::text,"
    " 'Caller ' || (hashint4(n) % 90000)::text, (100 + n % 3)::text, at, at + 0.1, at + 240, '[\"main\", \"orders\"]',"
    " '[[\"main\", \"1\"]]', 'queue' || n % {queues}, 0, at + 4, n % 90, CASE WHEN n % 5 > 0 THEN agent ELSE '' END,"
    " at + 30, 180, 'caller', 16, CASE WHEN n % 5 > 0 THEN 'answered' ELSE 'abandoned in queue' END, '', 1, false"
    " FROM (SELECT n, {start} + n * {step} AS at, 'a' || lpad((abs(hashint4(n)) % {agents})::text, 4, '0') AS agent"
    " FROM generate_series({first}, {last}) AS n) AS made",
    "INSERT INTO segments (call, number, kind, started_at, ended_at, agent, queue, detail)"
    " SELECT id, 3, 'talk', arrived_at + 30, ended_at, agent, queue, '' FROM calls"
    " WHERE agent <> '' AND id BETWEEN '{from_id}' AND '{to_id}'",
    "INSERT INTO dispositions (call, agent, at, queue, disposition, notes)"
    " SELECT id, agent, ended_at, queue, 'Served', 'wants ' || (ARRAY['a refund', 'an invoice', 'a new meter',"
    " 'a later date', 'the price'])[1 + abs(hashtext(id)) % 5] || ' for contract ' || abs(hashtext(agent || id))"
    " % 1000000 || CASE WHEN abs(hashtext('x' || id)) % 5000 = 0 THEN ' urgently' ELSE '' END"
    " FROM calls WHERE agent <> '' AND id BETWEEN '{from_id}' AND '{to_id}' AND abs(hashtext(id)) % 2 = 0",
)
"""Calls; their talks; notes on four in ten of them, where one word in 5,000 is rare and others are common."""


async def main() -> int:
    """Both figures, alone: ``python -m bench.records``. Returns the exit status."""
    figures = await measure()
    keep(figures)
    for name, value in figures.items():
        console.print(f"{name:28} {value:,.1f}")
    return 0


async def measure() -> dict[str, float]:
    """The figures, by name."""
    async with server(SETTINGS) as running:
        written = await _written_per_s(running)
        console.print(f"{ROWS:,} calls are made, some minutes ...")
        store = await Store.open(running.url)
        try:
            await _fill(store)
            return {"records_per_s_postgres": written, **await _searched_ms(store)}
        finally:
            await store.close()


def events(number: int, at: float) -> list[CallEvent]:
    """What happens in one call."""
    call = CallId(f"bench-{number:09}")
    made = [decode({"kind": kind, "at": at + after, "call": call, **rest}) for after, kind, rest in _CALL]
    return [replace(e, call=call) for e in made if isinstance(e, CallEvent)]


async def _written_per_s(running: Postgres) -> float:
    """Records a second by the whole way of writing: journal, records, segments; 50 calls begin a second."""
    happened = sorted((e for n in range(CALLS) for e in events(n, START + n / 50)), key=lambda e: e.at)
    rows = [JournalRow("bench", number, event) for number, event in enumerate(happened, 1)]
    store = await Store.open(running.url)
    try:
        start = time.perf_counter()
        for first in range(0, len(rows), BATCH):
            await store.write(rows[first : first + BATCH])
        return CALLS / (time.perf_counter() - start)
    finally:
        await store.close()


async def _fill(store: Store) -> None:
    """Ten million calls. Indexes are made after the rows, which is quicker. Raises Missing: there is no room."""
    begun = time.monotonic()

    def tell(what: str) -> None:
        console.print(f"  {time.monotonic() - begun:6.0f} s  {what}")

    if (free := shutil.disk_usage(tempfile.gettempdir()).free) < ROWS * NEEDED_BYTES:
        room = f"{ROWS * NEEDED_BYTES >> 30} GiB in {tempfile.gettempdir()}, where {free >> 30} are free"
        raise Missing(f"{ROWS:,} calls need {room}.")
    sizes = {"queues": QUEUES, "agents": AGENTS, "start": START, "step": DAYS * DAY_S / ROWS}
    async with store.writing() as connection:
        await connection.execute(text("TRUNCATE calls, segments, dispositions, journal CASCADE"))
        anew = await _taken_off(connection)
        for first in range(1, ROWS + 1, PIECE):
            last = min(first + PIECE - 1, ROWS)
            span = {"first": first, "last": last, "from_id": f"m-{first:09}", "to_id": f"m-{last:09}"}
            for statement in _LARGE:
                await connection.exec_driver_sql(statement.format(**sizes, **span))
            tell(f"{last:,} of {ROWS:,} calls")
        for name, statement in anew.items():
            await connection.exec_driver_sql(statement)
            tell(name)
    async with store.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).exec_driver_sql("VACUUM ANALYZE")
    tell("vacuumed and analysed")


async def _taken_off(connection: AsyncConnection) -> dict[str, str]:
    """Drops the indexes that are no keys, and what each segment is compared with. Returns how they are made."""
    found = await connection.exec_driver_sql(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('calls', 'segments', 'dispositions')"
        " AND indexname NOT LIKE 'pk_%%'"
    )
    anew = {index["indexname"]: index["indexdef"] for index in found.mappings()}
    for name in anew:
        await connection.exec_driver_sql(f"DROP INDEX {name}")
    keys = await connection.exec_driver_sql(
        "SELECT conname, pg_get_constraintdef(oid) AS made FROM pg_constraint"
        " WHERE conrelid = 'segments'::regclass AND contype = 'f'"
    )
    for key in keys.mappings().all():
        await connection.exec_driver_sql(f"ALTER TABLE segments DROP CONSTRAINT {key['conname']}")
        anew[key["conname"]] = f"ALTER TABLE segments ADD CONSTRAINT {key['conname']} {key['made']}"
    return anew


async def _searched_ms(store: Store) -> dict[str, float]:
    """How long the first page of a search takes, by what is looked for."""
    chance = random.Random(1)
    everywhere: dict[str, list[float]] = {}

    def some_days(wanted: Filters = ANY_CALL) -> Filters:
        start = START + chance.uniform(0, DAYS - 7) * DAY_S
        return replace(wanted, start=start, end=start + 7 * DAY_S)

    for _ in range(SEARCHES):
        page, _ = await store.search(some_days(), 5)
        number = chance.choice(page).caller
        contract = f"contract {chance.randrange(1_000_000)}"
        kinds = {
            "agent": Filters(agent=f"a{chance.randrange(AGENTS):04}"),
            "number": Filters(numbers=(number, number[1:], f"+49{number[1:]}")),
            "number_begins": Filters(prefix=number[:8]),
            "date": some_days(),
            "queue": some_days(Filters(queue=f"queue{chance.randrange(QUEUES)}")),
            "words": Filters(notes=chance.choice(("refund", "later date", "urgently", contract))),
            "text": Filters(text=chance.choice((number[3:], "refund", contract))),
            "all": some_days(Filters(agent=f"a{chance.randrange(AGENTS):04}", notes="refund")),
        }
        for kind, wanted in kinds.items():
            start = time.perf_counter()
            await store.search(wanted, 50)
            everywhere.setdefault(kind, []).append((time.perf_counter() - start) * 1000)
    whole = [took for of_kind in everywhere.values() for took in of_kind]
    by_kind = {f"search_p95_ms_{kind}": percentile(took, 95) for kind, took in everywhere.items()}
    return {"search_p95_ms": percentile(whole, 95), "search_p50_ms": statistics.median(whole), **by_kind}


if __name__ == "__main__":
    sys.exit(end_with(main))
