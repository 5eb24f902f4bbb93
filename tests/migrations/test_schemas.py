"""Each service's migrations, on both databases: they make what the code expects, can be undone, and can be repeated."""

import importlib

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect

from shared.database.engine import Database, DatabaseUnavailable
from shared.database.migrations import Migrations, SchemaOutdated

SERVICES = ("ingest", "analytics", "issues", "goals")

pytestmark = pytest.mark.parametrize("service", SERVICES)


def migrations(database: Database, service: str) -> Migrations:
    return Migrations(database, f"services.{service}.migrations")


def metadata(service: str) -> MetaData:
    """The tables as the service's adapters describe them."""
    tables = importlib.import_module(f"services.{service}.adapters.tables")
    described: MetaData = tables.METADATA
    return described


def test_the_migrated_schema_is_the_described_one(database: Database, service: str) -> None:
    migrations(database, service).upgrade()
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata(service))
    assert differences == []


def test_every_step_can_be_undone_and_done_again(database: Database, service: str) -> None:
    history = migrations(database, service)
    history.upgrade()
    history.downgrade("base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    history.upgrade()
    history.check()


def test_upgrading_twice_changes_nothing(database: Database, service: str) -> None:
    migrations(database, service).upgrade()
    migrations(database, service).upgrade()
    migrations(database, service).check()


def test_an_empty_database_is_reported_as_outdated(database: Database, service: str) -> None:
    with pytest.raises(SchemaOutdated, match=service):
        migrations(database, service).check()


def test_a_database_that_is_away_is_told_from_an_old_schema(service: str) -> None:
    """`/readyz` asks for the schema, and a start does: both must say that the database is away, and not break."""
    away = Database("postgresql+psycopg:///andon?host=/nowhere")
    for ask in (migrations(away, service).check, migrations(away, service).upgrade):
        with pytest.raises(DatabaseUnavailable):
            ask()
    away.close()
