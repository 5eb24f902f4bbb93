"""Expand: goal sets, what they follow, and delivery tables."""

import sqlalchemy as sa
from alembic import op

from shared.database.delivery_tables import create_delivery_tables, drop_delivery_tables
from shared.database.types import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_delivery_tables(op)
    op.create_table(
        "goal_sets",
        sa.Column("period", sa.String(20), primary_key=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "kpi_values",
        sa.Column("indicator", sa.String(100), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("window_start", UtcDateTime, primary_key=True),
        sa.Column("window_end", UtcDateTime, nullable=False),
        sa.Column("indicator_version", sa.Integer, nullable=False),
        sa.Column("formula", sa.String(40), nullable=False),
        sa.Column("value", sa.Float(53), nullable=True),
        sa.Column("numerator", sa.Float(53), nullable=True),
        sa.Column("denominator", sa.Float(53), nullable=True),
        sa.Column("sample_size", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("judgement", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    _create_followed()


def _create_followed() -> None:
    op.create_table(
        "issue_links",
        sa.Column("goal_id", sa.String(100), primary_key=True),
        sa.Column("issue_id", sa.String(100), primary_key=True),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
    )
    op.create_table(
        "health",
        sa.Column("goal_id", sa.String(100), primary_key=True),
        sa.Column("health", sa.String(20), nullable=False),
    )
    op.create_table(
        "indicators",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_table(
        "calendars",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("definition", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    for table in ("calendars", "indicators", "health", "issue_links", "kpi_values", "goal_sets"):
        op.drop_table(table)
    drop_delivery_tables(op)
