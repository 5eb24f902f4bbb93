"""Expand: how far the expectations of sources have been stated."""

import sqlalchemy as sa
from alembic import op

from shared.database.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stated_expectations",
        sa.Column("source", sa.String(100), primary_key=True),
        sa.Column("until", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("stated_expectations")
