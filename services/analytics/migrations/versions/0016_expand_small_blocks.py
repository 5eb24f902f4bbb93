"""Find the kept blocks that are to be merged without looking at all others."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_IS_SMALL = sa.text("count < 10000")


def upgrade() -> None:
    op.create_index(
        "kept_readings_small",
        "kept_readings",
        ["partition", "reading_type", "level", "revises", "count"],
        sqlite_where=_IS_SMALL,
        postgresql_where=_IS_SMALL,
    )


def downgrade() -> None:
    op.drop_index("kept_readings_small", "kept_readings")
