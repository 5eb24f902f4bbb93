"""Expand: definitions, quarantine and delivery tables."""

import sqlalchemy as sa
from alembic import op

from shared.database.delivery_tables import create_delivery_tables, drop_delivery_tables
from shared.database.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_delivery_tables(op)
    op.create_table(
        "definitions",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("defined_at", UtcDateTime, nullable=False),
        sa.Column("defined_by", sa.String(200), nullable=False),
    )
    op.create_table(
        "definitions_revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("source", sa.String(500), nullable=True),
        sa.Column("event_id", sa.String(500), nullable=True),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("original", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("quarantined_at", UtcDateTime, nullable=False),
        sa.Column("history", sa.JSON, nullable=False),
    )
    op.create_index("quarantine_in_order", "quarantine", ["state", "quarantined_at", "id"])


def downgrade() -> None:
    for table in ("quarantine", "definitions_revision", "definitions"):
        op.drop_table(table)
    drop_delivery_tables(op)
