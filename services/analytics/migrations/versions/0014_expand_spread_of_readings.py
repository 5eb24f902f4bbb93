"""Let values of a mean say how much the readings of their window scatter, for charts of subgroups."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("kpi_values", sa.Column("reading_deviation", sa.Float(53), nullable=True))
    op.add_column("kpi_values", sa.Column("reading_range", sa.Float(53), nullable=True))


def downgrade() -> None:
    op.drop_column("kpi_values", "reading_range")
    op.drop_column("kpi_values", "reading_deviation")
