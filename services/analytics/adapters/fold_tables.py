"""The tables of stage one."""

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, String, Table

from services.analytics.adapters.tables import METADATA
from shared.database.types import BigId, UtcDateTime

SEEN_IDS = Table(
    "seen_ids",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("partition", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("newest_at", UtcDateTime, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Index("seen_ids_of_day", "partition", "day", "level"),
)
"""Packed hashes of one observed day (days since 1970); blobs of one level are merged into one of the next.

`newest_at` is when the newest of them was folded.
"""

FOLD_MARKS = Table(
    "fold_marks",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("reading_type", String(100), primary_key=True),
    Column("source", String(100), primary_key=True),
    Column("observed_until", UtcDateTime, nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
)

READING_TYPES = Table(
    "reading_types",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("units", JSON, nullable=False),
)
"""What ingest has told of reading types: measure → unit."""

COUNTING_PROBLEMS = Table(
    "counting_problems",
    METADATA,
    Column("indicator", String(100), primary_key=True),
    Column("missing", JSON, nullable=False),
    Column("noticed_at", UtcDateTime, nullable=False),
)
"""Indicators that could not count the newest of their readings, and the columns that were missing."""
