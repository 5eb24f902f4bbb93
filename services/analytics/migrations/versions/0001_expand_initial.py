"""Make the tables of delivery, definitions and stage two."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations

from shared.database.delivery_tables import create_delivery_tables, drop_delivery_tables
from shared.database.types import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_delivery_tables(Operations(op.get_context()))
    _create_definitions()
    _create_values()
    _create_anomalies()
    op.create_table(
        "evaluate_partitions",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for name in ("evaluate_partitions", "anomalies", "kpi_values", "panes", "definitions_revision", "definitions"):
        op.drop_table(name)
    drop_delivery_tables(Operations(op.get_context()))


def _create_definitions() -> None:
    op.create_table(
        "definitions",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("computed_as", sa.Integer, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("defined_at", UtcDateTime, nullable=False),
        sa.Column("defined_by", sa.String(200), nullable=False),
    )
    op.create_table(
        "definitions_revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )


def _create_values() -> None:
    op.create_table(
        "panes",
        sa.Column("series", sa.LargeBinary(16), primary_key=True),
        sa.Column("pane_start", UtcDateTime, primary_key=True),
        sa.Column("pane_end", UtcDateTime, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("numerator", sa.Float(53), nullable=False),
        sa.Column("denominator", sa.Float(53), nullable=False),
        sa.Column("squares", sa.Float(53), nullable=False),
        sa.Column("minimum", sa.Float(53), nullable=True),
        sa.Column("maximum", sa.Float(53), nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kpi_values",
        sa.Column("series", sa.LargeBinary(16), primary_key=True),
        sa.Column("window_start", UtcDateTime, primary_key=True),
        sa.Column("window_end", UtcDateTime, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("indicator", sa.String(100), nullable=False),
        sa.Column("indicator_version", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("value", sa.Float(53), nullable=True),
        sa.Column("numerator", sa.Float(53), nullable=True),
        sa.Column("denominator", sa.Float(53), nullable=True),
        sa.Column("sample_size", sa.BigInteger, nullable=False),
        sa.Column("judgement", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("unpublished", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("kpi_values_by_window", "kpi_values", ["indicator", "indicator_version", "window_start", "series"])
    _create_partial_index(
        "kpi_values_open", ["partition", "indicator", "indicator_version", "window_end"], "status = 'provisional'"
    )
    _create_partial_index("kpi_values_unpublished", ["partition"], "unpublished")


def _create_partial_index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "kpi_values", columns, sqlite_where=where, postgresql_where=where)


def _create_anomalies() -> None:
    op.create_table(
        "anomalies",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("series", sa.LargeBinary(16), nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("rule_version", sa.Integer, nullable=False),
        sa.Column("indicator", sa.String(100), nullable=False),
        sa.Column("indicator_version", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("first_start", UtcDateTime, nullable=False),
        sa.Column("cleared_start", UtcDateTime, nullable=True),
        sa.Column("snapshot", sa.JSON, nullable=False),
    )
    op.create_index("anomalies_by_series", "anomalies", ["series", "rule"])
    op.create_index("anomalies_by_indicator", "anomalies", ["indicator", "partition", "state"])
