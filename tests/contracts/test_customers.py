"""What the store of customers must do, over SQLite and over PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from cti.customers.card import CannotMerge, Card, Details, folded
from cti.customers.migrations import migrate
from cti.customers.store import ON_ONE_NUMBER, Changed, Gone, Store
from cti.customers.tables import metadata
from recordings.store import Store as Records
from tests.contracts.postgres import postgres

ADA = Details(name="Ada Müller", numbers=("+4930123456", "+4930123457"), notes="Wants 100% tea_", owner="ann")
BOB = Details(name="Bob 'the' \"man\"", numbers=("+4930123456",), email="bob@example.com", fields={"Contract": "A-77"})
WANG = Details(name="王芳", numbers=("+8613912345678",))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/cordboard.db"
    else:
        async with postgres() as server:
            yield server


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()


def names(cards: list[Card]) -> list[str]:
    return [card.name for card in cards]


async def found(store: Store, text: str) -> list[str]:
    return names((await store.search(text))[0])


async def test_the_tables_are_those_of_the_program_beside_the_records(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        def ours(name: str | None, kind: str, _: object) -> bool:
            return kind != "table" or name in metadata.tables

        opts = {"compare_type": True, "compare_server_default": True, "include_name": ours}
        changes = compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)
        # The index of three letters in a row is of one database only.
        return [change for change in changes if getattr(change[1], "name", "") != "customers_found"]

    for _ in range(2):
        await (await Records.open(url)).close()
        await (await Store.open(url)).close()
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        assert await connection.run_sync(differences) == []
        await connection.run_sync(migrate)
    await engine.dispose()


async def test_cards_by_what_many_have_alike(store: Store) -> None:
    gold = [replace(ADA, name=name, level="gold", owner=owner) for name, owner in (("A", "ann"), ("B", "bob"))]
    await store.add([*gold, replace(ADA, name="C", level="silver"), BOB], 1.0)
    assert names((await store.search("", having={"level": "gold"}))[0]) == ["B", "A"]
    assert names((await store.search("tea", having={"level": "gold", "owner": "ann"}))[0]) == ["A"]
    page, after = await store.search("", 1, having={"level": "gold"})
    assert names((await store.search("", 1, after, {"level": "gold"}))[0] + page) == ["A", "B"]
    assert await store.groups() == {
        "level": ["gold", "silver"],
        "region": [],
        "department": [],
        "owner": ["ann", "bob"],
    }


async def test_cards_are_kept_whole(store: Store) -> None:
    one, two = await store.add([ADA, BOB], 100.5)
    assert await store.get(one) == Card(
        id=one, version=1, changed_at=100.5, name=ADA.name, numbers=ADA.numbers, notes=ADA.notes, owner="ann"
    )
    bob = await store.get(two)
    assert bob is not None
    assert (bob.fields, bob.email, bob.name) == (BOB.fields, BOB.email, BOB.name)
    assert await store.get(99) is None
    assert list(await store.add([], 1.0)) == []


async def test_several_have_one_number(store: Store) -> None:
    await store.add([ADA, BOB], 1.0)
    assert names(await store.of_number("+4930123456")) == [BOB.name, ADA.name]
    assert names(await store.of_number("+4930123457")) == [ADA.name]
    assert await store.of_number("+4930") == []
    await store.add([BOB] * 20, 1.0)
    assert len(await store.of_number("+4930123456")) == ON_ONE_NUMBER


async def test_searches_find_any_part(store: Store) -> None:
    await store.add([ADA, BOB, WANG], 1.0)
    for text, wanted in (
        ("muller", [ADA]),
        ("MÜLL", [ADA]),
        ("ada tea", [ADA]),
        ("ada coffee", []),
        ("030 1234", [BOB, ADA]),
        ("3457", [ADA]),
        ("+86 139", [WANG]),
        ("王", [WANG]),
        ("王芳", [WANG]),
        ("芳", []),  # with less than three letters, the beginning of the name
        ("bo", [BOB]),
        ("ad mü", [ADA]),
        ("mü ad", []),
        ("ada te", [ADA]),
        ("example.com", [BOB]),
        ("a-77", [BOB]),
        ("100%", [ADA]),
        ("tea_", [ADA]),
        ("%%%", []),
        ("___", []),
        ("\"man\"", [BOB]),
        ("'the'", [BOB]),
        ("man OR ada", []),
        ("", [WANG, BOB, ADA]),
    ):  # fmt: skip
        assert await found(store, text) == [card.name for card in wanted], text


async def test_pages(store: Store) -> None:
    ids = await store.add([Details(name=f"Customer {n}") for n in range(5)], 1.0)
    for text in ("", "customer", "cu"):
        first, on = await store.search(text, 2)
        second, more = await store.search(text, 2, on)
        last, end = await store.search(text, 2, more)
        assert [card.id for card in (*first, *second, *last)] == list(reversed(ids))
        assert end is None
    assert [card.id async for batch in store.all(2) for card in batch] == list(ids)


async def test_a_change_is_of_the_version_that_was_read(store: Store) -> None:
    (id,) = await store.add([ADA], 1.0)
    card = await store.change(id, 1, BOB, 2.0)
    assert card == await store.get(id)
    assert (card.version, card.changed_at, card.numbers) == (2, 2.0, BOB.numbers)
    assert await found(store, "muller") == []
    assert await found(store, "bob") == [BOB.name]
    assert await store.of_number("+4930123457") == []
    with pytest.raises(Changed):
        await store.change(id, 1, ADA, 3.0)
    with pytest.raises(Gone):
        await store.change(id + 1, 1, ADA, 3.0)


async def test_one_of_two_changes_at_the_same_time_wins(store: Store) -> None:
    (id,) = await store.add([ADA], 1.0)
    came = await asyncio.gather(
        *(store.change(id, 1, Details(name=name), 2.0) for name in "xy"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in came) == ["Card", "Changed"]


async def test_what_is_deleted_is_gone_and_its_id_with_it(store: Store) -> None:
    (id,) = await store.add([ADA], 1.0)
    await store.delete(id)
    assert await store.get(id) is None
    assert await store.of_number(ADA.numbers[0]) == []
    assert await found(store, "muller") == []
    with pytest.raises(Gone):
        await store.delete(id)
    assert await store.add([BOB], 1.0) != [id]


async def test_two_cards_become_one(store: Store) -> None:
    one, two = await store.add([ADA, BOB], 1.0)
    card = await store.merge(one, two, 5.0)
    assert card == await store.get(one)
    assert (card.name, card.numbers, card.email, card.version) == (ADA.name, ADA.numbers, BOB.email, 2)
    assert card.fields == BOB.fields
    assert await store.get(two) is None
    assert names(await store.of_number("+4930123456")) == [ADA.name]
    for id, other in ((one, two), (two, one)):
        with pytest.raises(Gone):
            await store.merge(id, other, 6.0)


async def test_a_merge_that_cannot_be_changes_nothing(store: Store) -> None:
    long = [Details(name=name, notes=name * 2100) for name in "xy"]
    one, two = await store.add(long, 1.0)
    with pytest.raises(CannotMerge):
        await store.merge(one, two, 2.0)
    assert await found(store, "xxx") == ["x"]
    assert await found(store, "yyy") == ["y"]


async def test_doubles(store: Store) -> None:
    nobody = Details(name="No Number", email="no@example.com")
    await store.add([ADA, nobody], 1.0)
    same_name = Details(name="ADA MULLER", numbers=("+4930123457", "+4930999999"))
    shared = Details(name="Bob", numbers=ADA.numbers)
    assert await store.doubles([same_name, shared, nobody, WANG]) == {
        (folded(ADA.name), "+4930123457"),
        ("no number", "no@example.com"),
    }
    assert await store.doubles([Details(name="No Number", email="other@example.com")]) == set()
    assert await store.doubles([]) == set()
