"""Whether a caller consented to being recorded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("consent", sa.String(length=8), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("consent")
