"""The tables made anew: as they were written piece by piece, and as the journal folds at once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import defaultdict
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from cti.calls.events import CallEvent, DispositionGiven, Ended, Event
from cti.calls.words import CallId
from recordings.records import rebuild as module
from recordings.records.fold import fold
from recordings.records.rebuild import Progress, rebuild
from recordings.rows import plain
from recordings.store import JournalRow, Store
from recordings.tables import calls, dispositions, journal, open_calls, segments
from tests.recordings.scenarios import events, load, rows
from tests.recordings.test_record import KINDS

FOLDS = (calls, segments, open_calls, dispositions)

Tables = dict[str, list[dict[str, object]]]


async def tables(store: Store) -> Tables:
    async with store.connect() as connection:
        return {
            table.name: [
                dict(row._mapping) for row in await connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in FOLDS
        }


async def rebuilt(store: Store) -> Progress:
    done = Progress()
    async for progress in rebuild(store):
        done = progress
    return done


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events of a few calls in any order, at few moments, and what was said of them."""
    common = {"at": st.integers(0, 9).map(float), "call": st.sampled_from([CallId("a"), CallId("b"), CallId("c")])}
    names = st.sampled_from(["x", "y"])
    made: list[Event] = []
    for kind in draw(st.lists(st.sampled_from([*KINDS, *[Ended] * 9, *[DispositionGiven] * 9]), max_size=20)):
        own = {name: names for name in ("offer", "agent") if name in {f.name for f in fields(kind)}}
        made.append(draw(st.builds(kind, **common, **own)))
    return made


@settings(deadline=None)
@given(histories(), st.sets(st.integers(0, 20), max_size=5), st.sets(st.integers(0, 20), max_size=9), st.integers(0, 3))
def test_in_pieces_at_once_and_rebuilt_are_the_same(
    migrated: Path, happened: list[Event], cuts: set[int], starts: set[int], back: int
) -> None:
    """However the events came into the journal: in batches that overlap, over starts of the program."""

    async def walk(folder: str) -> None:
        url = f"sqlite+aiosqlite:///{shutil.copy(migrated, folder)}"
        store, written, there = await Store.open(url), rows(happened), 0
        for cut in sorted(cuts | {len(written)}):
            await store.write(written[max(0, there - back) : cut])
            there = max(there, cut)
            if cut in starts:
                await store.close()
                store = await Store.open(url)
        try:
            before = await tables(store)
            of_call: dict[CallId, list[CallEvent]] = defaultdict(list)
            for event in happened:
                if isinstance(event, CallEvent):
                    of_call[event.call].append(event)
            for call, of_it in of_call.items():
                found = await store.call(call)
                assert (found is not None) == any(isinstance(event, Ended) for event in of_it)
                if found is not None:
                    record, parts = fold(of_it)
                    assert plain(found.record) == plain(record)
                    assert [plain(part) for part in found.segments] == [plain(part) for part in parts]
            assert (await rebuilt(store)).changed == 0
            assert await tables(store) == before
        finally:
            await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(walk(folder))


async def test_whatever_became_of_the_tables_they_are_made_as_they_were(store: Store) -> None:
    """And what is no fold stays: a record whose journal is gone, and what refers to a record that is mended."""
    told = [s for s in load() if s.record["outcome"] != "live"]
    happened: list[Event] = [replace(e, call=CallId(f"c{n:02}")) for n, s in enumerate(told) for e in s.events]
    said = [
        DispositionGiven(at=at, call=CallId("c01"), agent="bob", queue="sales", disposition=what)
        for at, what in ((5.0, "Sold"), (9.0, "Lost"))
    ]
    await store.write(rows([*happened, *said, *events("3 Arrived", "live"), *events("1 Ended by=caller", "old")]))
    whole = await tables(store)
    async with store.writing() as connection:
        await connection.execute(delete(journal).where(journal.c.call == "old"))
        await connection.execute(delete(segments).where(segments.c.number == 2))
        await connection.execute(delete(calls).where(calls.c.id == "c03"))
        await connection.execute(delete(open_calls))
        await connection.execute(insert(open_calls), [{"call": "c02"}, {"call": "nobody"}])
        await connection.execute(update(calls).where(calls.c.id == "c04").values(talk_s=1e6, outcome="nonsense"))
        await connection.execute(update(calls).where(calls.c.id == "c05").values(path=["elsewhere"]))
        await connection.execute(update(dispositions).values(at=1e9, disposition="Never said"))
    async with store.writing() as connection:
        row = {**whole["calls"][0], "id": "live"}
        await connection.execute(insert(calls), [row])
    done = await rebuilt(store)
    assert await tables(store) == whole
    assert done.changed >= 7
    assert (done.calls, done.kept, done.rows) == (len(told) + 1, 1, len(happened) + 3)
    assert (await rebuilt(store)).changed == 0


async def test_calls_go_on_meanwhile(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch of calls is followed by more of what happens: nothing of it is lost, or written twice."""
    written = [JournalRow("r", n, e) for n, e in enumerate((e for c in "abcdef" for e in _call(c)), 1)]
    await store.write(written[:9])
    monkeypatch.setattr(module, "CALLS", 1)
    there = 9
    async for _ in rebuild(store):
        await store.write(written[there : there + 2])
        there += 2
    await store.write(written[there:])
    before = await tables(store)
    assert (await rebuilt(store)).changed == 0
    assert await tables(store) == before
    assert [row["id"] for row in before["calls"]] == list("abcdef")


def _call(call: str) -> list[CallEvent]:
    return events("0 Arrived\n1 Queued queue=sales\n5 Ended by=caller", call)
