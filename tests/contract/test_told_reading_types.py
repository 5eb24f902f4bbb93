"""What is told of reading types, on SQLite and PostgreSQL: by ingest once for each version, and kept by analytics."""

from datetime import UTC, datetime

from services.analytics.adapters.units_of_work import SqlDefinitionUnitOfWork
from services.ingest.adapters.unit_of_work import IngestUnitOfWork
from services.ingest.domain.reading_type import Measure, ReadingType
from shared.database.engine import Database
from shared.database.migrations import Migrations
from shared.runtime.identifiers import CountingIds

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def test_what_was_told_is_known_by_its_newest_version(database: Database) -> None:
    Migrations(database, "services.ingest.migrations").upgrade()
    for version in (1, 2):
        with IngestUnitOfWork(database, CountingIds()) as uow:
            uow.told.tell([ReadingType("repair", version, {}, {"duration": Measure("duration", "min")})], MONDAY)
            uow.commit()
    with IngestUnitOfWork(database, CountingIds()) as uow:
        assert uow.told.versions() == {"repair": 2}


def test_units_are_those_of_the_newest_version_whatever_comes_last(database: Database) -> None:
    Migrations(database, "services.analytics.migrations").upgrade()
    for version, unit in ((1, "s"), (3, "h"), (2, "min")):
        with SqlDefinitionUnitOfWork(database, CountingIds()) as uow:
            uow.reading_types.keep("repair", version, {"duration": unit})
            uow.commit()
    with SqlDefinitionUnitOfWork(database, CountingIds()) as uow:
        assert uow.reading_types.known_units() == {"repair": {"duration": "h"}}
