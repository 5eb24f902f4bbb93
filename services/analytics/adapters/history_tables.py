"""The table of readings that are kept, beside those of the fold."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, text

from services.analytics.adapters.tables import METADATA
from shared.database.types import BigId, UtcDateTime

IS_SMALL = text("count < 10000")
"""Blocks of fewer readings are merged; reading larger ones costs no less for each reading. As a literal, so that SQLite takes the index."""

KEPT_READINGS = Table(
    "kept_readings",
    METADATA,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("reading_type", String(100), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("reached", BigInteger, nullable=False),
    Column("level", Integer, nullable=False),
    Column("revises", Boolean, nullable=False),
    Column("count", Integer, nullable=False),
    Column("observed_from", UtcDateTime, nullable=False),
    Column("observed_until", UtcDateTime, nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("block", LargeBinary, nullable=False),
    Index("kept_readings_by_time", "reading_type", "observed_from"),
    Index("kept_readings_by_level", "partition", "reading_type", "level"),
    Index(
        "kept_readings_small",
        "partition",
        "reading_type",
        "level",
        "revises",
        "count",
        sqlite_where=IS_SMALL,
        postgresql_where=IS_SMALL,
    ),
)
"""One row is an Arrow block of readings of one type from one partition of `readings`.

`reached` is the offset up to which the fold had read when it kept the newest of them; `level` says how often small blocks were
made into larger ones; `revises` marks blocks of corrections and retractions; the observed times are the least and the greatest.
"""

HISTORY_FLOORS = Table(
    "history_floors",
    METADATA,
    Column("reading_type", String(100), primary_key=True),
    Column("observed_until", UtcDateTime, nullable=False),
)
"""Readings observed then or earlier may have been dropped; what is computed from kept readings begins later."""
