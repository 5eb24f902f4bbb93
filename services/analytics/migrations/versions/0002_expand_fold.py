"""Make the tables of stage one."""

import sqlalchemy as sa
from alembic import op

from shared.database.types import BigId, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "seen_ids",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("newest_at", UtcDateTime, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
    )
    op.create_index("seen_ids_of_day", "seen_ids", ["partition", "day", "level"])
    op.create_table(
        "fold_marks",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("reading_type", sa.String(100), primary_key=True),
        sa.Column("source", sa.String(100), primary_key=True),
        sa.Column("observed_until", UtcDateTime, nullable=False),
        sa.Column("arrived_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("fold_marks")
    op.drop_table("seen_ids")
