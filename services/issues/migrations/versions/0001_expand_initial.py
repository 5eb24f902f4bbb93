"""Expand: issues, history, what deadlines and owners need, and delivery tables."""

import sqlalchemy as sa
from alembic import op

from shared.database.delivery_tables import create_delivery_tables, drop_delivery_tables
from shared.database.types import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_delivery_tables(op)
    op.create_table(
        "issues",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("number", sa.String(20), nullable=False, unique=True),
        sa.Column("sequence", sa.BigInteger, nullable=False, unique=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("indicator", sa.String(100), nullable=True),
        sa.Column("subject", sa.JSON, nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("open_fingerprint", sa.Text, nullable=True, unique=True),
        sa.Column("overdue_from", UtcDateTime, nullable=True),
        sa.Column("look_at", UtcDateTime, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("issues_of_fingerprint", "issues", ["fingerprint", "sequence"])
    op.create_index("issues_of_indicator", "issues", ["indicator", "state"])
    op.create_index("issues_to_look_at", "issues", ["look_at"])
    op.create_table(
        "history",
        sa.Column("issue_id", sa.String(100), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    _create_references()


def _create_references() -> None:
    op.create_table(
        "sequences",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "calendars",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("definition", sa.JSON, nullable=False),
    )
    op.create_table(
        "indicators",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("calendar", sa.String(100), nullable=False),
    )
    op.create_table(
        "routing",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("routes", sa.JSON, nullable=False),
    )
    op.create_table(
        "goals",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("goal_set", sa.String(100), nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("indicator", sa.String(100), nullable=False),
        sa.Column("subject", sa.JSON, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_index("goals_of_set", "goals", ["goal_set"])
    op.create_index("goals_of_indicator", "goals", ["indicator"])


def downgrade() -> None:
    for table in ("goals", "routing", "indicators", "calendars", "sequences", "history", "issues"):
        op.drop_table(table)
    drop_delivery_tables(op)
