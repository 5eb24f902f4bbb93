"""Let people choose how many windows set the limits of a phase, and which of them do not."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("chart_rebases", sa.Column("baseline_windows", sa.Integer, nullable=True))
    op.add_column("chart_rebases", sa.Column("excluded", sa.JSON, nullable=True))


def downgrade() -> None:
    op.drop_column("chart_rebases", "excluded")
    op.drop_column("chart_rebases", "baseline_windows")
