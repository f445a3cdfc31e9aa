"""A month of a national hotline in the sums by quarter-hour: how long PostgreSQL takes to summarise it."""

from __future__ import annotations

import time

from sqlalchemy import text

from demo.postgres import server
from recordings.reports.figures import By
from recordings.reports.query import Wanted, report
from recordings.reports.sums import QUARTER_S
from recordings.store import Store

CALLS = 4_500_000
DAYS = 31
QUEUES, NODES, AGENTS = 50, 100, 2_100
START = 1_780_272_000
"""A midnight."""
_QUARTERS = f"generate_series({START}, {START + DAYS * 86_400 - QUARTER_S}, {QUARTER_S})"
_LATE = f"SELECT 0 AS late UNION ALL SELECT {QUARTER_S}"
"""What belongs to a quarter-hour came with the calls of two: its own, and the one before."""
_FILL = (
    f"""INSERT INTO rollups (batch, subject, at, name, offered, answered, in_time, within_limit, abandoned, waited_ms,
    talks, talk_ms, hold_ms, wrap_up_ms, contacts, repeated, pushed, surveyed, scores, score_sum, satisfied,
    {", ".join(f"w{step:02}" for step in range(14))})
    SELECT at - late, 'queue', at, 'q' || q, 15, 14, 12, 15, 1, 200000, 14, 4000000, 200000, 400000, 13, 2, 12, 6, 6,
    27, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
    FROM {_QUARTERS} AS at, generate_series(1, {QUEUES}) AS q, ({_LATE}) AS l""",
    # Each agent works eight hours on 22 of the days.
    f"""INSERT INTO rollups (batch, subject, at, name, talks, talk_ms, hold_ms, contacts, repeated, pushed, surveyed,
    scores, score_sum, satisfied, rings)
    SELECT at - late, 'agent', at, 'agent' || a, 1, 300000, 10000, 1, 1, 1, 1, 1, 5, 1, 1
    FROM {_QUARTERS} AS at, generate_series(1, {AGENTS}) AS a, ({_LATE}) AS l
    WHERE (at / 86400 + a) % 15 < 11 AND (at / 28800 + a) % 3 = 0 AND (late = 0 OR (at / 900 + a) % 3 = 0)""",
    f"""INSERT INTO rollups (batch, subject, at, name, wrap_up_ms, signed_in_ms, available_ms, busy_ms, rostered_ms,
    adhered_ms) SELECT 0, 'agent', at, 'agent' || a, 30000, 900000, 800000, 600000, 900000, 850000
    FROM {_QUARTERS} AS at, generate_series(1, {AGENTS}) AS a
    WHERE (at / 86400 + a) % 15 < 11 AND (at / 28800 + a) % 3 = 0""",
    f"""INSERT INTO rollups (batch, subject, at, name, visits, gave_up, contained)
    SELECT at, 'node', at, 'n' || n, 30, 2, 10 FROM {_QUARTERS} AS at, generate_series(1, {NODES}) AS n""",
    f"""INSERT INTO rollups (batch, subject, at, name, calls, offered, answered, abandoned, contained, gave_up)
    SELECT at, 'number', at, '9559' || n, 600, 500, 470, 30, 80, 20
    FROM {_QUARTERS} AS at, generate_series(1, 3) AS n""",
    "ANALYZE rollups",
)


async def month() -> dict[str, float]:
    """The seconds for a month by queue, agent, node and number dialled, and by day; and how many rows there are."""
    async with server() as running:
        store = await Store.open(running.url)
        try:
            async with store.writing() as connection:
                for statement in _FILL:
                    await connection.execute(text(statement))
            async with store.connect() as connection:
                rows = (await connection.execute(text("SELECT count(*) FROM rollups"))).scalar_one()
                whole = ((START, START + DAYS * 86_400),)
                days = [(START + n * 86_400, START + (n + 1) * 86_400) for n in range(DAYS)]
                start = time.perf_counter()
                by_queue = await report(connection, Wanted(By.QUEUE, whole))
                for by in (By.AGENT, By.NODE, By.NUMBER):
                    await report(connection, Wanted(by, whole))
                await report(connection, Wanted(By.QUEUE, days, together=True))
                seconds = time.perf_counter() - start
        finally:
            await store.close()
    offered = by_queue.total.figures["offered"]
    assert len(by_queue.lines) == QUEUES
    assert offered is not None
    assert abs(offered - CALLS) < CALLS * 0.01, f"{offered} calls were offered"
    return {"month_report_s": seconds, "month_report_rows": float(rows)}
