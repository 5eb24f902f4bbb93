"""Alembic configured in code: one history per service, run at start for SQLite and by `andon migrate` for PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from shared.database.engine import Database, translated

_LOCK_TIMEOUT = "10s"
_STATEMENT_TIMEOUT = "10min"


class SchemaOutdated(Exception):
    """The database's schema is not the one this program needs; `andon migrate` brings it up."""


class Migrations:
    """The migration history of one service.

    Args:
        package: the service's migrations package, such as `services.ingest.migrations`.
    """

    def __init__(self, database: Database, package: str) -> None:
        self._database = database
        self._folder = Path(str(files(package)))

    def upgrade(self, revision: str = "head") -> None:
        """Bring the schema up. Does nothing when it is there already; two processes that try wait for each other.

        Raises:
            DatabaseUnavailable: nothing was done.
        """
        with self._locked() as connection:
            command.upgrade(self._config(connection), revision)

    def downgrade(self, revision: str) -> None:
        """Take the schema back to `revision` (`base` for nothing at all). For tests and for operators in need."""
        with self._locked() as connection:
            command.downgrade(self._config(connection), revision)

    def head(self) -> str:
        """The revision this program needs."""
        found = ScriptDirectory(str(self._folder)).get_current_head()
        if found is None:
            raise ValueError(f"{self._folder} holds no migration")
        return found

    def check(self) -> None:
        """Whether the schema is at `head`.

        Raises:
            SchemaOutdated: it is not.
            DatabaseUnavailable: nobody knows.
        """
        with translated(), self._database.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current != self.head():
            raise SchemaOutdated(f"schema of {self._folder.parent.name} is at {current}, needed is {self.head()}")

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        with (
            translated(),
            self._database.engine.connect().execution_options(andon_writes=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('andon migrate', 0))"))
                connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
                connection.execute(text(f"SET LOCAL statement_timeout = '{_STATEMENT_TIMEOUT}'"))
            yield connection

    def _config(self, connection: Connection) -> Config:
        config = Config()
        config.set_main_option("script_location", str(self._folder))
        config.attributes["connection"] = connection
        return config


def run_migrations(config: Config, context: object) -> None:
    """What each service's `migrations/env.py` calls: run the steps on the connection that `Migrations` opened."""
    connection = config.attributes["connection"]
    context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")  # type: ignore[attr-defined]
    context.run_migrations()  # type: ignore[attr-defined]
