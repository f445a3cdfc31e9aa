"""Alembic runs this for each command, with the connection that ``migrate`` was given."""

from __future__ import annotations

from alembic import context

from recordings.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
