"""Up to when it is stated which readings are due, on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

from services.ingest.adapters.expectation_store import SqlExpectationStore
from shared.database.engine import Database
from shared.database.migrations import Migrations

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_source_that_owes_readings_goes_on_where_it_is_until_it_owes_none(database: Database) -> None:
    Migrations(database, "services.ingest.migrations").upgrade()
    with database.writing() as connection:
        expectations = SqlExpectationStore(connection)
        assert expectations.stated() == {}
        expectations.begin("mes-7", MONDAY)
        expectations.begin("mes-8", MONDAY)
        expectations.keep({"mes-7": MONDAY + HOUR})
        expectations.begin("mes-7", MONDAY + 2 * HOUR)
        assert expectations.stated() == {"mes-7": MONDAY + HOUR, "mes-8": MONDAY}
        expectations.end("mes-7")
        expectations.end("nobody")
        assert expectations.stated() == {"mes-8": MONDAY}
