"""Brings a database's tables to the newest form, by Alembic.

Needs no ini file: the revisions are found in this package, wherever it is installed.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def migrate(connection: Connection, to: str = "head") -> None:
    """Runs the revisions that are missing, up to one of them.

    From async code: ``await connection.run_sync(migrate)``.
    """
    config = Config()
    config.set_main_option("script_location", "recordings:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
