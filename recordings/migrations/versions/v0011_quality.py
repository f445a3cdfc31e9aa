"""Reviews of talks, the forms they are by, and what was done with each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quality_forms",
        sa.Column("form", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("form", "version", name="pk_quality_forms"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=128), nullable=False),
        sa.Column("queue", sa.String(length=128), nullable=False),
        sa.Column("talked_at", sa.Double(), nullable=False),
        sa.Column("grader", sa.String(length=128), nullable=False),
        sa.Column("form", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sample", sa.String(length=128), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("calibration", sa.String(length=32), nullable=False),
        sa.Column("made_by", sa.String(length=128), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("submitted_at", sa.Double(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("call", "agent", "grader", "form", name="uq_reviews_call_agent_grader_form"),
    )
    for columns in (["grader", "state"], ["agent", "talked_at"], ["talked_at"], ["sample", "week"], ["calibration"]):
        op.create_index(f"ix_reviews_{'_'.join(columns)}", "reviews", columns)
    op.create_table(
        "review_steps",
        sa.Column("review", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("deed", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"], name="fk_review_steps_review_reviews", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("review", "number", name="pk_review_steps"),
    )


def downgrade() -> None:
    op.drop_table("review_steps")
    op.drop_table("reviews")
    op.drop_table("quality_forms")
