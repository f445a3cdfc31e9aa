"""The tables of the journal, the call records and the recordings. Times are Unix seconds.

A change here needs a migration in ``migrations/versions``; a test compares the two. The indexes by which
PostgreSQL finds parts of texts are in the migrations alone (v0012).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
)

from cti.database import NAMES
from recordings.reports.sums import NAMES as SUMS

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
    Column("consent", String(8), nullable=False, server_default=text("''")),
    Column("score", Double),
    Index(None, "arrived_at", "id"),
    # Finds beginnings too, whatever the database's language.
    Index(None, "caller", "arrived_at", postgresql_ops={"caller": "varchar_pattern_ops"}),
    Index(None, "queue", "arrived_at"),
    Index(None, "outcome", "arrived_at"),
)


def found_in(of: FromClause) -> ColumnElement[str]:
    """The texts in which a part is looked for, as their index has them."""
    gap = literal_column("' '", Text)
    return of.c.caller + gap + of.c.caller_name + gap + of.c.dialled + gap + of.c.transferred_to


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
    # What the pipeline made of it: when it had, and seconds (recordings.pipeline.figures).
    Column("processed_at", Double),
    Column("caller_s", Double),
    Column("agent_s", Double),
    Column("silence_s", Double),
    Column("talk_over_s", Double),
    Column("silent", String(16), nullable=False, server_default=text("''")),
    Index(None, "state", "started_at"),
    Index(None, "box", "started_at"),
)

pipeline = Table(
    "pipeline",
    metadata,
    Column("stem", String(256), primary_key=True),
    Column("queued_at", Double, nullable=False, index=True),
    # Not before this; where a worker has it, until when that may be silent.
    Column("due_at", Double, nullable=False),
    Column("worker", ID, nullable=False, server_default=text("''")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("failed_at", Double),
    Column("reason", String(512), nullable=False, server_default=text("''")),
    # Names of the raw files that are to go, once the finished one is noted.
    Column("gone", JSON, nullable=False, server_default="[]"),
)
"""Recordings that wait for the pipeline, one is working on, or it gave up. What is finished has no row."""

waveforms = Table(
    "waveforms",
    metadata,
    Column("stem", String(256), primary_key=True),
    Column("step_s", Double, nullable=False),
    Column("caller", LargeBinary, nullable=False),
    Column("agent", LargeBinary, nullable=False),
)
"""A point a byte, as ``recordings.pipeline.figures.Waveform``."""

ledger = Table(
    "ledger",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    # Whose seals these are, what wrote it, and the count of the entries that they seal.
    Column("chain", String(16), nullable=False),
    Column("writer", String(32), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("what", String(16), nullable=False),
    Column("stem", String(256), nullable=False),
    Column("call", ID, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("seal", String(64), nullable=False),
    UniqueConstraint("chain", "number"),
    Index(None, "stem", "seq"),
)

comments = Table(
    "comments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call", ID, nullable=False, index=True),
    Column("recording", String(256), nullable=False),
    Column("second", Double, nullable=False),
    Column("by", NAME, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("changed_at", Double),
    Column("text", Text, nullable=False),
)

shares = Table(
    "shares",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call", ID, nullable=False, index=True),
    Column("recording", String(256), nullable=False),
    Column("second", Double, nullable=False),
    Column("role", String(16), nullable=False),
    Column("made_by", NAME, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("until", Double, nullable=False),
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

rollups = Table(
    "rollups",
    metadata,
    # The calls that arrived in this quarter-hour added it; 0 is for what agents did.
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(8), primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("name", NAME, primary_key=True),
    # None for nothing: most rows have few of them.
    *(Column(name, BigInteger) for name in SUMS),
    Index(None, "subject", "at"),
)
"""What reports are made of: sums by quarter-hour."""

rolled = Table(
    "rolled",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("rostered_until", BigInteger, nullable=False),
)
"""One row: how far the journal is in ``rollups``, and the time on the roster."""

doing = Table(
    "doing",
    metadata,
    Column("agent", NAME, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", Double, nullable=False),
    Column("call", ID),
)
"""What each agent does at the place in the journal that ``rolled`` has come to; the call he was on last."""
