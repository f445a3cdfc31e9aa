"""Alembic runs this for each command, with the connection that ``migrate`` was given."""

from __future__ import annotations

from alembic import context

from cti.customers.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table="customers_version"
)
with context.begin_transaction():
    context.run_migrations()
