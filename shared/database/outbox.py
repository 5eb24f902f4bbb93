"""What a service publishes is a row in the transaction that made it true; a relay carries rows to the log.

A row holds many records of one topic: a row for each would cost more than all the rest of publishing. The relay numbers rows after
they are committed, durably and before it appends their records, per output partition. Whatever crashes between the steps, a record
is appended at least once, always under the same number, and never past a gap:

1. one transaction deletes rows known to be on the log and numbers new ones.
   Crash before: the rows are appended again under their old numbers, which consumers skip.
2. append. Crash before or during: the numbered rows are still in the table and are appended again.
3. remember, in memory, what was appended; the next step's transaction deletes it.
"""

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Row,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from shared.database.delivery_tables import DeliveryTables
from shared.database.engine import Database, WriteConnection
from shared.database.outbox_rows import AlikeRecords, Waiting, packed, packed_alike, unpacked
from shared.database.versioning import upsert
from shared.eventlog.delivery import delivery_headers
from shared.eventlog.partitioner import partitions_of
from shared.eventlog.port import EventLog, LogUnavailable, NewRecord
from shared.runtime.failpoints import fail_point

_ROWS_PER_STEP = 100
_BYTES_PER_STEP = 4 * 1024 * 1024
_LOOK_EVERY = timedelta(milliseconds=250)
_LONGEST_STANDSTILL_SECONDS = 60.0
"""A process that stands still for longer between reading rows and appending them reads them again. Another relay has appended them
meanwhile and many more. Where the log has dropped all of those by then, it would begin with old numbers before a gap, at which
a consumer that is new stops.
"""


class _Numbers(NamedTuple):
    """The output partition of each record of a row, and the number of the first record for each partition."""

    partitions: list[int]
    first: dict[int, int]


_NUMBERS = msgspec.msgpack.Decoder(_Numbers)


class _Row(NamedTuple):
    """A row that has its numbers; `given` as they stand in the database."""

    id: int
    topic: str
    records: list[Waiting]
    numbers: _Numbers
    given: bytes


class Outbox:
    """The outbox, for the length of one transaction."""

    def __init__(self, connection: WriteConnection, tables: DeliveryTables) -> None:
        self._connection = connection
        self._outbox = tables.outbox

    def add(self, records: Sequence[NewRecord], *, recorded_at: datetime) -> None:
        """Publish these once the transaction has committed, in this order per key."""
        for topic, of_topic in groupby(records, key=lambda record: record.topic):
            self._add(topic, packed(list(of_topic)), recorded_at)

    def add_alike(self, topic: str, records: AlikeRecords, *, recorded_at: datetime) -> None:
        """As `add`, of thousands that are texts of one form: they take a fraction of the room."""
        self._add(topic, packed_alike(records), recorded_at)

    def _add(self, topic: str, rows: Iterable[bytes], recorded_at: datetime) -> None:
        new = [{"topic": topic, "records": row, "recorded_at": recorded_at} for row in rows]
        self._connection.execute_many(_add(self._outbox), new)


class Relay:
    """Carries one service's outbox to the log. A stepper; one append in flight.

    Two relays over one outbox do no harm: both append the same numbers in the same order, and consumers skip repeats.
    """

    def __init__(
        self,
        *,
        producer: str,
        database: Database,
        tables: DeliveryTables,
        log: EventLog,
        elapsed_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = f"{producer}.outbox"
        self._producer = producer
        self._database = database
        self._tables = tables
        self._log = log
        self._elapsed_seconds = elapsed_seconds
        self._numbered_rows = _first_rows(tables.outbox, are_numbered=True)
        self._waiting_rows = _first_rows(tables.outbox, are_numbered=False)
        self._any_row = f"SELECT id FROM {tables.outbox.name} LIMIT 1"
        self._appended: list[_Row] = []
        self._partitions: dict[str, int] = {}
        self._seen_empty: tuple[int, datetime] | None = None

    def step(self, now: datetime) -> bool:
        """Carry up to a few thousand records; says whether there may be more. Blocks for one append.

        A log that is away is no fault: nothing was lost, the next step tries again.
        """
        if not self._appended and self._is_empty(now):
            return False
        with self._database.writing() as connection:
            connection.lock(self.name)  # two relays that number the same rows would publish them under two numbers
            self._forget_appended(connection)
            if self._appended:
                fail_point("outbox-forgotten")
            rows = self._numbered(connection)
            if not rows:
                # Only now: a transaction that began earlier may commit later, and its rows, with lower ids, have higher numbers.
                rows = self._number(connection)
            read_at = self._elapsed_seconds()
        self._appended = []
        if not rows:
            return False
        fail_point("outbox-numbered")
        if self._elapsed_seconds() - read_at > _LONGEST_STANDSTILL_SECONDS:
            return True
        try:
            self._log.append([record for row in rows for record in self._to_records(row)])
        except LogUnavailable:
            return False
        fail_point("outbox-appended")
        self._appended = rows
        return True

    def close(self) -> None:
        """Nothing is held: rows that were appended but not yet deleted are skipped by their numbers."""

    def _is_empty(self, now: datetime) -> bool:
        """Asks the database when this process has written since, and now and then for what another one left behind."""
        written = self._database.written
        if self._seen_empty is not None:
            then, at = self._seen_empty
            if then == written and now - at < _LOOK_EVERY:
                return True
        is_empty = self._database.look_up(self._any_row) is None
        self._seen_empty = (written, now) if is_empty else None
        return is_empty

    def _forget_appended(self, connection: WriteConnection) -> None:
        """Delete by id and numbers: after a delete, SQLite gives the same id to another row, and the delete may come twice
        (another relay was faster, or the outcome of the first try is unknown).
        """
        gone = [{"row_id": row.id, "on_topic": row.topic, "given": row.given} for row in self._appended]
        connection.execute_many(_delete(self._tables.outbox), gone)

    def _number(self, connection: WriteConnection) -> list[_Row]:
        """Give their numbers to the first rows that wait; returns them."""
        waiting = [(row.id, row.topic, records) for row, records in self._waiting_rows.read(connection)]
        partitions = [self._partitions_of(topic, records) for _, topic, records in waiting]
        counts = [Counter(of_row) for of_row in partitions]
        totals: Counter[tuple[str, int]] = Counter()
        for (_, topic, _), of_row in zip(waiting, counts, strict=True):
            totals.update({(topic, partition): count for partition, count in of_row.items()})
        following = self._reserve(connection, totals)
        rows = []
        for (row_id, topic, records), places, of_row in zip(waiting, partitions, counts, strict=True):
            numbers = _Numbers(places, {partition: following[topic, partition] for partition in of_row})
            rows.append(_Row(row_id, topic, records, numbers, msgspec.msgpack.encode(numbers)))
            following.update({(topic, partition): numbers.first[partition] + of_row[partition] for partition in of_row})
        given = [{"row_id": row.id, "given": row.given} for row in rows]
        connection.execute_many(_give_numbers(self._tables.outbox), given)
        return rows

    def _reserve(
        self, connection: WriteConnection, totals: Mapping[tuple[str, int], int]
    ) -> dict[tuple[str, int], int]:
        """For each output partition the first of so many new numbers."""
        if not totals:
            return {}
        sequences = self._tables.outbox_sequences
        known = {(row.topic, row.partition): row.last_sequence for row in connection.execute(select(sequences))}
        upsert(
            connection,
            sequences,
            [
                {"topic": key[0], "partition": key[1], "last_sequence": known.get(key, 0) + count}
                for key, count in totals.items()
            ],
        )
        return {key: known.get(key, 0) + 1 for key in totals}

    def _numbered(self, connection: WriteConnection) -> list[_Row]:
        """A beginning of what has its numbers, in their order: that of ids, since all of it was numbered together."""
        return [
            _Row(row.id, row.topic, records, _NUMBERS.decode(row.numbers), row.numbers)
            for row, records in self._numbered_rows.read(connection)
        ]

    def _partitions_of(self, topic: str, records: Sequence[Waiting]) -> list[int]:
        """The output partition of each record of a row."""
        if topic not in self._partitions:
            self._partitions[topic] = self._log.partition_count(topic)
        by_key = partitions_of([key or b"" for key, _, _, _ in records], self._partitions[topic])
        return [
            number if partition is None else partition
            for (_, partition, _, _), number in zip(records, by_key, strict=True)
        ]

    def _to_records(self, row: _Row) -> Iterator[NewRecord]:
        following = dict(row.numbers.first)
        for (key, _, headers, value), partition in zip(row.records, row.numbers.partitions, strict=True):
            number = following[partition]
            following[partition] = number + 1
            yield NewRecord(row.topic, value, key, partition, (*headers, *delivery_headers(self._producer, number)))


class _FirstRows:
    """The first rows of which a condition holds: as many as one step carries; one, however large it is.

    Their sizes are asked for first. One query for both would bring every row, to be left out by its size, from the pages of the table.
    """

    def __init__(self, outbox: Table, condition: ColumnElement[bool]) -> None:
        ids = outbox.c.id
        of_these = select(ids, func.length(outbox.c.records).label("bytes")).where(condition)
        self._sizes = of_these.order_by(ids).limit(_ROWS_PER_STEP)
        self._rows = select(outbox).where(condition, ids <= bindparam("last")).order_by(ids)

    def read(self, connection: WriteConnection) -> Iterator[tuple[Row[Any], list[Waiting]]]:
        """Rows and their records."""
        last, total = None, 0
        for row in connection.execute(self._sizes).all():
            total += row.bytes
            if last is None or total <= _BYTES_PER_STEP:
                last = row.id
        rows = [] if last is None else connection.execute(self._rows, {"last": last}).all()
        total = 0
        for row in rows:
            records, size = unpacked(row.records)
            if total and total + size > _BYTES_PER_STEP:
                return
            total += size
            yield row, records


@functools.cache
def _add(outbox: Table) -> Insert:
    """Written once for each table, as the next ones: to write one takes longer than to run it."""
    return insert(outbox)


@functools.cache
def _delete(outbox: Table) -> Delete:
    return delete(outbox).where(
        outbox.c.id == bindparam("row_id"),
        outbox.c.topic == bindparam("on_topic"),
        outbox.c.numbers == bindparam("given"),
    )


@functools.cache
def _give_numbers(outbox: Table) -> Update:
    return update(outbox).where(outbox.c.id == bindparam("row_id")).values(numbers=bindparam("given"))


@functools.cache
def _first_rows(outbox: Table, *, are_numbered: bool) -> _FirstRows:
    numbers = outbox.c.numbers
    return _FirstRows(outbox, numbers.is_not(None) if are_numbered else numbers.is_(None))


def oldest_unpublished(database: Database, tables: DeliveryTables) -> datetime | None:
    """When the oldest row that waits was recorded, UTC; None for an empty outbox. For `andon_outbox_oldest_age_seconds`."""
    with database.reading() as connection:
        found = connection.execute(select(func.min(tables.outbox.c.recorded_at))).scalar_one_or_none()
        return found if isinstance(found, datetime) else None
