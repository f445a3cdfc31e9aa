"""The tables of what is stored, of legal holds and of erasures. Times are Unix seconds.

A change here needs a migration, as in ``recordings.tables``.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, Index, String, Table, Text, false, text

from recordings.tables import ID, NAME, metadata

stored = Table(
    "stored",
    metadata,
    Column("stem", String(256), primary_key=True),
    Column("key", String(256), nullable=False),
    Column("place", String(16), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", Double, nullable=False),
    # Under which master key the recording's own is kept, and that key; empty where it is not sealed.
    Column("master", String(16), nullable=False, server_default=text("''"), index=True),
    Column("wrapped", String(128), nullable=False, server_default=text("''")),
    # What is deleted keeps its row; ``gone``: its files are, too.
    Column("deleted_at", Double),
    Column("deleted_by", String(256), nullable=False, server_default=text("''")),
    Column("gone", Boolean, nullable=False, server_default=false()),
    Index(None, "gone", "deleted_at"),
)

holds = Table(
    "holds",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call", ID, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("set_by", NAME, nullable=False),
    Column("set_at", Double, nullable=False),
    Column("lifted_by", NAME, nullable=False, server_default=text("''")),
    Column("lifted_at", Double),
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", Double, nullable=False, index=True),
    Column("by", NAME, nullable=False),
    # Keyed hashes of the numbers: who has a number can tell that it was erased, and nobody else which it was.
    Column("marks", JSON, nullable=False),
    Column("report", JSON, nullable=False),
)
