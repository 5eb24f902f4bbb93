"""The tables of stage one."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from services.analytics.adapters.tables import METADATA
from shared.database.types import BigId, UtcDateTime

SEEN_IDS = Table(
    "seen_ids",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("partition", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Index("seen_ids_of_day", "partition", "day", "level"),
)
"""Packed hashes of one observed day (days since 1970); blobs of one level are merged into one of the next."""

FOLD_MARKS = Table(
    "fold_marks",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("reading_type", String(100), primary_key=True),
    Column("source", String(100), primary_key=True),
    Column("observed_until", UtcDateTime, nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
)
