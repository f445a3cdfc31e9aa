"""The first tables, and what finds any part of a text quickly: an index of all its three letters in a row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_PLAIN = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")

_SQLITE = (
    "CREATE VIRTUAL TABLE customers_found USING fts5("
    "sought, content='customers', content_rowid='id', tokenize='trigram', detail='none', columnsize=0)",
    "CREATE TRIGGER customers_added AFTER INSERT ON customers BEGIN"
    " INSERT INTO customers_found(rowid, sought) VALUES (new.id, new.sought); END",
    "CREATE TRIGGER customers_deleted AFTER DELETE ON customers BEGIN"
    " INSERT INTO customers_found(customers_found, rowid, sought) VALUES ('delete', old.id, old.sought); END",
    "CREATE TRIGGER customers_changed AFTER UPDATE OF sought ON customers WHEN old.sought <> new.sought BEGIN"
    " INSERT INTO customers_found(customers_found, rowid, sought) VALUES ('delete', old.id, old.sought);"
    " INSERT INTO customers_found(rowid, sought) VALUES (new.id, new.sought); END",
)
_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX customers_found ON customers USING gin (sought gin_trgm_ops)",
)


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("region", sa.String(length=80), nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("folded_name", _PLAIN, nullable=False),
        sa.Column("sought", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index(op.f("ix_customers_folded_name"), "customers", ["folded_name"], unique=False)
    last = op.create_table(
        "last_customer",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_last_customer")),
    )
    op.bulk_insert(last, [{"id": 0}])
    op.create_table(
        "customer_numbers",
        sa.Column("customer", _ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer"], ["customers.id"], name=op.f("fk_customer_numbers_customer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer", "place", name=op.f("pk_customer_numbers")),
    )
    op.create_index(
        op.f("ix_customer_numbers_number_customer"), "customer_numbers", ["number", "customer"], unique=False
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE customers_found")
    op.drop_table("customer_numbers")
    op.drop_table("last_customer")
    op.drop_table("customers")
