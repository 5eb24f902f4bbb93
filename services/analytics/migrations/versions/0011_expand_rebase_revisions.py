"""Let rebases say which revision of the definitions they made, so that only their series are judged anew."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("chart_rebases", sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("chart_rebases", "revision")
