"""The tables of ingest."""

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from shared.database.delivery_tables import delivery_tables
from shared.database.types import UtcDateTime

METADATA = MetaData()
DELIVERY = delivery_tables(METADATA)

DEFINITIONS = Table(
    "definitions",
    METADATA,
    Column("kind", String(20), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JSON, nullable=False),
    Column("defined_at", UtcDateTime, nullable=False),
    Column("defined_by", String(200), nullable=False),
)

DEFINITIONS_REVISION = Table(
    "definitions_revision",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
)

QUARANTINE = Table(
    "quarantine",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("source", String(500), nullable=True),
    Column("event_id", String(500), nullable=True),
    Column("reason", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("original", LargeBinary, nullable=False),
    Column("state", String(20), nullable=False),
    Column("quarantined_at", UtcDateTime, nullable=False),
    Column("history", JSON, nullable=False),
    Index("quarantine_in_order", "state", "quarantined_at", "id"),
)

TOLD_READING_TYPES = Table(
    "told_reading_types",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
)

STATED_EXPECTATIONS = Table(
    "stated_expectations",
    METADATA,
    Column("source", String(100), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)
