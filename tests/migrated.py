"""A new SQLite database gets its tables by the statements of the migrations, worked out once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, create_engine, event

Migrate = Callable[[Connection], None]
Made = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Newest:
    """What a database without tables is given, and what is in it then."""

    said: tuple[tuple[str, Any], ...]
    made: Made


def quickly(migrate: Migrate) -> Migrate:
    """Does what ``migrate`` does, which is not asked where a SQLite database has none of its tables, or all in the
    newest form. Any other, as one of an older version or of a newer, is left to it."""

    @cache
    def newest() -> Newest:
        said: list[tuple[str, Any]] = []
        engine = create_engine("sqlite://")

        @event.listens_for(engine, "before_cursor_execute")
        def _note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
                said.append((statement, parameters))

        with engine.begin() as connection:
            migrate(connection)
            noted = tuple(said)
            made = _made(connection)
        engine.dispose()
        return Newest(noted, made)

    def migrated(connection: Connection) -> None:
        if connection.dialect.name != "sqlite":
            return migrate(connection)
        there = _made(connection)
        if newest().made <= there:
            return None
        if {name for name, _ in newest().made} & {name for name, _ in there}:
            return migrate(connection)
        for statement, parameters in newest().said:
            connection.exec_driver_sql(statement, parameters or None)
        return None

    return migrated


def _made(connection: Connection) -> Made:
    """Each table, index and trigger with its form, and the versions that the database is said to have."""
    made = [(name, sql) for name, sql in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")]
    versions = [name for name, sql in made if name.endswith("_version") and sql.startswith("CREATE TABLE")]
    said = [(name, row[0]) for name in versions for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]
    return frozenset(made + said)
