"""Engines for SQLite and PostgreSQL, and two connection types: one that can only read, one inside the only commit."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Result, UpdateBase, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

_SQLITE_BUSY_SECONDS = 30
_SQLITE_PAGE_BYTES = 8 * 1024
"""Each page is two writes into the journal and one into the file; blocks of readings and the values of a backlog fill large ones."""
_SQLITE_JOURNAL_PAGES = 2000
"""The journal grows to 16 MB before it is written back."""
_SQLITE_CACHE_KIB = 16 * 1024
"""Of each connection, as far as it touches so many pages; what is not in it is read from the file anew."""
_POSTGRES_LOCK_TIMEOUT = "30s"
_WRITES = "andon_writes"
_IN_MEMORY = ":memory:"


class DatabaseUnavailable(Exception):
    """The database cannot be reached, is locked for too long, or its disk is full; the outcome is unknown, retry."""


class ReadConnection:
    """Runs selects. It has no way to commit, so a screen's query cannot change anything."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    def execute(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Result[Any]:
        """Run one statement; `parameters` fill its bind parameters."""
        return self._connection.execute(statement, parameters or {})


class WriteConnection(ReadConnection):
    """A connection inside a write transaction; the unit of work that made it commits or rolls back."""

    def change(self, statement: UpdateBase, parameters: dict[str, Any] | None = None) -> int:
        """Run one insert, update or delete, and say how many rows it touched; `parameters` fill its bind parameters."""
        return self._connection.execute(statement, parameters or {}).rowcount

    def execute_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        """Run one statement per row, in bulk; nothing happens for no rows."""
        if rows:
            self._connection.execute(statement, rows)

    def lock(self, name: str) -> None:
        """Let one transaction at a time pass here, until it ends. SQLite needs nothing: it has one writer anyway."""
        if self.dialect == "postgresql":
            self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))

    @property
    def raw(self) -> Connection:
        """For an adapter's bulk path (COPY) only."""
        return self._connection


class Database:
    """One service's database. The constructor connects to nothing; the first connection does.

    Args:
        url: SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://…`.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self._engine: Engine | None = None
        self._writing_engine: Engine | None = None
        self._writers = threading.Lock()
        self._written = 0
        self._has_refused = False

    @property
    def engine(self) -> Engine:
        """The engine, made at first use; the folder of an SQLite file is made with it."""
        if self._engine is None:
            self._engine = _sqlite(self.url.database or "") if self.is_sqlite else _postgres(self.url)
        return self._engine

    @property
    def _writer(self) -> Engine:
        """All writing of this process into a file of SQLite goes through one connection: it keeps the pages that it has read and
        written for as long as no other connection writes, and then reads them all again.

        It has the option that `_begin` looks for: to set it on each connection takes longer than to get one.
        """
        if self._writing_engine is None:
            path = self.url.database or ""
            has_file = self.is_sqlite and path != _IN_MEMORY
            engine = _sqlite(path, pool_size=1, max_overflow=0) if has_file else self.engine
            self._writing_engine = engine.execution_options(**{_WRITES: True})
        return self._writing_engine

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[ReadConnection]:
        """A connection that sees one consistent state and changes nothing.

        Raises:
            DatabaseUnavailable: retry later.
        """
        with translated(), self.engine.connect() as connection:
            if not self.is_sqlite:
                # SQLite's readers see one state anyway; PostgreSQL's would see another one with each statement.
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield ReadConnection(connection)

    def look_up(self, statement: str) -> Any:
        """The first column of the first row of what a select finds; None where it finds nothing.

        For what is asked with every batch: the driver's own call costs a seventh of SQLAlchemy's connection and result.

        Raises:
            DatabaseUnavailable: retry later.
        """
        driver = self.engine.dialect.loaded_dbapi
        with translated():
            try:
                with closing(self.engine.raw_connection()) as connection:
                    cursor = connection.cursor()
                    cursor.execute(statement)
                    found = cursor.fetchone()
            except driver.OperationalError as error:
                raise DatabaseUnavailable(str(error)) from error
        return None if found is None else found[0]

    @contextmanager
    def writing(self) -> Iterator[WriteConnection]:
        """One write transaction: committed when the block ends, rolled back when it raises.

        On SQLite the write lock is taken at the start (`BEGIN IMMEDIATE`), so what is read inside cannot be overtaken.

        Raises:
            DatabaseUnavailable: the transaction may or may not have been committed; reload what is cached.
        """
        try:
            with (
                self._one_writer(),
                translated(),
                self._writer.connect() as connection,
                connection.begin(),
            ):
                yield WriteConnection(connection)
        except DatabaseUnavailable:
            self._has_refused = True
            raise
        self._has_refused = False
        self._written += 1

    def check(self) -> None:
        """After a write that failed, try to write what nobody reads: on a full disk a database can be read, and takes nothing.

        Raises:
            DatabaseUnavailable: it still takes nothing.
        """
        if self._has_refused:
            with self.writing() as connection:
                connection.raw.exec_driver_sql(
                    "PRAGMA user_version=1" if self.is_sqlite else "SELECT pg_current_xact_id()"
                )

    @property
    def written(self) -> int:
        """Grows with each transaction that this process has committed, so that who looks for its rows need not ask the database."""
        return self._written

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        """SQLite has one writer. Threads of this process wait for it here, and go on at once when it is their turn;
        SQLite itself would look again only every now and then, up to a tenth of a second later.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._writers.acquire(timeout=_SQLITE_BUSY_SECONDS):
            raise DatabaseUnavailable(f"another transaction has been writing for {_SQLITE_BUSY_SECONDS} s")
        try:
            yield
        finally:
            self._writers.release()

    def close(self) -> None:
        """Close all pooled connections. The database can be used again afterwards."""
        for engine in (self._engine, self._writing_engine):
            if engine is not None:
                engine.dispose()
        self._engine = self._writing_engine = None


@contextmanager
def translated() -> Iterator[None]:
    """What the driver raises when the database is away, as DatabaseUnavailable."""
    try:
        yield
    except OperationalError as error:
        raise DatabaseUnavailable(str(error.orig)) from error


def _sqlite(path: str, **pool: int) -> Engine:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": _SQLITE_BUSY_SECONDS, "check_same_thread": False}, **pool
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own; `_begin` does
        connection.execute(f"PRAGMA page_size={_SQLITE_PAGE_BYTES}")  # of a new file; another one keeps its own
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # A page that many transactions write is then copied from the journal into the file once, not once for each of them.
        connection.execute(f"PRAGMA wal_autocheckpoint={_SQLITE_JOURNAL_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{_SQLITE_CACHE_KIB}")
        connection.execute("PRAGMA temp_store=MEMORY")
        # Some builds of SQLite (Debian's) else write zeros over each page that is given up: what was ever written, once more.
        connection.execute("PRAGMA secure_delete=FAST")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: Any) -> Engine:
    # READ COMMITTED: every guard is a compare-and-set on a row, which re-reads the row after waiting for its lock.
    options = f"-c lock_timeout={_POSTGRES_LOCK_TIMEOUT} -c timezone=UTC"
    return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED", connect_args={"options": options})
