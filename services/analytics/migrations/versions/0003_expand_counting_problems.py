"""Make the table of indicators that cannot count their readings."""

import sqlalchemy as sa
from alembic import op

from shared.database.types import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "counting_problems",
        sa.Column("indicator", sa.String(100), primary_key=True),
        sa.Column("missing", sa.JSON, nullable=False),
        sa.Column("noticed_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("counting_problems")
