"""What the store of records must do, over SQLite and over PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, delete, update
from sqlalchemy.exc import DataError
from sqlalchemy.ext.asyncio import create_async_engine

from cti.calls.events import CallEvent, DispositionGiven
from cti.calls.words import CallId, Direction
from recordings.migrations import migrate
from recordings.records.fold import fold
from recordings.records.rebuild import rebuild
from recordings.records.search import Filters, Span
from recordings.store import Store
from recordings.tables import calls, metadata, segments
from recordings.words import Outcome
from tests.contracts.postgres import postgres
from tests.recordings.scenarios import events, load, rows
from tests.recordings.test_rebuild import tables

pytestmark = pytest.mark.asyncio(loop_scope="module")
BY_TRIGRAMS = ("calls_found", "notes_found", "transcripts_found")
TOLD = [s for s in load() if s.record["outcome"] != "live"]


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]
)
async def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('records')}/cordboard.db"
    else:
        async with postgres() as server:
            yield server


@pytest_asyncio.fixture(loop_scope="module")
async def store(url: str) -> AsyncIterator[Store]:
    """With empty tables."""
    opened = await Store.open(url)
    async with opened.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            await connection.execute(delete(table))
    yield opened
    await opened.close()


async def test_the_tables_are_those_of_the_program(url: str, store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        # PostgreSQL does not compare JSON, as which some of the defaults are.
        opts = {"compare_type": True, "compare_server_default": connection.dialect.name == "sqlite"}
        changes = compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)
        # What finds parts of texts is of one database only.
        return [change for change in changes if getattr(change[1], "name", "") not in BY_TRIGRAMS]

    engine = create_async_engine(url)
    async with engine.begin() as connection:
        assert await connection.run_sync(differences) == []
        await connection.run_sync(migrate)
    await engine.dispose()


async def test_what_is_written_and_written_again_and_rebuilt_is_the_same(store: Store) -> None:
    """In batches that overlap and in which calls are mixed; over a second run of the program."""
    calls_of = {f"c{n:02}": [replace(e, call=CallId(f"c{n:02}")) for e in s.events] for n, s in enumerate(TOLD)}
    mixed: list[CallEvent] = sorted((e for events in calls_of.values() for e in events), key=lambda e: e.at)
    written = rows(mixed)
    for first in range(0, len(written), 7):
        await store.write(written[max(0, first - 3) : first + 7])
    for call, happened in calls_of.items():
        found = await store.call(call)
        assert found is not None
        assert (found.record, found.segments) == fold(happened)
    whole = await tables(store)
    await store.write(written[:50])
    assert await tables(store) == whole
    assert [progress.changed async for progress in rebuild(store)][-1] == 0
    async with store.writing() as connection:
        await connection.execute(delete(segments).where(segments.c.number == 1))
        await connection.execute(update(calls).values(path=["nowhere"], outcome="unknown", talk_s=1.5))
    assert [progress.changed async for progress in rebuild(store)][-1] == len(TOLD)
    assert await tables(store) == whole


async def test_what_the_database_never_takes_is_told_from_what_it_cannot_take_now(url: str, store: Store) -> None:
    if "postgresql" in url:
        with pytest.raises(DataError) as refused:
            await store.write(rows(events("0 Arrived caller=5550123", "x" * 100)))
        assert "5550123" not in str(refused.value)
    await store.write(rows(events("0 Arrived\n1 Ended by=caller", "after")))
    assert await store.call("after") is not None


CALLS = {
    "c1": "0 Arrived caller=+4930123456 caller_name=Ann\n1 EnteredMenu node=main\n5 Ended by=caller",
    "c2": "100 Arrived caller=030123456\n101 Queued queue=sales\n151 Ended by=caller",
    "c3": "200 Arrived caller=0401 dialled=200\n201 Queued queue=sales\n203 Connected offer=o2 agent=bob\n"
    "205 Left place=talk by=agent\n205 Surveyed question=a score=2\n206 Surveyed question=b score=5\n"
    "209 Ended by=caller",
    "c4": "300 CalledBack number=0402 queue=help\n301 EnteredMenu node=Main\n330 Ended by=system",
}
SAID = (
    DispositionGiven(
        at=9.0, call=CallId("c2"), agent="bob", queue="sales", disposition="Sold > New", notes="50% Rebate_"
    ),
    DispositionGiven(at=9.0, call=CallId("c3"), agent="bob", queue="sales", disposition="Lost", notes="退款 by Friday"),
    DispositionGiven(at=9.0, call=CallId("c3"), agent="cat", queue="sales", disposition="", notes="calls about 20481"),
)


FOUND = (
    (Filters(), "c4 c3 c2 c1"),
    (Filters(numbers=("+4930123456", "030123456")), "c2 c1"),
    (Filters(prefix="040"), "c4 c3"),
    (Filters(prefix="04_"), ""),
    (Filters(prefix="401"), ""),
    (Filters(node="main"), "c1"),
    (Filters(node="Main"), "c4"),
    (Filters(node="mai"), ""),
    (Filters(direction=Direction.OUT), "c4"),
    (Filters(length=Span(least=9, most=30)), "c4 c3"),
    (Filters(wait=Span(least=3)), "c2"),
    (Filters(wait=Span(most=0)), "c1"),
    (Filters(score=Span(least=3.5, most=3.5)), "c3"),
    (Filters(score=Span(most=3)), ""),
    (Filters(notes="friday 退款"), "c3"),
    (Filters(notes="friday calls"), ""),
    (Filters(notes="CALLS 20481"), "c3"),
    (Filters(notes="friday 20481"), ""),
    (Filters(text="About 20481"), "c3"),
    (Filters(text="calls 20481"), ""),
    (Filters(notes="50% rebate_"), "c2"),
    (Filters(notes="5_%"), ""),
    (Filters(text="ANN"), "c1"),
    (Filters(text="30123"), "c2 c1"),
    (Filters(text="FRIDAY"), "c3"),
    (Filters(text="200"), "c3"),
    (Filters(text="%"), "c2"),
    (Filters(disposition="Sold", outcome=Outcome.ABANDONED_IN_QUEUE), "c2"),
    (Filters(agent="bob", queue="sales", start=150, end=250, text="by"), "c3"),
)


async def test_calls_are_found(store: Store) -> None:
    await store.write(rows([*(e for call, text in CALLS.items() for e in events(text, call)), *SAID]))
    for filters, expected in FOUND:
        found, more = await store.search(filters)
        assert (" ".join(record.id for record in found), more) == (expected, None), filters
    assert "Friday" not in repr(Filters(notes="Friday"))


@pytest.mark.parametrize("limit", [1, 3, 50])
async def test_pages_over_a_table_that_changes_neither_skip_nor_double(store: Store, limit: int) -> None:
    """While calls end that came before, at, and after where the search is; and records are written anew."""
    there = [f"m{n:02}" for n in range(20)]
    await store.write(rows([e for n, c in enumerate(there) for e in events(f"{n // 4} Ended by=caller", c)]))
    seen: list[str] = []
    page, after = await store.search(Filters(), limit)
    count = 0
    while True:
        seen += [record.id for record in page]
        if after is None:
            break
        for at in (after[0] - 0.5, after[0], after[0] + 0.5) if count < 30 else ():
            count += 1
            late = events(f"{at} Ended by=caller", f"n{count:03}")
            await store.write(rows(late, run=f"late{count}"))
        known = next(id for id in reversed(seen) if id in there)
        await store.write(rows(events(f"{int(known[1:]) // 4} EnteredMenu node=x", known), run=f"again{len(seen)}"))
        page, after = await store.search(Filters(), limit, after)
    assert [id for id in seen if id in there] == there[::-1]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("limit", [1, 2, 50])
@pytest.mark.parametrize("end", [None, 300 * 86_400.0])
async def test_an_agents_calls_of_years_come_in_pages(store: Store, limit: int, end: float | None) -> None:
    """However long ago they are, and though each talk began a while after its call came."""
    days = {0: "bob", 1: "ann", 3: "bob", 4: "bob", 130: "bob", 290: "ann", 291: "bob", 396: "bob", 400: "bob"}
    for day, agent in days.items():
        talk, over = (day + 1) * 86_400, (day + 2) * 86_400
        story = f"{day * 86_400} Arrived\n{talk} Connected offer=o agent={agent}\n{over} Ended by=caller"
        await store.write(rows(events(story, f"d{day:03}")))
    seen: list[str] = []
    after = None
    while not seen or after is not None:
        page, after = await store.search(Filters(agent="bob", end=end), limit, after)
        seen += [record.id for record in page]
    assert seen == [
        f"d{day:03}" for day, agent in reversed(days.items()) if agent == "bob" and day < (end or 1e9) / 86_400
    ]
