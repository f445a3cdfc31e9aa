"""What finds calls among millions: parts of texts by PostgreSQL's trigrams, beginnings of numbers, and the
mean score of a survey."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SCORE = {
    "sqlite": "UPDATE calls SET score = (SELECT avg(json_extract(value, '$[1]')) FROM json_each(scores))"
    " WHERE scores <> '[]'",
    "postgresql": "UPDATE calls SET score = (SELECT avg((one ->> 1)::double precision)"
    " FROM json_array_elements(scores) AS one) WHERE scores::text <> '[]'",
}
_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX calls_found ON calls USING gin"
    " ((caller || ' ' || caller_name || ' ' || dialled || ' ' || transferred_to) gin_trgm_ops)",
    "CREATE INDEX notes_found ON dispositions USING gin (notes gin_trgm_ops)",
    "DROP INDEX ix_calls_caller_arrived_at",
    "CREATE INDEX ix_calls_caller_arrived_at ON calls (caller varchar_pattern_ops, arrived_at)",
)


def upgrade() -> None:
    database = op.get_bind().dialect.name
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("score", sa.Double(), nullable=True))
    if database in _SCORE:
        op.execute(_SCORE[database])
    for statement in _POSTGRESQL if database == "postgresql" else ():
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for index in ("calls_found", "notes_found", "ix_calls_caller_arrived_at"):
            op.execute(f"DROP INDEX {index}")
        op.create_index("ix_calls_caller_arrived_at", "calls", ["caller", "arrived_at"])
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("score")
