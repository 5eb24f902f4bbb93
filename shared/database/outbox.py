"""What a service publishes is a row in the transaction that made it true; a relay carries rows to the log.

The relay numbers rows after they are committed, durably and before it appends them, per output partition. Whatever
crashes between the steps, a record is appended at least once, always under the same number, and never past a gap:

1. one transaction deletes rows known to be on the log and numbers new ones.
   Crash before: the rows are appended again under their old numbers, which consumers skip.
2. append. Crash before or during: the numbered rows are still in the table and are appended again.
3. remember, in memory, what was appended; the next step's transaction deletes it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from shared.database.delivery_tables import DeliveryTables
from shared.database.engine import Database, WriteConnection
from shared.database.versioning import upsert
from shared.eventlog.delivery import delivery_headers
from shared.eventlog.partitioner import partition_of
from shared.eventlog.port import EventLog, Headers, LogUnavailable, NewRecord
from shared.runtime.failpoints import fail_point

_ROWS_PER_STEP = 500
_BYTES_PER_STEP = 4 * 1024 * 1024


class Outbox:
    """The outbox, for the length of one transaction."""

    def __init__(self, connection: WriteConnection, tables: DeliveryTables) -> None:
        self._connection = connection
        self._outbox = tables.outbox

    def add(self, records: Sequence[NewRecord], *, recorded_at: datetime) -> None:
        """Publish these once the transaction has committed, in this order per key."""
        self._connection.execute_many(
            insert(self._outbox),
            [
                {
                    "topic": record.topic,
                    "key": record.key,
                    "partition": record.partition,
                    "value": record.value,
                    "headers": msgspec.msgpack.encode(record.headers),
                    "recorded_at": recorded_at,
                }
                for record in records
            ],
        )


class Relay:
    """Carries one service's outbox to the log. A stepper; one append in flight.

    Two relays over one outbox do no harm: both append the same numbers in the same order, and consumers skip repeats.
    """

    def __init__(self, *, producer: str, database: Database, tables: DeliveryTables, log: EventLog) -> None:
        self.name = f"{producer}.outbox"
        self._producer = producer
        self._database = database
        self._tables = tables
        self._log = log
        self._appended: list[int] = []
        self._partitions: dict[str, int] = {}

    def step(self, now: datetime) -> bool:  # noqa: ARG002 - a stepper is told the time whether it needs it or not
        """Carry up to a few hundred records; says whether there may be more. Blocks for one append.

        A log that is away is no fault: nothing was lost, the next step tries again.
        """
        if not self._appended and self._is_empty():
            return False
        with self._database.writing() as connection:
            connection.lock(self.name)  # two relays that number the same rows would publish them under two numbers
            self._forget_appended(connection)
            if self._appended:
                fail_point("outbox-forgotten")
            rows = self._numbered(connection)
            if (
                not rows
            ):  # what has its numbers goes first, all of it: those who wait behind it could be overtaken for ever
                self._number(connection)
                rows = self._numbered(connection)
        self._appended = []
        if not rows:
            return False
        fail_point("outbox-numbered")
        try:
            self._log.append([self._to_record(row) for row in rows])
        except LogUnavailable:
            return False
        fail_point("outbox-appended")
        self._appended = [row.id for row in rows]
        return True

    def close(self) -> None:
        """Nothing is held: rows that were appended but not yet deleted are skipped by their numbers."""

    def _is_empty(self) -> bool:
        with self._database.reading() as connection:
            return connection.execute(select(self._tables.outbox.c.id).limit(1)).first() is None

    def _forget_appended(self, connection: WriteConnection) -> None:
        outbox = self._tables.outbox
        statement = delete(outbox).where(outbox.c.id == bindparam("row_id"))
        connection.execute_many(statement, [{"row_id": row_id} for row_id in self._appended])

    def _number(self, connection: WriteConnection) -> None:
        outbox = self._tables.outbox
        waiting = connection.execute(
            select(outbox.c.id, outbox.c.topic, outbox.c.key, outbox.c.partition)
            .where(outbox.c.sequence.is_(None))
            .order_by(outbox.c.id)
            .limit(_ROWS_PER_STEP)
        ).all()
        groups: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for row in waiting:
            groups[row.topic, self._partition(row)].append(row.id)
        numbered = [
            {"row_id": row_id, "to_partition": partition, "number": number}
            for (topic, partition), ids in groups.items()
            for number, row_id in enumerate(ids, self._reserve(connection, (topic, partition), len(ids)))
        ]
        statement = (
            update(outbox)
            .where(outbox.c.id == bindparam("row_id"))
            .values(sequence=bindparam("number"), partition=bindparam("to_partition"))
        )
        connection.execute_many(statement, numbered)

    def _reserve(self, connection: WriteConnection, key: tuple[str, int], count: int) -> int:
        """The first of `count` new numbers for this output partition."""
        sequences = self._tables.outbox_sequences
        topic, partition = key
        statement = select(sequences.c.last_sequence).where(
            sequences.c.topic == topic, sequences.c.partition == partition
        )
        last = connection.execute(statement).scalar_one_or_none() or 0
        row = {"topic": topic, "partition": partition, "last_sequence": last + count}
        upsert(connection, sequences, [row])
        return int(last) + 1

    def _numbered(self, connection: WriteConnection) -> list[Row[Any]]:
        """A beginning of what has its numbers, in their order.

        Not in the order of ids: of two transactions, the one with the higher ids may commit first, and be numbered first.
        """
        outbox = self._tables.outbox
        in_order = (outbox.c.sequence, outbox.c.id)
        running_bytes = func.sum(func.length(outbox.c.value)).over(order_by=in_order)
        numbered = (
            select(outbox, running_bytes.label("running_bytes"))
            .where(outbox.c.sequence.is_not(None))
            .order_by(*in_order)
            .limit(_ROWS_PER_STEP)
            .subquery()
        )
        rows = connection.execute(select(numbered).order_by(numbered.c.sequence, numbered.c.id)).all()
        return [row for index, row in enumerate(rows) if index == 0 or row.running_bytes <= _BYTES_PER_STEP]

    def _partition(self, row: Row[Any]) -> int:
        if row.partition is not None:
            return int(row.partition)
        if row.topic not in self._partitions:
            self._partitions[row.topic] = self._log.partition_count(row.topic)
        return partition_of(row.key or b"", self._partitions[row.topic])

    def _to_record(self, row: Row[Any]) -> NewRecord:
        stored: Headers = msgspec.msgpack.decode(row.headers, type=Headers)
        headers = (*stored, *delivery_headers(self._producer, row.sequence))
        return NewRecord(topic=row.topic, value=row.value, key=row.key, partition=row.partition, headers=headers)


def oldest_unpublished(database: Database, tables: DeliveryTables) -> datetime | None:
    """When the oldest row that waits was recorded, UTC; None for an empty outbox. For `andon_outbox_oldest_age_seconds`."""
    with database.reading() as connection:
        found = connection.execute(select(func.min(tables.outbox.c.recorded_at))).scalar_one_or_none()
        return found if isinstance(found, datetime) else None
