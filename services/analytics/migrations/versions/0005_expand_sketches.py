"""Let panes hold quantile sketches."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("panes", sa.Column("sketch", sa.LargeBinary, nullable=True))


def downgrade() -> None:
    op.drop_column("panes", "sketch")
