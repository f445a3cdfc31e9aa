"""The queue of the pipeline, waveforms, and the figures of a talk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FIGURES = ("processed_at", "caller_s", "agent_s", "silence_s", "talk_over_s")


def upgrade() -> None:
    op.create_table(
        "pipeline",
        sa.Column("stem", sa.String(length=256), nullable=False),
        sa.Column("queued_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=False, server_default=sa.text("''")),
        sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("failed_at", sa.Double()),
        sa.Column("reason", sa.String(length=512), nullable=False, server_default=sa.text("''")),
        sa.Column("gone", sa.JSON(), nullable=False, server_default="[]"),
        sa.PrimaryKeyConstraint("stem", name="pk_pipeline"),
    )
    op.create_index("ix_pipeline_queued_at", "pipeline", ["queued_at"])
    op.create_table(
        "waveforms",
        sa.Column("stem", sa.String(length=256), nullable=False),
        sa.Column("step_s", sa.Double(), nullable=False),
        sa.Column("caller", sa.LargeBinary(), nullable=False),
        sa.Column("agent", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stem", name="pk_waveforms"),
    )
    with op.batch_alter_table("recordings") as recordings:
        for name in FIGURES:
            recordings.add_column(sa.Column(name, sa.Double()))


def downgrade() -> None:
    with op.batch_alter_table("recordings") as recordings:
        for name in FIGURES:
            recordings.drop_column(name)
    op.drop_table("waveforms")
    op.drop_table("pipeline")
