"""Tables of control charts: rebases, and the baselines that were frozen. Nothing in them is ever overwritten."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, LargeBinary, String, Table, Text, false

from services.analytics.adapters.tables import METADATA
from shared.database.types import UtcDateTime

CHART_REBASES = Table(
    "chart_rebases",
    METADATA,
    Column("series", LargeBinary(16), primary_key=True),
    Column("starts_at", UtcDateTime, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("indicator", String(100), nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("baseline_windows", Integer, nullable=True),
    Column("excluded", JSON, nullable=True),
)
"""`series`: of indicator and subject without a version, so that a rebase holds when a formula changes. `revision`: of the
definitions, as the rebase made it; 0 of rebases that an older release kept. `excluded`: moments, ISO 8601; null for none.
"""

CHART_BASELINES = Table(
    "chart_baselines",
    METADATA,
    Column("series", LargeBinary(16), primary_key=True),
    Column("phase", String(40), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JSON, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("frozen_at", UtcDateTime, nullable=False),
)
"""`series`: as in `kpi_values`."""
