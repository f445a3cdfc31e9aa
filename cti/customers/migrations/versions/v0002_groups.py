"""Finds the customers of a level, region, department or owner, newest first."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_GROUPS = ("level", "region", "department", "owner")


def upgrade() -> None:
    for key in _GROUPS:
        op.create_index(op.f(f"ix_customers_{key}_id"), "customers", [key, "id"], unique=False)


def downgrade() -> None:
    for key in _GROUPS:
        op.drop_index(op.f(f"ix_customers_{key}_id"), "customers")
