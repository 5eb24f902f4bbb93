"""Make the table of what ingest has told of reading types."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "reading_types",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("units", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("reading_types")
