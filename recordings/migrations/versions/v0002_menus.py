"""What the phone menu leaves: flow and version, language, messages, callbacks, scores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OF_CALLS = ("flow", "version", "language", "messages", "callbacks", "scores")


def upgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("flow", sa.String(length=128), nullable=False, server_default=sa.text("''")))
        calls.add_column(sa.Column("version", sa.String(length=32), nullable=False, server_default=sa.text("''")))
        calls.add_column(sa.Column("language", sa.String(length=16), nullable=False, server_default=sa.text("''")))
        calls.add_column(sa.Column("messages", sa.JSON(), nullable=False, server_default="[]"))
        calls.add_column(sa.Column("callbacks", sa.JSON(), nullable=False, server_default="[]"))
        calls.add_column(sa.Column("scores", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("recordings") as recordings:
        recordings.add_column(sa.Column("box", sa.String(length=128), nullable=False, server_default=sa.text("''")))
        recordings.add_column(sa.Column("taped", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_recordings_box_started_at"), "recordings", ["box", "started_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_recordings_box_started_at"), "recordings")
    with op.batch_alter_table("recordings") as recordings:
        recordings.drop_column("taped")
        recordings.drop_column("box")
    with op.batch_alter_table("calls") as calls:
        for column in reversed(_OF_CALLS):
            calls.drop_column(column)
