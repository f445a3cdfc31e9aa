"""Whether somebody called us, or we somebody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("direction", sa.String(length=8), nullable=False, server_default=sa.text("'in'")))


def downgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("direction")
