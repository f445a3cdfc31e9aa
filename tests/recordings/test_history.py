"""Past load, counted from records and the journal."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from cti.calls.events import AgentChanged, Ended, Event
from cti.calls.words import AgentState
from recordings.records.history import LONGEST_WRAP_UP_S, Counting, History, Past, Slot, history, reading
from recordings.store import JournalRow, Store
from tests.recordings.scenarios import events

MONDAY = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
NINE = 9 * 3600.0
DAY_S = 86_400.0

ANSWERED = """
0 Arrived
5 Queued queue=sales
8 Offered offer=o1 agent=ann
25 Connected offer=o1 agent=ann
125 Ended by=caller
"""
ABANDONED = """
0 Arrived
5 Queued queue=sales
45 Ended by=caller
"""
MOVED_ON = """
0 Arrived
10 Queued queue=sales
70 Queued queue=help
75 Offered offer=o1 agent=ann
80 Connected offer=o1 agent=ann
100 Ended by=agent
"""
TOLD_TO_CALL_AGAIN = """
0 Arrived
5 Queued queue=sales
35 Left place=queue
35 EnteredMenu node=sorry
40 Ended by=system
"""


def call(name: str, text: str, at: float) -> list[Event]:
    shifted = "\n".join(
        f"{float(line.split()[0]) + at} {line.split(maxsplit=1)[1]}" for line in text.splitlines() if line.strip()
    )
    return list(events(shifted, call=name))


def wrap_up(agent: str, of: str, began: float, ended: float) -> list[Event]:
    found = events("0 Arrived", call=of)[0].call
    return [
        AgentChanged(at=began - 50, agent=agent, state=AgentState.TALKING, call=found),
        AgentChanged(at=began, agent=agent, state=AgentState.WRAP_UP),
        AgentChanged(at=ended, agent=agent, state=AgentState.READY),
    ]


async def put(store: Store, *what: list[Event]) -> None:
    happened = sorted((event for of_one in what for event in of_one), key=lambda e: (e.at, isinstance(e, Ended)))
    await store.write([JournalRow("run", number, event) for number, event in enumerate(happened)])


async def read(url: str, start: float = MONDAY, days: int = 7, weekday: int | None = None) -> History:
    async with reading(url) as connection:
        return await history(connection, start, start + days * DAY_S, weekday=weekday, zone=UTC)


async def test_each_way_out_of_a_queue(store: Store, url: str) -> None:
    at = MONDAY + NINE
    await put(
        store,
        call("c1", ANSWERED, at),
        wrap_up("ann", "c1", at + 125, at + 155),
        call("c2", ABANDONED, at + 60),
        call("c3", TOLD_TO_CALL_AGAIN, at + 120),
        call("c4", MOVED_ON, at + 890),
    )
    found = await read(url)
    assert found.days == {0: 1}
    assert found.past == {
        Slot("sales", 0, 36): Past(3, 1, 1, 20.0 + 40 + 30, 100.0, 30.0),
        Slot("sales", 0, 37): Past(1, 0, 0, 60.0, 0.0, 0.0),
        Slot("help", 0, 37): Past(1, 1, 0, 10.0, 20.0, 0.0),
    }
    sales = found.past[Slot("sales", 0, 36)]
    assert (sales.aht_s, sales.patience_s) == (130, 90)
    assert (Past().aht_s, Past().patience_s) == (None, None)


async def test_only_the_days_asked_for(store: Store, url: str) -> None:
    await put(
        store,
        call("before", ABANDONED, MONDAY - 1),
        call("first", ABANDONED, MONDAY),
        call("same day", ABANDONED, MONDAY + DAY_S - 60),
        call("tuesday", ABANDONED, MONDAY + DAY_S),
        call("next", ABANDONED, MONDAY + 7 * DAY_S),
        call("after", ABANDONED, MONDAY + 8 * DAY_S),
    )
    found = await read(url, days=8)
    assert found.days == {0: 2, 1: 1}
    assert {slot: past.offered for slot, past in found.past.items()} == {
        Slot("sales", 0, 0): 2,
        Slot("sales", 0, 95): 1,
        Slot("sales", 1, 0): 1,
    }
    mondays = await read(url, days=8, weekday=0)
    assert mondays.days == {0: 2}
    assert {slot.weekday for slot in mondays.past} == {0}


async def test_many_calls_come_in_pages(store: Store, url: str) -> None:
    await put(store, *(call(f"c{n}", ANSWERED, MONDAY + n) for n in range(600)))
    found = await read(url)
    assert sum(past.answered for past in found.past.values()) == 600


async def test_nothing_happened_yet(store: Store, url: str) -> None:
    assert await read(url) == History()


async def test_it_only_reads(url: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"other\.db"):
        await read(f"sqlite+aiosqlite:///{tmp_path}/other.db")
    assert not (tmp_path / "other.db").exists()
    async with reading(url) as connection:
        with pytest.raises(SQLAlchemyError, match="readonly"):
            await connection.exec_driver_sql("DELETE FROM calls")


async def test_a_folder_with_odd_letters_in_its_name(store: Store, url: str, tmp_path: Path) -> None:
    odd = tmp_path / "50% of?all#calls"
    odd.mkdir()
    os.link(tmp_path / "cordboard.db", odd / "cordboard.db")
    async with reading(f"sqlite+aiosqlite:///{odd}/cordboard.db".replace("?", "%3F")) as connection:
        assert (await history(connection, 0, 1)).days == {}


class TestWrapUps:
    def counting(self) -> Counting:
        counting = Counting(zone=UTC)
        counting.call(_parts("c1"))
        counting.agent(0, "ann", "talking", "c1")
        return counting

    def wrapped(self, counting: Counting) -> float:
        (past,) = counting.result().past.values()
        return past.wrap_up_s

    def test_a_forgotten_one_counts_for_an_hour(self) -> None:
        counting = self.counting()
        counting.agent(100, "ann", "wrap-up", None)
        counting.agent(50_000, "ann", "offline", None)
        assert self.wrapped(counting) == LONGEST_WRAP_UP_S

    def test_one_told_twice_counts_once(self) -> None:
        counting = self.counting()
        for at in (100, 130):
            counting.agent(at, "ann", "wrap-up", None)
        counting.agent(150, "ann", "ready", None)
        counting.agent(190, "ann", "not ready", None)
        assert self.wrapped(counting) == 50

    def test_of_another_agent_or_another_call_it_does_not(self) -> None:
        counting = self.counting()
        counting.agent(100, "bob", "wrap-up", None)
        counting.agent(120, "bob", "ready", None)
        counting.agent(130, "ann", "talking", "of no queue")
        counting.agent(140, "ann", "wrap-up", None)
        counting.agent(150, "ann", "ready", None)
        assert self.wrapped(counting) == 0


class _Row:
    outcome = "answered"
    queue = "sales"

    def __init__(self, call: str, kind: str, started_at: float, ended_at: float | None) -> None:
        self.call, self.kind, self.started_at, self.ended_at = call, kind, started_at, ended_at


def _parts(call: str) -> list[_Row]:
    return [_Row(call, "wait", MONDAY, MONDAY + 5), _Row(call, "talk", MONDAY + 5, MONDAY + 100)]


def test_a_talk_handed_on_is_all_work() -> None:
    counting = Counting(zone=UTC)
    counting.call([*_parts("c1"), _Row("c1", "talk", MONDAY + 100, MONDAY + 160), _Row("c1", "talk", 0.0, None)])
    assert counting.result().past == {Slot("sales", 0, 0): Past(1, 1, 0, 5.0, 155.0, 0.0)}
