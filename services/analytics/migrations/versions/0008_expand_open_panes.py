"""Make the tables of open panes. Rows of panes and values that the release before wrote stay what they are."""

import sqlalchemy as sa
from alembic import op

from shared.database.types import UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "open_panes",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("indicator", sa.String(100), primary_key=True),
        sa.Column("indicator_version", sa.Integer, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("panes", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "open_pane_marks",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("indicator", sa.String(100), primary_key=True),
        sa.Column("indicator_version", sa.Integer, primary_key=True),
        sa.Column("shore_end", UtcDateTime, nullable=True),
        sa.Column("shore_place", sa.BigInteger, nullable=True),
        sa.Column("newest", sa.BigInteger, nullable=False),
        sa.Column("told_to", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("open_pane_marks")
    op.drop_table("open_panes")
