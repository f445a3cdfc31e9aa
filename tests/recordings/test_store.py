"""The store over SQLite: the journal, the records folded from it, the search."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import create_async_engine

from cti.calls import codec
from cti.calls.events import AgentChanged, Arrived, Digit
from cti.calls.words import AgentState, CallId
from recordings.migrations import migrate
from recordings.records.fold import fold
from recordings.records.record import Recording
from recordings.store import Filters, Store
from recordings.tables import journal, metadata
from recordings.words import Outcome, RecordingState
from tests.recordings.scenarios import events, load, rows

SCENARIOS = {s.name: s for s in load()}
WAITING = "0 Arrived\n1 Queued queue=sales\n"


async def journal_data(url: str) -> list[dict[str, object]]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = list((await connection.execute(select(journal.c.data).order_by(journal.c.seq))).scalars())
    await engine.dispose()
    return found


async def test_the_migrated_tables_are_those_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    # In a folder that is not there yet, from any folder, and a second time.
    monkeypatch.chdir(tmp_path)
    url = f"sqlite+aiosqlite:///{tmp_path}/new/folder/cordboard.db"
    for _ in range(2):
        await (await Store.open(url)).close()
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"
    await engine.dispose()


async def test_tables_of_a_newer_program_are_refused(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await engine.dispose()
    with pytest.raises(CommandError, match="9999"):
        await Store.open(url)


@pytest.mark.parametrize("name", [n for n, s in SCENARIOS.items() if s.record["outcome"] != "live"])
async def test_a_record_is_stored_as_folded(store: Store, name: str) -> None:
    happened = SCENARIOS[name].events
    await store.write(rows(happened))
    found = await store.call("c1")
    assert found is not None
    assert (found.record, found.segments) == fold(happened)
    assert await store.unfinished() == []


async def test_what_is_written_twice_is_there_once(store: Store, url: str) -> None:
    happened = SCENARIOS["two refusals, then answered"].events
    for _ in range(2):
        await store.write(rows(happened[:4]))
        await store.write(rows(happened[3:], first=4))
    assert len(await journal_data(url)) == len(happened)
    found = await store.call("c1")
    assert found is not None
    assert (found.record, found.segments) == fold(happened)


@pytest.mark.parametrize("seed", range(5))
async def test_batches_that_overlap_leave_each_row_once(store: Store, url: str, seed: int) -> None:
    chance = random.Random(seed)
    names = ("the agent hangs up", "two refusals, then answered", "the caller hangs up while talking")
    calls = {name: [replace(e, call=CallId(name)) for e in SCENARIOS[name].events] for name in names}
    happened = sorted(chain(*calls.values()), key=lambda e: e.at)
    expected = Recording(stem="2026/o1", call=CallId("c0"), agent="bob", started_at=7.0)
    written, there = rows(happened), 0
    while there < len(written):
        first, there = chance.randint(max(0, there - 4), there), there + chance.randint(1, 6)
        await store.write(written[first:there], [expected])
    assert await journal_data(url) == [codec.encode(e) for e in happened]
    assert await store.expected() == [expected]
    for name, of_call in calls.items():
        found = await store.call(name)
        assert found is not None
        assert (found.record, found.segments) == fold(of_call)


async def test_after_a_crash_open_calls_are_known_and_can_be_finished(store: Store, url: str) -> None:
    waiting, gone = events(WAITING), events(WAITING + "5 Ended by=caller", "c2")
    await store.write(rows([*waiting, *gone]))

    again = await Store.open(url)
    assert await again.unfinished() == waiting
    await again.write(rows(events("9 Ended by=caller"), run="next"))
    assert await again.unfinished() == []
    found, _ = await again.search(Filters())
    assert [(r.id, r.outcome, r.wait_s) for r in found] == [
        ("c2", Outcome.ABANDONED_IN_QUEUE, 4.0),
        ("c1", Outcome.ABANDONED_IN_QUEUE, 8.0),
    ]
    await again.close()


async def test_what_comes_after_the_end_does_not_open_the_call_again(store: Store) -> None:
    await store.write(rows(events(WAITING + "5 Ended by=caller")))
    late = events("5.1 Refused offer=o agent=bob reason=withdrawn\n6 Ended by=system estimated=true")
    await store.write(rows([late[0]], first=4))
    await store.write(rows([late[1]], first=5))
    assert await store.unfinished() == []
    found = await store.call("c1")
    assert found is not None
    assert (found.record.ended_at, found.record.offers) == (5.0, 0)


async def test_digits_are_journaled_without_the_digit(store: Store, url: str) -> None:
    await store.write(rows([Digit(at=1.0, call=CallId("c1"), digit="7")]))
    assert await journal_data(url) == [{"kind": "Digit", "at": 1.0, "call": "c1"}]


async def test_events_of_no_call_are_journaled(store: Store, url: str) -> None:
    await store.write(rows([AgentChanged(at=1.0, agent="bob", state=AgentState.READY)]))
    assert [row["kind"] for row in await journal_data(url)] == ["AgentChanged"]
    assert await store.unfinished() == []


async def test_the_journal_of_a_newer_program_is_read(store: Store, url: str) -> None:
    await store.write(rows(events(WAITING)))
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        strange = {"kind": "Beamed", "at": 2.0, "call": "c1"}
        await connection.execute(
            journal.insert().values(run="new", number=1, call="c1", at=2.0, kind="Beamed", data=strange)
        )
    await engine.dispose()
    assert await store.unfinished() == events(WAITING)


@pytest.mark.parametrize("name", ["x" * 10_000, "☎️" * 3_000, "a\0b", "bad \ud800 half", "'; drop table calls; --"])
async def test_any_caller_leaves_a_record(store: Store, url: str, name: str) -> None:
    arrived = Arrived(
        at=1.0, call=CallId("c1"), channel="PJSIP/t", uniqueid="u", caller=name, caller_name=name, dialled="1"
    )
    await store.write(rows([arrived, *events("2 Ended by=caller")]))
    found = await store.call("c1")
    assert found is not None
    assert 0 < len(found.record.caller) <= 128
    assert (await journal_data(url))[0]["caller"] == name


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ["c4", "c3", "c2", "c1"]),
        (Filters(agent="bob"), ["c3"]),
        (Filters(agent="cat"), []),
        (Filters(queue="sales"), ["c3", "c2"]),
        (Filters(caller="4712"), ["c2"]),
        (Filters(start=100.0, end=300.0), ["c3", "c2"]),
        (Filters(outcome=Outcome.ANSWERED), ["c3"]),
        (Filters(outcome=Outcome.ABANDONED_IN_MENU, start=1.0), ["c4"]),
        (Filters(text="471"), ["c4", "c3", "c2", "c1"]),
        (Filters(text="ANN"), ["c1"]),
        (Filters(text="%"), []),
    ],
)
async def test_calls_are_found(store: Store, filters: Filters, expected: list[str]) -> None:
    texts = {
        "c1": "0 Arrived caller_name=Ann\n5 Ended by=caller",
        "c2": "100 Arrived caller=4712\n101 Queued queue=sales\n105 Ended by=caller",
        "c3": "200 Arrived\n201 Queued queue=sales\n202 Refused offer=o1 agent=cat reason=refused\n"
        "203 Connected offer=o2 agent=bob\n205 Ended by=caller",
        "c4": "300 Arrived\n305 Ended by=caller",
    }
    await store.write(rows([e for call, text in texts.items() for e in events(text, call)]))
    found, more = await store.search(filters)
    assert ([r.id for r in found], more) == (expected, None)


async def test_pages_follow_without_gap_or_repeat(store: Store) -> None:
    # Several calls at the same moment: the id tells them apart.
    calls = [f"c{n:02}" for n in range(23)]
    await store.write(rows([e for n, c in enumerate(calls) for e in events(f"{n // 5} Ended by=caller", c)]))
    seen: list[str] = []
    found, after = await store.search(Filters(), limit=4)
    seen += [r.id for r in found]
    while after is not None:
        found, after = await store.search(Filters(), limit=4, after=after)
        seen += [r.id for r in found]
    assert seen == calls[::-1]


async def test_an_expected_recording_never_replaces_a_measured_one(store: Store) -> None:
    expected = Recording(stem="2026/o1", call=CallId("c1"), agent="bob", started_at=7.0)
    measured = Recording(
        stem="2026/o1", call=CallId("c1"), agent="bob", started_at=7.0, state=RecordingState.WHOLE, length_s=60.0
    )
    await store.write([], [expected])
    assert await store.expected() == [expected]
    for found in ([measured, expected], [expected], [measured]):
        await store.write([], found)
        assert await store.recording("2026/o1") == measured
    assert await store.expected() == []


async def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/old.db"
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(migrate, "0001")
        await connection.exec_driver_sql(
            "INSERT INTO calls (id, caller, caller_name, dialled, arrived_at, path, choices, queue, priority, wait_s,"
            " agent, talk_s, cause, outcome, transferred_to, offers, estimated)"
            " VALUES ('c1', '1', '', '100', 5, '[]', '[]', '', 0, 0, '', 0, 16, 'ended in menu', '', 0, 0)"
        )
        await connection.exec_driver_sql(
            "INSERT INTO recordings (stem, call, agent, started_at, state) VALUES ('2026/o1', 'c1', 'bob', 5, 'whole')"
        )
    await engine.dispose()
    store = await Store.open(url)
    details = await store.call("c1")
    await store.close()
    assert details is not None
    assert (details.record.flow, details.record.messages, details.record.scores) == ("", (), ())
    (recording,) = details.recordings
    assert (recording.box, recording.taped) == ("", False)
