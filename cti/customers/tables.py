"""The tables of customers. Times are Unix seconds.

A change here needs a migration in ``migrations/versions``; a test compares the two. What makes
searches quick is in the migrations alone, since each database has its own: see the first one.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from cti.database import NAMES

metadata = MetaData(naming_convention=NAMES)

# What SQLite finds a row by is an INTEGER column.
ID = BigInteger().with_variant(Integer, "sqlite")
# Compared by code points, so that an index can find beginnings.
PLAIN = Text(collation="C").with_variant(Text(), "sqlite")

customers = Table(
    "customers",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("name", String(120), nullable=False),
    Column("email", String(254), nullable=False),
    Column("level", String(40), nullable=False),
    Column("region", String(80), nullable=False),
    Column("department", String(80), nullable=False),
    Column("owner", String(40), nullable=False),
    Column("notes", Text, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("folded_name", PLAIN, nullable=False, index=True),
    Column("sought", Text, nullable=False),
    *(Index(None, key, "id") for key in ("level", "region", "department", "owner")),
)

last_customer = Table("last_customer", metadata, Column("id", ID, primary_key=True, autoincrement=False))
"""One row: the id given last. Counted here, the ids of many new cards are known beforehand, and that of a
card that is gone is never another's."""

customer_numbers = Table(
    "customer_numbers",
    metadata,
    Column("customer", ID, ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("number", String(20), nullable=False),
    Index(None, "number", "customer"),
)
