"""Sums by quarter-hour, for reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SUMS = (
    *("offered", "answered", "in_time", "within_limit", "abandoned", "short", "moved"),
    *("talks", "transfers", "out", "reached", "callbacks", "contacts", "repeated"),
    *("pushed", "surveyed", "scores", "score_sum", "satisfied"),
    *("calls", "visits", "contained", "gave_up", "rings", "missed", "refused"),
    *("waited_ms", "talk_ms", "hold_ms", "wrap_up_ms"),
    *("signed_in_ms", "available_ms", "busy_ms", "rostered_ms", "adhered_ms"),
    *(f"w{step:02}" for step in range(40)),
)


def upgrade() -> None:
    op.create_table(
        "rollups",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=8), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in SUMS),
        sa.PrimaryKeyConstraint("batch", "subject", "at", "name", name=op.f("pk_rollups")),
    )
    op.create_index(op.f("ix_rollups_subject_at"), "rollups", ["subject", "at"], unique=False)
    op.create_table(
        "rolled",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("rostered_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rolled")),
    )
    op.create_table(
        "doing",
        sa.Column("agent", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_doing")),
    )


def downgrade() -> None:
    for table in ("doing", "rolled", "rollups"):
        op.drop_table(table)
