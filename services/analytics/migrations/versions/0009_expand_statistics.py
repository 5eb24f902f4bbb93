"""Make the tables of what people make of issues, and count anomalies by rule quickly."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "followed_issues",
        sa.Column("issue_id", sa.String(100), primary_key=True),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("merged_into", sa.String(100), nullable=True),
    )
    op.create_table(
        "issue_anomalies",
        sa.Column("issue_id", sa.String(100), primary_key=True),
        sa.Column("anomaly_id", sa.String(100), primary_key=True),
        sa.Column("rule", sa.String(200), nullable=False),
    )
    op.create_index("issue_anomalies_by_rule", "issue_anomalies", ["rule", "issue_id"])
    op.create_index("anomalies_by_rule", "anomalies", ["rule", "state"])


def downgrade() -> None:
    op.drop_index("anomalies_by_rule", "anomalies")
    op.drop_table("issue_anomalies")
    op.drop_table("followed_issues")
