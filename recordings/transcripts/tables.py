"""The tables of transcripts. Times are Unix seconds.

A change here needs a migration, as in ``recordings.tables``. The words with their times are no table: they are kept
beside the sound.
"""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, String, Table, Text, text

from recordings.tables import ID, metadata

transcribing = Table(
    "transcribing",
    metadata,
    # As those of ``pipeline``.
    Column("stem", String(256), primary_key=True),
    Column("queued_at", Double, nullable=False, index=True),
    Column("due_at", Double, nullable=False),
    Column("worker", ID, nullable=False, server_default=text("''")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("failed_at", Double),
    Column("reason", String(512), nullable=False, server_default=text("''")),
    Column("language", String(16), nullable=False),
)
"""Recordings that wait for their transcript. The row of one that is deleted stays until a worker has seen to it that
nothing of a transcript is left."""

transcripts = Table(
    "transcripts",
    metadata,
    Column("stem", String(256), primary_key=True),
    Column("call", ID, nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("language", String(16), nullable=False),
    # A line for each stretch of one side: what searches look into.
    Column("text", Text, nullable=False),
)
