"""Make the tables of control charts: rebases and frozen baselines."""

import sqlalchemy as sa
from alembic import op

from shared.database.types import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "chart_rebases",
        sa.Column("series", sa.LargeBinary(16), primary_key=True),
        sa.Column("starts_at", UtcDateTime, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("indicator", sa.String(100), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "chart_baselines",
        sa.Column("series", sa.LargeBinary(16), primary_key=True),
        sa.Column("phase", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("frozen_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("chart_baselines")
    op.drop_table("chart_rebases")
