"""The tables of goals. A goal set is one row, the whole of it as JSON in `body`."""

from sqlalchemy import JSON, Column, Float, Integer, MetaData, String, Table, Text

from shared.database.delivery_tables import delivery_tables
from shared.database.types import UtcDateTime

METADATA = MetaData()
DELIVERY = delivery_tables(METADATA)

GOAL_SETS = Table(
    "goal_sets",
    METADATA,
    Column("period", String(20), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

KPI_VALUES = Table(
    "kpi_values",
    METADATA,
    Column("indicator", String(100), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("window_start", UtcDateTime, primary_key=True),
    Column("window_end", UtcDateTime, nullable=False),
    Column("indicator_version", Integer, nullable=False),
    Column("formula", String(40), nullable=False),
    Column("value", Float(53), nullable=True),
    Column("numerator", Float(53), nullable=True),
    Column("denominator", Float(53), nullable=True),
    Column("sample_size", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("judgement", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
)
"""`subject` is a SHA-256 of the canonical JSON, so that keys stay short whatever the values are."""

LINKS = Table(
    "issue_links",
    METADATA,
    Column("goal_id", String(100), primary_key=True),
    Column("issue_id", String(100), primary_key=True),
    Column("number", String(20), nullable=False),
    Column("state", String(40), nullable=False),
)

HEALTH = Table(
    "health",
    METADATA,
    Column("goal_id", String(100), primary_key=True),
    Column("health", String(20), nullable=False),
)

INDICATORS = Table(
    "indicators",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("body", JSON, nullable=False),
)

CALENDARS = Table(
    "calendars",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("definition", JSON, nullable=False),
)
