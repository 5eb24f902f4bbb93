"""Tables of what people make of issues, for the statistics of rules."""

from sqlalchemy import Column, Index, String, Table

from services.analytics.adapters.tables import METADATA

FOLLOWED_ISSUES = Table(
    "followed_issues",
    METADATA,
    Column("issue_id", String(100), primary_key=True),
    Column("verdict", String(20), nullable=False),
    Column("merged_into", String(100), nullable=True),
)

ISSUE_ANOMALIES = Table(
    "issue_anomalies",
    METADATA,
    Column("issue_id", String(100), primary_key=True),
    Column("anomaly_id", String(100), primary_key=True),
    Column("rule", String(200), nullable=False),
    Index("issue_anomalies_by_rule", "rule", "issue_id"),
)
"""Which anomalies an issue holds; those of one that was merged are its target's."""
