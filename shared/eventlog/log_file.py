"""The SQLite file of the embedded log: its tables, and one transaction per method.

Crash in a transaction: SQLite rolls it back when the file is next opened. `synchronous=FULL` makes a commit durable before it
returns, also when the power fails.
"""

import queue
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from shared.eventlog.port import Headers, Partition, Record, TopicSpec
from shared.runtime.failpoints import fail_point

_OFFSET_BITS = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# A record's place is one integer, partition and offset, so that each partition lies together and is read in order.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS log (identity TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS topics (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, retention_seconds REAL);
CREATE TABLE IF NOT EXISTS partitions (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, number INTEGER NOT NULL,
    first_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL, UNIQUE (topic, number)
);
CREATE TABLE IF NOT EXISTS records (
    place INTEGER PRIMARY KEY, appended_at INTEGER NOT NULL, key BLOB, headers BLOB, value BLOB NOT NULL
);
"""


@dataclass
class Span:
    """Where one partition begins and ends. `id` is its number within the file."""

    id: int
    first: int
    next: int

    def place(self, offset: int) -> int:
        return self.id << _OFFSET_BITS | offset


Row = tuple[int, int, bytes | None, bytes | None, bytes]
"""A record as stored: place, microseconds since 1970, key, headers, value."""


class LogFile:
    """Connections to the file: one that writes, used by one thread at a time, and as many readers as read at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._writer = self._connect()
        # Before the first table: a file made without it cannot give deleted pages back.
        self._writer.execute("PRAGMA auto_vacuum=INCREMENTAL")
        self._writer.execute("PRAGMA journal_mode=WAL")
        self._writer.execute("PRAGMA synchronous=FULL")
        self._writer.execute("PRAGMA wal_autocheckpoint=4000")
        # Some builds of SQLite (Debian's) else write zeros over what expires: everything that was ever appended, once more.
        self._writer.execute("PRAGMA secure_delete=FAST")
        self._writer.executescript(_SCHEMA)

    def identity(self, when_new: str) -> str:
        """The log's own name, given once when the file is new."""
        with self.transaction():
            found = self._writer.execute("SELECT identity FROM log").fetchone()
            if found is None:
                self._writer.execute("INSERT INTO log VALUES (?)", (when_new,))
        return str(found[0]) if found else when_new

    def specs(self) -> Sequence[TopicSpec]:
        rows = self._writer.execute("SELECT name, partitions, retention_seconds FROM topics").fetchall()
        return [
            TopicSpec(name, partitions, None if seconds is None else timedelta(seconds=seconds))
            for name, partitions, seconds in rows
        ]

    def spans(self) -> dict[Partition, Span]:
        rows = self._writer.execute("SELECT topic, number, id, first_offset, next_offset FROM partitions").fetchall()
        return {Partition(topic, number): Span(*rest) for topic, number, *rest in rows}

    def add_topics(self, specs: Sequence[TopicSpec]) -> None:
        with self.transaction():
            for spec in specs:
                seconds = spec.retention.total_seconds() if spec.retention else None
                self._writer.execute(
                    "INSERT OR IGNORE INTO topics VALUES (?, ?, ?)", (spec.name, spec.partitions, seconds)
                )
                self._writer.executemany(
                    "INSERT OR IGNORE INTO partitions (topic, number, first_offset, next_offset) VALUES (?, ?, 0, 0)",
                    [(spec.name, number) for number in range(spec.partitions)],
                )

    def insert(self, rows: Sequence[Row], next_offsets: Mapping[int, int]) -> None:
        """Add records and move the ends of their partitions, all or nothing, durable when this returns."""
        with self.transaction():
            self._writer.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", rows)
            self._writer.executemany(
                "UPDATE partitions SET next_offset = ? WHERE id = ?",
                [(next_offset, partition) for partition, next_offset in next_offsets.items()],
            )
            fail_point("log-rows-written")
        fail_point("log-rows-committed")

    def delete_to(self, span: Span, offset: int) -> None:
        """Remove the records from the first to below `offset`; a crash leaves them all."""
        with self.transaction():
            bounds = (span.place(span.first), span.place(offset))
            self._writer.execute("DELETE FROM records WHERE place >= ? AND place < ?", bounds)
            self._writer.execute("UPDATE partitions SET first_offset = ? WHERE id = ?", (offset, span.id))

    def probe(self) -> None:
        """Write a page, and nothing that anybody reads. Raises what an insert would raise."""
        with self.transaction():
            (written,) = self._writer.execute("PRAGMA user_version").fetchone()
            self._writer.execute(f"PRAGMA user_version={(int(written) + 1) % 2**31}")

    def give_back(self, pages: int) -> bool:
        """Hand up to `pages` unused pages back to the file system; says whether many more are unused.

        A quarter of the file may stay unused, for the records to come.
        """
        (unused,) = self._writer.execute("PRAGMA freelist_count").fetchone()
        (total,) = self._writer.execute("PRAGMA page_count").fetchone()
        if unused <= max(pages, total // 4):
            return False
        self._writer.executescript(f"PRAGMA incremental_vacuum({int(pages)})")  # `execute` would stop after one page
        return True

    def read(
        self, partition: Partition, span: Span, offset: int, *, max_records: int, max_bytes: int
    ) -> Sequence[Record]:
        """Records from `offset` on, until one of the limits is reached; always at least one if there is one."""
        found: list[Record] = []
        statement = (
            "SELECT place, appended_at, key, headers, value FROM records"
            " WHERE place >= ? AND place < ? ORDER BY place LIMIT ?"
        )
        with self._reading() as connection:
            rows = connection.execute(statement, (span.place(offset), span.place(span.next), max_records))
            for row in rows:
                found.append(_record(partition, row))
                max_bytes -= len(row[4])
                if max_bytes <= 0:
                    break
            rows.close()
        return found

    def first_kept(self, span: Span, appended_from: datetime, within: int) -> int:
        """The first offset whose record was appended at `appended_from` or later, looking at `within` records at most."""
        end = min(span.first + within, span.next)
        with self._reading() as connection:
            found = connection.execute(
                "SELECT place FROM records WHERE place >= ? AND place < ? AND appended_at >= ? ORDER BY place LIMIT 1",
                (span.place(span.first), span.place(end), to_microseconds(appended_from)),
            ).fetchone()
        return end if found is None else int(found[0]) - span.place(0)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A write transaction; rolled back when the block raises."""
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close every connection that is not reading; the last one folds the write-ahead log into the file."""
        while not self._readers.empty():
            self._readers.get_nowait().close()
        self._writer.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._readers.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            yield connection
        except sqlite3.Error:
            connection.close()
            raise
        self._readers.put(connection)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def encode_headers(headers: Headers) -> bytes | None:
    """None for none, so that the usual record costs nothing."""
    return msgspec.msgpack.encode(headers) if headers else None


def _record(partition: Partition, row: Row) -> Record:
    place, appended_at, key, headers, value = row
    return Record(
        partition=partition,
        offset=place & ((1 << _OFFSET_BITS) - 1),
        key=key,
        value=value,
        headers=() if headers is None else msgspec.msgpack.decode(headers, type=Headers),
        appended_at=_EPOCH + appended_at * _MICROSECOND,
    )
