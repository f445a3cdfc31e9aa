"""What a program of the version before says to the database still works once a newer one has brought its tables up.

So the two may run side by side: a pipeline on another machine, a server that is being drained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from cti.customers.migrations import migrate as migrate_customers
from recordings.migrations import migrate

Migrate = Callable[[Connection, str], None]
CHAINS: dict[str, Migrate] = {"recordings:migrations": migrate, "cti.customers:migrations": migrate_customers}
VERSIONS = ("alembic_version", "customers_version")


def steps(chain: str) -> list[tuple[str, str]]:
    """Each revision and the next."""
    config = Config()
    config.set_main_option("script_location", chain)
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    return list(pairwise(reversed(known)))


def tables(connection: Connection) -> list[Table]:
    """Those that there are, as a program knows them that was written for them; who is referred to comes first."""
    metadata = MetaData()
    metadata.reflect(connection)
    virtual = connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'")).scalars()
    apart = (*VERSIONS, *virtual)  # and the tables that SQLite keeps a virtual one in
    return [table for table in metadata.sorted_tables if not table.name.startswith(apart)]


def value(column: Column[Any], row: int) -> object:
    """One that fits, and is another in each row."""
    if isinstance(column.type, JSON):
        return [row]
    if isinstance(column.type, LargeBinary):
        return b"x%d" % row
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, Integer | Float):
        return row
    return f"x{row}"


def statements(known: list[Table], row: int, connection: Connection) -> Iterator[str]:
    """Does with each table what programs do, in the columns that they know; what went wrong."""
    for table in known:
        values = {column.name: value(column, row) for column in table.columns}
        connection.execute(insert(table).values(values))
        found = connection.execute(select(table).where(*(table.c[key] == values[key] for key in keys(table)))).one()
        if dict(found._mapping) != values:
            yield f"{table.name}: {dict(found._mapping)} is not {values}"
        others = {name: one for name, one in values.items() if name not in keys(table)}
        if others:
            connection.execute(update(table).where(*(table.c[key] == values[key] for key in keys(table))), others)
    for table in reversed(known):
        connection.execute(delete(table).where(*(table.c[key] == value(table.c[key], row) for key in keys(table))))


def keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns] or [table.columns[0].name]


@pytest.mark.parametrize("chain", CHAINS)
def test_the_version_before_still_works(chain: str) -> None:
    engine = create_engine("sqlite://")
    bring = CHAINS[chain]
    with engine.begin() as connection:
        for before, after in steps(chain):
            bring(connection, before)
            known = tables(connection)
            assert not list(statements(known, 1, connection)), f"the test does not know the tables of {before}"
            bring(connection, after)
            assert not list(statements(known, 2, connection)), f"{after} breaks programs written for {before}"
    engine.dispose()


@pytest.mark.parametrize("change", ["RENAME COLUMN queue TO line", "DROP COLUMN version"])
def test_what_breaks_the_version_before_is_found(change: str) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrate(connection)
        known = tables(connection)
        connection.execute(text(f"ALTER TABLE calls {change}"))
        with pytest.raises(DBAPIError, match="calls"):
            list(statements(known, 2, connection))
    engine.dispose()
