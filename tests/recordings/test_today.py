"""Calls that are over, as a day is counted anew."""

from __future__ import annotations

from cti.calls.events import Event
from cti.figures import Came
from recordings.records.today import PAGE, Stretch, stretches
from recordings.store import Store
from tests.recordings.test_history import ABANDONED, ANSWERED, MONDAY, MOVED_ON, TOLD_TO_CALL_AGAIN, call, put

CALLED_BACK = """
0 CalledBack number=5550 queue=sales wanted=c1 attempt=1 since=-500
3 Offered offer=o1 agent=ann
10 Connected offer=o1 agent=ann
40 Ended by=caller
"""


async def read(store: Store, start: float, before: float, *besides: str) -> list[Stretch]:
    return [one async for some in stretches(store, start, before, besides) for one in some]


async def test_each_way_out_of_a_queue(store: Store) -> None:
    await put(
        store,
        call("c1", ANSWERED, MONDAY),
        call("c2", ABANDONED, MONDAY + 1000),
        call("c3", TOLD_TO_CALL_AGAIN, MONDAY + 2000),
        call("c4", MOVED_ON, MONDAY + 3000),
        call("c5", CALLED_BACK, MONDAY + 4000),
    )
    assert await read(store, MONDAY, MONDAY + 9000) == [
        Stretch("sales", "", MONDAY + 5, MONDAY + 25, Came.ANSWERED),
        Stretch("", "ann", MONDAY + 25, MONDAY + 125),
        Stretch("sales", "", MONDAY + 1005, MONDAY + 1045, Came.ABANDONED),
        Stretch("sales", "", MONDAY + 2005, MONDAY + 2035, Came.MOVED),
        Stretch("sales", "", MONDAY + 3010, MONDAY + 3070, Came.MOVED),
        Stretch("help", "", MONDAY + 3070, MONDAY + 3080, Came.ANSWERED),
        Stretch("", "ann", MONDAY + 3080, MONDAY + 3100),
        Stretch("", "ann", MONDAY + 4010, MONDAY + 4040),
    ]


async def test_only_calls_of_the_time_and_not_those_that_go_on(store: Store) -> None:
    await put(
        store,
        call("yesterday", ABANDONED, MONDAY - 60),
        call("over midnight", ANSWERED, MONDAY - 60),
        call("known", ABANDONED, MONDAY + 100),
        call("of this run", ABANDONED, MONDAY + 200),
    )
    assert await read(store, MONDAY, MONDAY + 200, "known") == [
        Stretch("", "ann", MONDAY - 35, MONDAY + 65),
    ]


async def test_no_call_is_torn_by_the_end_of_a_page(store: Store) -> None:
    calls: list[list[Event]] = [call(f"c{number:04}", ANSWERED, MONDAY + number) for number in range(PAGE)]
    await put(store, *calls)
    found = await read(store, MONDAY, MONDAY + 9000)
    assert [one.came for one in found].count(Came.ANSWERED) == PAGE == len(found) // 2


async def test_nothing_at_all(store: Store) -> None:
    assert await read(store, MONDAY, MONDAY + 1) == []
