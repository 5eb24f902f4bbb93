"""Tables of definitions: every version of every calendar, indicator, rule and goal set, and the number that they share."""

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table

from services.analytics.adapters.tables import METADATA
from shared.database.engine import WriteConnection
from shared.database.types import UtcDateTime
from shared.database.versioned_definitions import DefinitionTables

DEFINITIONS = Table(
    "definitions",
    METADATA,
    Column("kind", String(20), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("computed_as", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    Column("defined_at", UtcDateTime, nullable=False),
    Column("defined_by", String(200), nullable=False),
)
"""`computed_as`: the version since which windows and formula are what they are; for indicators only, else the version."""

DEFINITIONS_REVISION = Table(
    "definitions_revision",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
)
"""One row, counted up by every change of a definition in the same transaction."""

DEFINITION_TABLES = DefinitionTables(DEFINITIONS, DEFINITIONS_REVISION)


def lock_definitions(connection: WriteConnection) -> None:
    """Let no other transaction change definitions until this one ends; blocks until it may go on."""
    connection.lock("analytics definitions")
