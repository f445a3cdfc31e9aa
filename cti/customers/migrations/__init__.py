"""Brings the tables of customers to the newest form, by Alembic.

The site's database has other tables, with revisions of their own: those of this chain are counted in
the table ``customers_version``.
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
    config.set_main_option("script_location", "cti.customers:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
