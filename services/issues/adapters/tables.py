"""The tables of issues. An issue is one row: columns for what is asked for, and the whole of it as JSON in `body`."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

from shared.database.delivery_tables import delivery_tables
from shared.database.types import UtcDateTime

METADATA = MetaData()
DELIVERY = delivery_tables(METADATA)

ISSUES = Table(
    "issues",
    METADATA,
    Column("id", String(100), primary_key=True),
    Column("number", String(20), nullable=False, unique=True),
    Column("sequence", BigInteger, nullable=False, unique=True),
    Column("state", String(40), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("indicator", String(100), nullable=True),
    Column("subject", JSON, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("open_fingerprint", Text, nullable=True, unique=True),
    Column("overdue_from", UtcDateTime, nullable=True),
    Column("look_at", UtcDateTime, nullable=True),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("issues_of_fingerprint", "fingerprint", "sequence"),
    Index("issues_of_indicator", "indicator", "state"),
    Index("issues_to_look_at", "look_at"),
)
"""`open_fingerprint` is null once an issue has ended: the database itself allows one open issue per fingerprint.
`sequence` is what `number` counts; numbers as text sort differently from the millionth on.
"""

HISTORY = Table(
    "history",
    METADATA,
    Column("issue_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),
)

SEQUENCES = Table(
    "sequences",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("last", BigInteger, nullable=False),
)

CALENDARS = Table(
    "calendars",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("definition", JSON, nullable=False),
)

INDICATORS = Table(
    "indicators",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("calendar", String(100), nullable=False),
)

ROUTING = Table(
    "routing",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("routes", JSON, nullable=False),
)

GOALS = Table(
    "goals",
    METADATA,
    Column("id", String(200), primary_key=True),
    Column("goal_set", String(100), nullable=False),
    Column("name", String(500), nullable=False),
    Column("indicator", String(100), nullable=False),
    Column("subject", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Index("goals_of_set", "goal_set"),
    Index("goals_of_indicator", "indicator"),
)
"""What goals has told of; only `goal-changes` writes here."""
