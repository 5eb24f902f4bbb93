"""Make the table of what rules remember of series."""

import sqlalchemy as sa
from alembic import op

from shared.database.types import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "rule_checkpoints",
        sa.Column("series", sa.LargeBinary(16), primary_key=True),
        sa.Column("rule", sa.String(200), primary_key=True),
        sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rule_version", sa.Integer, nullable=False),
        sa.Column("form", sa.Integer, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("judges_after", UtcDateTime, nullable=False),
        sa.Column("memory", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("rule_checkpoints")
