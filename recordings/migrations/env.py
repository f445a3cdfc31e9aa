"""Alembic runs this for each command, with the connection that ``migrate`` was given."""

from __future__ import annotations

from alembic import context

# Their tables are part of the metadata.
import recordings.quality.tables
import recordings.storage.tables
import recordings.transcripts.tables  # noqa: F401
from recordings.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
