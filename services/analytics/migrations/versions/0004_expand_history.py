"""Make the table of readings that are kept."""

import sqlalchemy as sa
from alembic import op

from shared.database.types import BigId, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "kept_readings",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("reading_type", sa.String(100), nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("reached", sa.BigInteger, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("revises", sa.Boolean, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("observed_from", UtcDateTime, nullable=False),
        sa.Column("observed_until", UtcDateTime, nullable=False),
        sa.Column("arrived_at", UtcDateTime, nullable=False),
        sa.Column("block", sa.LargeBinary, nullable=False),
    )
    op.create_index("kept_readings_by_time", "kept_readings", ["reading_type", "observed_from"])
    op.create_index("kept_readings_by_level", "kept_readings", ["partition", "reading_type", "level"])
    op.create_table(
        "history_floors",
        sa.Column("reading_type", sa.String(100), primary_key=True),
        sa.Column("observed_until", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("history_floors")
    op.drop_table("kept_readings")
