"""Databases in memory, one per service whatever the number of its instances, that fail before and after their effects.

Their engines live as long as the process: compiling the same SQL again for each seed would cost more than running it. A seed
begins with a copy of a template instead, which is a few pages.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Result, UpdateBase, text
from sqlalchemy.engine import make_url

from shared.database.engine import Database, DatabaseUnavailable, ReadConnection, WriteConnection
from simulation.faults import Faults

_IN_MEMORY = "sqlite:///:memory:"


class MemoryDatabase:
    """The database of one service: what is in it, and what it was when a seed begins."""

    def __init__(self) -> None:
        self.plain = Database(_IN_MEMORY)
        self._template = Database(_IN_MEMORY)

    def keep_as_template(self) -> None:
        """From now on `begin_anew` comes back to what is in the database now."""
        _copy(self.plain.engine, self._template.engine)

    def begin_anew(self) -> None:
        _copy(self._template.engine, self.plain.engine)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What the database holds, past the program's own reading of it."""
        with self.plain.reading() as connection:
            return [dict(row) for row in connection.execute(text(query)).mappings()]


class FaultyDatabase(Database):
    """One instance's way into its service's database."""

    def __init__(self, memory: MemoryDatabase, faults: Faults) -> None:
        super().__init__(_IN_MEMORY)
        self._memory = memory
        self._faults = faults

    @property
    def engine(self) -> Engine:
        return self._memory.plain.engine

    @contextmanager
    def reading(self) -> Iterator[ReadConnection]:
        self._faults.strike("before reading", DatabaseUnavailable)
        with self._memory.plain.reading() as connection:
            yield connection

    def look_up(self, statement: str) -> Any:
        self._faults.strike("before reading", DatabaseUnavailable)
        return self._memory.plain.look_up(statement)

    @contextmanager
    def writing(self) -> Iterator[WriteConnection]:
        self._faults.strike("before begin", DatabaseUnavailable)
        with self._memory.plain.writing() as connection:
            yield _FaultyWrites(connection.raw, self._faults)
            self._faults.strike("before commit", DatabaseUnavailable)
        self._faults.strike("after commit", DatabaseUnavailable)
        self._written += 1

    def close(self) -> None:
        """The database outlives the instance."""


class _FaultyWrites(WriteConnection):
    """Fails before statements. After one it need not: nothing has happened before the commit."""

    def __init__(self, connection: Connection, faults: Faults) -> None:
        super().__init__(connection)
        self._faults = faults

    def execute(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Result[Any]:
        self._strike()
        return super().execute(statement, parameters)

    def change(self, statement: UpdateBase, parameters: dict[str, Any] | None = None) -> int:
        self._strike()
        return super().change(statement, parameters)

    def execute_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        self._strike()
        super().execute_many(statement, rows)

    def _strike(self) -> None:
        self._faults.strike("before a statement", DatabaseUnavailable)


def service_of(url: str) -> str:
    """The service whose database a URL means: its file bears the service's name."""
    return (make_url(url).database or "").rpartition("/")[2].removesuffix(".db")


def _copy(source: Engine, target: Engine) -> None:
    """Everything in `source` in place of everything in `target`."""
    from_connection, to_connection = source.raw_connection(), target.raw_connection()
    try:
        reader: Any = from_connection.driver_connection
        writer: Any = to_connection.driver_connection
        reader.backup(writer)
    finally:
        from_connection.close()
        to_connection.close()
