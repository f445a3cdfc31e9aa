"""The first tables: journal, open calls, calls, segments, recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("caller", sa.String(length=128), nullable=False),
        sa.Column("caller_name", sa.String(length=128), nullable=False),
        sa.Column("dialled", sa.String(length=128), nullable=False),
        sa.Column("arrived_at", sa.Double(), nullable=False),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("queue", sa.String(length=128), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.Double(), nullable=True),
        sa.Column("wait_s", sa.Double(), nullable=False),
        sa.Column("agent", sa.String(length=128), nullable=False),
        sa.Column("connected_at", sa.Double(), nullable=True),
        sa.Column("talk_s", sa.Double(), nullable=False),
        sa.Column("ended_by", sa.String(length=16), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("transferred_to", sa.String(length=128), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_arrived_at_id"), "calls", ["arrived_at", "id"], unique=False)
    op.create_index(op.f("ix_calls_caller_arrived_at"), "calls", ["caller", "arrived_at"], unique=False)
    op.create_index(op.f("ix_calls_outcome_arrived_at"), "calls", ["outcome", "arrived_at"], unique=False)
    op.create_index(op.f("ix_calls_queue_arrived_at"), "calls", ["queue", "arrived_at"], unique=False)
    op.create_table(
        "journal",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("run", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
        sa.UniqueConstraint("run", "number", name=op.f("uq_journal_run_number")),
    )
    op.create_index(op.f("ix_journal_call_seq"), "journal", ["call", "seq"], unique=False)
    op.create_table(
        "open_calls",
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_open_calls")),
    )
    op.create_table(
        "recordings",
        sa.Column("stem", sa.String(length=256), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=128), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("length_s", sa.Double(), nullable=True),
        sa.Column("talk_s", sa.Double(), nullable=True),
        sa.Column("file", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("stem", name=op.f("pk_recordings")),
    )
    op.create_index(op.f("ix_recordings_call"), "recordings", ["call"], unique=False)
    op.create_index(op.f("ix_recordings_state_started_at"), "recordings", ["state", "started_at"], unique=False)
    op.create_table(
        "segments",
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("agent", sa.String(length=128), nullable=False),
        sa.Column("queue", sa.String(length=128), nullable=False),
        sa.Column("detail", sa.String(length=128), nullable=False),
        sa.Column("recording", sa.String(length=256), nullable=True),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name=op.f("fk_segments_call"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call", "number", name=op.f("pk_segments")),
    )
    op.create_index(
        op.f("ix_segments_agent_kind_started_at"), "segments", ["agent", "kind", "started_at"], unique=False
    )


def downgrade() -> None:
    for table in ("segments", "recordings", "open_calls", "journal", "calls"):
        op.drop_table(table)
