"""Tables of stage two: panes, open and closed, KPI values, anomalies, and one row per partition of `pane-deltas`.

`series` is a 128-bit hash of indicator, version and subject: keys stay short whatever a subject's values are.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from services.analytics.adapters.tables import METADATA
from shared.database.types import UtcDateTime

PANES = Table(
    "panes",
    METADATA,
    Column("series", LargeBinary(16), primary_key=True),
    Column("pane_start", UtcDateTime, primary_key=True),
    Column("pane_end", UtcDateTime, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("numerator", Float(53), nullable=False),
    Column("denominator", Float(53), nullable=False),
    Column("squares", Float(53), nullable=False),
    Column("minimum", Float(53), nullable=True),
    Column("maximum", Float(53), nullable=True),
    Column("sketch", LargeBinary, nullable=True),
    sqlite_with_rowid=False,
)

KPI_VALUES = Table(
    "kpi_values",
    METADATA,
    Column("series", LargeBinary(16), primary_key=True),
    Column("window_start", UtcDateTime, primary_key=True),
    Column("window_end", UtcDateTime, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("indicator", String(100), nullable=False),
    Column("indicator_version", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("value", Float(53), nullable=True),
    Column("numerator", Float(53), nullable=True),
    Column("denominator", Float(53), nullable=True),
    Column("sample_size", BigInteger, nullable=False),
    Column("reading_deviation", Float(53), nullable=True),
    Column("reading_range", Float(53), nullable=True),
    Column("judgement", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("unpublished", Boolean, nullable=False),
    Index("kpi_values_by_window", "indicator", "indicator_version", "window_start", "series"),
    Index(
        "kpi_values_open",
        "partition",
        "indicator",
        "indicator_version",
        "window_end",
        sqlite_where=text("status = 'provisional'"),
        postgresql_where=text("status = 'provisional'"),
    ),
    Index(
        "kpi_values_unpublished",
        "partition",
        sqlite_where=text("unpublished"),
        postgresql_where=text("unpublished"),
    ),
    sqlite_with_rowid=False,
)
"""`unpublished`: a provisional value that has changed since it was last told to others."""

OPEN_PANES = Table(
    "open_panes",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("indicator", String(100), primary_key=True),
    Column("indicator_version", Integer, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("panes", LargeBinary, nullable=False),
)
"""One row for each part of `domain.open_panes`; `panes` is an Arrow block. What the shore has passed may still be in it."""

OPEN_PANE_MARKS = Table(
    "open_pane_marks",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("indicator", String(100), primary_key=True),
    Column("indicator_version", Integer, primary_key=True),
    Column("shore_end", UtcDateTime, nullable=True),
    Column("shore_place", BigInteger, nullable=True),
    Column("newest", BigInteger, nullable=False),
    Column("told_to", BigInteger, nullable=False),
    Column("rows_end", UtcDateTime, nullable=True),
)
"""The rest of `domain.open_panes.OpenPanes`."""

ANOMALIES = Table(
    "anomalies",
    METADATA,
    Column("id", String(100), primary_key=True),
    Column("series", LargeBinary(16), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("rule", String(200), nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("indicator", String(100), nullable=False),
    Column("indicator_version", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("first_start", UtcDateTime, nullable=False),
    Column("cleared_start", UtcDateTime, nullable=True),
    Column("snapshot", JSON, nullable=False),
    Index("anomalies_by_series", "series", "rule"),
    Index("anomalies_by_indicator", "indicator", "partition", "state"),
    Index("anomalies_by_rule", "rule", "state"),
)
"""`snapshot` holds the anomaly whole; the other columns repeat what is searched for."""

RULE_CHECKPOINTS = Table(
    "rule_checkpoints",
    METADATA,
    Column("series", LargeBinary(16), primary_key=True),
    Column("rule", String(200), primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("rule_version", Integer, nullable=False),
    Column("form", Integer, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("judges_after", UtcDateTime, nullable=False),
    Column("memory", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""What rules remember of series: `domain.checkpoint`. A cache; it may be emptied while nothing is judged."""

EVALUATE_PARTITIONS = Table(
    "evaluate_partitions",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
)
"""`revision` is compared and set by every transaction of stage two; `state` is `domain.partition_state`, as JSON."""
