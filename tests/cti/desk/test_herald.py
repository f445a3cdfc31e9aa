"""Alerts told outside: in order, again where they are not taken, and no more when they are old."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from cti.desk.alerts import Alert, Figure, Own, Rule
from cti.desk.herald import MOST, OLDEST_S, Herald, body, subject, text

LONG = Rule("orders", Figure.LONGEST_WAIT, above=True, limit=120.0)
RAISED = Alert("orders/longest wait/1", LONG, since=1_700_000_000.0, value=121.0)
CLEARED = replace(RAISED, cleared=1_700_000_095.0)


class Target:
    """It takes nothing of the next ``refuses``."""

    def __init__(self, refuses: int = 0) -> None:
        self.now = 0.0
        self.refuses = refuses
        self.tries = 0
        self.took: list[Alert] = []
        self.news = asyncio.Condition()

    async def take(self, alert: Alert) -> bool:
        self.tries += 1
        good = self.tries > self.refuses
        if good:
            self.took.append(alert)
        async with self.news:
            self.news.notify_all()
        return good

    async def until(self, count: int) -> list[Alert]:
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.took) >= count)
        return self.took


@asynccontextmanager
async def herald(target: Target) -> AsyncIterator[Herald]:
    made = Herald("ops", target.take, clock=lambda: target.now, pause_s=0.0)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()


async def test_told_again_until_taken_and_in_order() -> None:
    target = Target(refuses=3)
    async with herald(target) as ops:
        ops.tell(RAISED)
        ops.tell(CLEARED)
        assert await target.until(2) == [RAISED, CLEARED]
    assert target.tries == 5


async def test_what_is_old_is_not_told_and_the_newest_are_kept() -> None:
    target = Target()
    ops = Herald("ops", target.take, clock=lambda: target.now)
    ops.tell(RAISED)
    target.now = OLDEST_S + 1
    for number in range(MOST - 1):
        ops.tell(replace(CLEARED, id=str(number)))
    task = asyncio.create_task(ops.run())
    assert [alert.id for alert in await target.until(MOST - 1)] == [str(number) for number in range(MOST - 1)]
    for number in range(2 * MOST):
        ops.tell(replace(CLEARED, id=f"b{number}"))
    took = await target.until(2 * MOST - 1)
    task.cancel()
    assert [alert.id for alert in took[MOST - 1 :]] == [f"b{number}" for number in range(MOST, 2 * MOST)]


def test_in_words() -> None:
    assert subject(RAISED) == "orders: longest wait above 2:00"
    assert text(CLEARED) == (
        "Over: orders: longest wait above 2:00.\n"
        "Since 2023-11-14 22:13:20 UTC; as the alert was raised it was 2:01.\n"
        "It was so for 1:35.\n"
    )
    level = Rule("orders", Figure.SERVICE_LEVEL_OFFERED, above=False, limit=0.8)
    assert subject(replace(RAISED, rule=level)) == "orders: service level of offered below 80%"
    waiting = Rule("orders", Figure.WAITING, above=True, limit=10.0)
    assert subject(replace(CLEARED, rule=waiting)) == "Over: orders: waiting above 10"
    low, full = (Rule("", Own.ROOM, above=False, limit=limit) for limit in (48 * 3600.0, 1.0))
    assert subject(replace(RAISED, rule=low)) == "The room for recordings lasts less than 48 h"
    assert subject(replace(CLEARED, rule=full)) == "Over: The room for recordings is used up: no talk is recorded"
    assert "as the alert was raised it was 47 h." in text(replace(RAISED, rule=low, value=47 * 3600.0))
    assert json.loads(body(RAISED)) == {"alert": RAISED.row()}
