"""What agents say came of their talks: kept, shown with the call, searched for."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from cti.calls.events import DispositionGiven
from cti.calls.words import CallId
from recordings.desk.contacts import last_talk
from recordings.migrations import migrate
from recordings.store import Filters, Store
from tests.recordings.scenarios import events, rows

TALK = "{0} Arrived\n{0}.5 Queued queue=sales\n{0}.6 Offered offer={1} agent={2}\n{0}.7 Connected offer={1} agent={2}\n"


def said(call: str, agent: str, disposition: str, notes: str = "", at: float = 150.0) -> DispositionGiven:
    return DispositionGiven(at=at, call=CallId(call), agent=agent, queue="sales", disposition=disposition, notes=notes)


async def test_it_is_part_of_the_record(store: Store) -> None:
    """Whether it was given while the call went on, or after; the last counts, and the other agent's stays."""
    first, second = said("c1", "bob", "Sold > New", "two"), said("c1", "cat", "", "by Friday", at=160.0)
    await store.write(rows([*events(TALK.format(100, "o1", "bob"), "c1"), first]))
    await store.write(rows([*events("170 Ended by=caller", "c1"), second], run="later"))
    for _ in range(2):  # written again, as after a crash
        await store.write(rows([said("c1", "bob", "Sold > Known", "three", at=180.0)], run="last"))
    details = await store.call("c1")
    assert details is not None
    assert [(d.agent, d.disposition, d.notes) for d in details.dispositions] == [
        ("cat", "", "by Friday"),
        ("bob", "Sold > Known", "three"),
    ]
    assert "Friday" not in repr(details) + repr(second)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(disposition="Sold"), ["c2", "c1"]),
        (Filters(disposition="Sold > New"), ["c1"]),
        (Filters(disposition="Sol"), []),
        (Filters(disposition="Sold > %"), []),
        (Filters(text="FRIDAY"), ["c2"]),
        (Filters(text="frid_y"), []),
        (Filters(disposition="Sold", agent="bob"), ["c1"]),
    ],
)
async def test_it_is_searched_for(store: Store, filters: Filters, found: list[str]) -> None:
    await store.write(
        rows(
            [
                *events(TALK.format(100, "o1", "bob") + "120 Ended by=caller", "c1"),
                *events(TALK.format(200, "o2", "cat") + "220 Ended by=caller", "c2"),
                *events(TALK.format(300, "o3", "cat") + "320 Ended by=caller", "c3"),
                said("c1", "bob", "Sold > New"),
                said("c2", "cat", "Sold", "by Friday"),
            ]
        )
    )
    page, _ = await store.search(filters)
    assert [record.id for record in page] == found


async def test_an_agents_last_talk_on_a_call(store: Store) -> None:
    await store.write(rows(events(TALK.format(100, "o1", "bob"), "c1")))
    open_one = await last_talk(store, CallId("c1"), "bob")
    await store.write(rows(events("120 Ended by=caller", "c1"), run="later"))
    over = await last_talk(store, CallId("c1"), "bob")
    assert open_one is not None
    assert over is not None
    assert (open_one.queue, open_one.ended_at, over.ended_at) == ("sales", None, 120.0)
    assert await last_talk(store, CallId("c1"), "cat") is None
    assert await last_talk(store, CallId("c2"), "bob") is None


async def test_a_database_from_before_is_brought_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/old.db"
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(migrate, "0002")
        await connection.exec_driver_sql(
            "INSERT INTO calls (id, caller, caller_name, dialled, arrived_at, path, choices, queue, priority, wait_s,"
            " agent, talk_s, cause, outcome, transferred_to, offers, estimated)"
            " VALUES ('c1', '1', '', '100', 5, '[]', '[]', '', 0, 0, '', 0, 16, 'ended in menu', '', 0, 0)"
        )
    await engine.dispose()
    store = await Store.open(url)
    before = await store.call("c1")
    await store.write(rows([said("c1", "bob", "Sold")]))
    after = await store.call("c1")
    await store.close()
    assert before is not None
    assert after is not None
    assert (before.dispositions, [d.disposition for d in after.dispositions]) == ((), ["Sold"])
