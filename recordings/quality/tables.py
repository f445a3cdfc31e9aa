"""The tables of reviews. Times are Unix seconds."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from recordings.tables import ID, NAME, metadata

__all__ = ["metadata", "quality_forms", "review_steps", "reviews"]

quality_forms = Table(
    "quality_forms",
    metadata,
    Column("form", NAME, primary_key=True),
    Column("version", String(16), primary_key=True),
    Column("at", Double, nullable=False),
    Column("data", JSON, nullable=False),
)
"""Every version of a form that there ever was: reviews are by one of them."""

reviews = Table(
    "reviews",
    metadata,
    Column("id", String(32), primary_key=True),
    # Not a foreign key: a record may be made again, and may be deleted before what was said of it.
    Column("call", ID, nullable=False),
    Column("agent", NAME, nullable=False),
    Column("queue", NAME, nullable=False),
    Column("talked_at", Double, nullable=False),
    Column("grader", NAME, nullable=False),
    Column("form", NAME, nullable=False),
    Column("version", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("sample", NAME, nullable=False),
    Column("week", String(8), nullable=False),
    Column("calibration", String(32), nullable=False),
    Column("made_by", NAME, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("submitted_at", Double),
    Column("score", Double),
    Column("fatal", Boolean, nullable=False),
    Column("draft", JSON, nullable=False),
    UniqueConstraint("call", "agent", "grader", "form"),
    Index(None, "grader", "state"),
    Index(None, "agent", "talked_at"),
    Index(None, "talked_at"),
    Index(None, "sample", "week"),
    Index(None, "calibration"),
)

review_steps = Table(
    "review_steps",
    metadata,
    Column("review", String(32), ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("who", NAME, nullable=False),
    Column("deed", String(16), nullable=False),
    Column("reasons", Text, nullable=False),
    Column("content", JSON),
    Column("score", Double),
)
"""What was done with each review; only ever added to, but that an erasure empties words."""
