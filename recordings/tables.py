"""The tables of the journal, the call records and the recordings. Times are Unix seconds.

A change here needs a migration in ``migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from cti.database import NAMES

ID = String(64)
NAME = String(128)
"""Names of agents, queues and destinations, and numbers and names of callers."""

metadata = MetaData(naming_convention=NAMES)

journal = Table(
    "journal",
    metadata,
    # SQLite counts up by itself only in an INTEGER column.
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    # Who wrote the row: one run of the program, and its own count. A row sent twice is one row.
    Column("run", String(32), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("call", ID),
    Column("at", Double, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("data", JSON, nullable=False),
    UniqueConstraint("run", "number"),
    Index(None, "call", "seq"),
)

open_calls = Table("open_calls", metadata, Column("call", ID, primary_key=True))
"""Calls in the journal whose end is not."""

calls = Table(
    "calls",
    metadata,
    Column("id", ID, primary_key=True),
    Column("caller", NAME, nullable=False),
    Column("caller_name", NAME, nullable=False),
    Column("dialled", NAME, nullable=False),
    Column("arrived_at", Double, nullable=False),
    Column("answered_at", Double),
    Column("ended_at", Double),
    Column("path", JSON, nullable=False),
    Column("choices", JSON, nullable=False),
    Column("queue", NAME, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("queued_at", Double),
    Column("wait_s", Double, nullable=False),
    Column("agent", NAME, nullable=False),
    Column("connected_at", Double),
    Column("talk_s", Double, nullable=False),
    Column("ended_by", String(16)),
    Column("cause", Integer, nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("transferred_to", NAME, nullable=False),
    Column("offers", Integer, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("flow", NAME, nullable=False, server_default=text("''")),
    Column("version", String(32), nullable=False, server_default=text("''")),
    Column("language", String(16), nullable=False, server_default=text("''")),
    Column("messages", JSON, nullable=False, server_default="[]"),
    Column("callbacks", JSON, nullable=False, server_default="[]"),
    Column("scores", JSON, nullable=False, server_default="[]"),
    Column("direction", String(8), nullable=False, server_default=text("'in'")),
    Index(None, "arrived_at", "id"),
    Index(None, "caller", "arrived_at"),
    Index(None, "queue", "arrived_at"),
    Index(None, "outcome", "arrived_at"),
)

segments = Table(
    "segments",
    metadata,
    Column("call", ID, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("agent", NAME, nullable=False),
    Column("queue", NAME, nullable=False),
    Column("detail", NAME, nullable=False),
    Column("recording", String(256)),
    Index(None, "agent", "kind", "started_at"),
)

dispositions = Table(
    "dispositions",
    metadata,
    # Not a foreign key: a disposition may be given while the call goes on.
    Column("call", ID, primary_key=True),
    Column("agent", NAME, primary_key=True),
    Column("at", Double, nullable=False),
    Column("queue", NAME, nullable=False),
    Column("disposition", String(512), nullable=False, index=True),
    Column("notes", Text, nullable=False),
)

followups = Table(
    "followups",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("agent", NAME, nullable=False),
    Column("made_by", NAME, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("at", Double, nullable=False),
    Column("number", ID, nullable=False),
    Column("text", Text, nullable=False),
    Column("call", ID),
    Column("told_at", Double),
    Column("done_at", Double),
    Index(None, "agent", "at"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("stem", String(256), primary_key=True),
    Column("call", ID, nullable=False, index=True),
    Column("agent", NAME, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("state", String(16), nullable=False),
    Column("length_s", Double),
    Column("talk_s", Double),
    Column("file", String(256)),
    Column("box", NAME, nullable=False, server_default=text("''")),
    Column("taped", Boolean, nullable=False, server_default=false()),
    Index(None, "state", "started_at"),
    Index(None, "box", "started_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    # Whose seals these are (``cti.audit.chain``), and the count of the entries that they seal.
    Column("chain", String(16), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("at", Double, nullable=False, index=True),
    Column("who", NAME, nullable=False),
    Column("role", String(16), nullable=False),
    Column("address", ID, nullable=False),
    Column("what", String(32), nullable=False),
    Column("object", String(256), nullable=False),
    Column("result", String(16), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("seal", String(64), nullable=False),
    UniqueConstraint("chain", "number"),
    Index(None, "who", "seq"),
    Index(None, "object", "seq"),
)
