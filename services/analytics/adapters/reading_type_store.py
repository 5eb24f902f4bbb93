"""What ingest has told of reading types, on SQL."""

from collections.abc import Mapping

from sqlalchemy import select

from services.analytics.adapters.fold_tables import READING_TYPES
from services.analytics.domain.measure_units import KnownUnits, MeasureUnits
from shared.database.engine import ReadConnection, WriteConnection
from shared.database.versioning import upsert


class SqlReadingTypes:
    """`services.analytics.ports.defining.ReadingTypes`, inside a write transaction."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def known_units(self) -> KnownUnits:
        return known_units(self._connection)

    def keep(self, name: str, version: int, units: MeasureUnits) -> None:
        columns = READING_TYPES.c
        known = self._connection.execute(select(columns.version).where(columns.name == name)).scalar_one_or_none()
        if known is None or known < version:
            upsert(self._connection, READING_TYPES, [{"name": name, "version": version, "units": dict(units)}])


def known_units(connection: ReadConnection) -> dict[str, Mapping[str, str]]:
    """Reading type → measure → unit, of all that have been told of."""
    return {row.name: row.units for row in connection.execute(select(READING_TYPES))}
