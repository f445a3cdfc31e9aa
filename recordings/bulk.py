"""Rows into a table, as quickly as its database takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Table, insert, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection


class Json(str):
    """A text that is JSON already, for a column of JSON."""


def serialized(value: Any) -> str:
    """A value of a column of JSON, as text."""
    return value if isinstance(value, Json) else json.dumps(value)


async def add(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows, all of which have the same columns, in the connection's transaction. PostgreSQL is given
    them by COPY: a row at a time costs it and us twice as much. Raises DBAPIError."""
    if not rows:
        return
    if connection.dialect.driver != "asyncpg":
        await connection.execute(insert(table), rows)
        return
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    if not raw.is_in_transaction():
        await connection.execute(select(1))  # begins it
    names = list(rows[0])
    texts = {name for name in names if isinstance(table.c[name].type, JSON)}
    columns = [[serialized(row[n]) if n in texts else row[n] for row in rows] for n in names]
    try:
        await raw.copy_records_to_table(table.name, columns=names, records=zip(*columns, strict=True))
    except OSError:
        raise
    except Exception as error:
        raise _translated(f"COPY {table.name}", error) from error


def _translated(statement: str, error: Exception) -> DBAPIError:
    """The driver's error as it would be from another statement: what is none of these values' fault is
    operational."""
    state = getattr(error, "sqlstate", None) or ""
    kind: type[DBAPIError] = IntegrityError if state.startswith("23") else OperationalError
    if state.startswith("22") or isinstance(error, ValueError):
        kind = DataError
    return kind(statement, None, error, hide_parameters=True)
