"""Which side of a recording is silent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recordings") as recordings:
        recordings.add_column(sa.Column("silent", sa.String(length=16), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    with op.batch_alter_table("recordings") as recordings:
        recordings.drop_column("silent")
