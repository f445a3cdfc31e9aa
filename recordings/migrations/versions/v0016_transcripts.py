"""Transcripts: which recordings wait for one, and the text of those that there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transcribing",
        sa.Column("stem", sa.String(length=256), nullable=False),
        sa.Column("queued_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=False, server_default=sa.text("''")),
        sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("failed_at", sa.Double()),
        sa.Column("reason", sa.String(length=512), nullable=False, server_default=sa.text("''")),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("stem", name="pk_transcribing"),
    )
    op.create_index("ix_transcribing_queued_at", "transcribing", ["queued_at"])
    op.create_table(
        "transcripts",
        sa.Column("stem", sa.String(length=256), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stem", name="pk_transcripts"),
    )
    op.create_index("ix_transcripts_call", "transcripts", ["call"])
    if op.get_bind().dialect.name == "postgresql":  # its trigrams are there since 0012
        op.execute("CREATE INDEX transcripts_found ON transcripts USING gin (text gin_trgm_ops)")


def downgrade() -> None:
    op.drop_table("transcripts")
    op.drop_table("transcribing")
