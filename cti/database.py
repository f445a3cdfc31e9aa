"""Opens the site's database: SQLite by default, or any that SQLAlchemy has an async driver for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}
"""How keys and indexes are called, whichever database they are in: migrations name them."""


async def opened(
    url: str, migrate: Callable[[Connection], None], serialized: Callable[[Any], str] = json.dumps
) -> AsyncEngine:
    """Connects (``sqlite+aiosqlite:////folder/file``) and brings tables up to date by ``migrate``.

    A SQLite file and its folder are made where they are missing. Raises SQLAlchemyError where the
    database cannot be reached, alembic's CommandError where its tables are newer than this program.
    """
    parsed = make_url(url)
    # Hidden parameters: an error's text goes to the log, a caller's number must not.
    # PostgreSQL plans each look for what is looked for: a rare word is found otherwise than a common one.
    planned = (
        {"server_settings": {"plan_cache_mode": "force_custom_plan"}} if parsed.drivername.endswith("asyncpg") else {}
    )
    engine = create_async_engine(parsed, hide_parameters=True, json_serializer=serialized, connect_args=planned)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
    except BaseException:
        await engine.dispose()
        raise
    return engine


def _set_up_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
