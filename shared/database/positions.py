"""Where each consumer reads on: stored with the state that the records before it produced.

A position is compared and set. Two processes that both believe to own a partition can therefore not both commit: the
second finds the offset moved and gets `LostPartition`.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, Table, Update, bindparam, select, update

from shared.database.delivery_tables import DeliveryTables
from shared.database.engine import Database, WriteConnection
from shared.database.versioning import insert_missing
from shared.eventlog.port import EventLog, LostPartition, OffsetOutOfRange, Partition
from shared.runtime.progress import Progress


class LogMismatch(Exception):
    """The offsets in this database belong to another log, or the topic's number of partitions has changed."""


class Positions:
    """The stored positions of one service's consumers."""

    def __init__(self, database: Database, tables: DeliveryTables, log: EventLog) -> None:
        self._database = database
        self._tables = tables
        self._log = log

    def starting_offsets(self, consumer: str, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Where `consumer` reads on in each partition; one never read before starts where the log begins.

        Raises:
            LogMismatch: the stored offsets are not of this log.
            OffsetOutOfRange: a stored offset lies outside what the log holds; starting would skip or repeat records.
        """
        with self._database.writing() as connection:
            for topic in {partition.topic for partition in partitions}:
                self._check_log(connection, topic)
            bounds = {partition: self._log.offsets(partition) for partition in partitions}
            stored = _stored_offsets(connection, self._tables.positions, consumer)
            missing = [
                {"consumer": consumer, "topic": one.topic, "partition": one.number, "next_offset": first}
                for one, (first, _) in bounds.items()
                if one not in stored
            ]
            if missing:
                # Two processes that start together may both come here; the rows of the first one stand.
                insert_missing(connection, self._tables.positions, missing)
                stored = _stored_offsets(connection, self._tables.positions, consumer)
            for partition, (first, end) in bounds.items():
                if not first <= stored[partition] <= end:
                    raise OffsetOutOfRange(
                        f"{consumer} stands at offset {stored[partition]} of {partition.topic}/{partition.number}, "
                        f"but the log holds {first} to {end}: it lost records or was replaced"
                    )
        return {partition: stored[partition] for partition in partitions}

    def _check_log(self, connection: WriteConnection, topic: str) -> None:
        here = (self._log.identity(), self._log.partition_count(topic))
        logs = self._tables.logs
        known = connection.execute(_log(logs), {"of_topic": topic}).one_or_none()
        if known is None:
            insert_missing(connection, logs, [{"topic": topic, "log_identity": here[0], "partitions": here[1]}])
            known = connection.execute(_log(logs), {"of_topic": topic}).one()
        if tuple(known) != here:
            raise LogMismatch(
                f"topic {topic} was read from log {known.log_identity} with {known.partitions} partitions; "
                f"this is log {here[0]} with {here[1]}. Offsets do not carry over: restore the log or start afresh"
            )


def advance(connection: WriteConnection, tables: DeliveryTables, progress: Progress) -> None:
    """Move one position, where it still stands at the expected offset.

    Raises:
        LostPartition: it does not; another process has moved it. The caller's transaction must be rolled back.
    """
    moved = connection.change(
        _move(tables.positions),
        {
            "of_consumer": progress.consumer,
            "of_topic": progress.topic,
            "of_partition": progress.partition,
            "from_offset": progress.expected_offset,
            "to_offset": progress.next_offset,
        },
    )
    if moved != 1:
        raise LostPartition(
            f"{progress.consumer} no longer stands at offset {progress.expected_offset} "
            f"of {progress.topic}/{progress.partition}"
        )


@functools.cache
def _move(positions: Table) -> Update:
    """Written once: to write it takes longer than to run it, and each transaction of a consumer does."""
    return (
        update(positions)
        .where(
            positions.c.consumer == bindparam("of_consumer"),
            positions.c.topic == bindparam("of_topic"),
            positions.c.partition == bindparam("of_partition"),
            positions.c.next_offset == bindparam("from_offset"),
        )
        .values(next_offset=bindparam("to_offset"))
    )


@functools.cache
def _log(logs: Table) -> Select[Any]:
    return select(logs.c.log_identity, logs.c.partitions).where(logs.c.topic == bindparam("of_topic"))


def _stored_offsets(connection: WriteConnection, positions: Table, consumer: str) -> dict[Partition, int]:
    rows = connection.execute(_offsets(positions), {"of_consumer": consumer})
    return {Partition(row.topic, row.partition): int(row.next_offset) for row in rows}


@functools.cache
def _offsets(positions: Table) -> Select[Any]:
    columns = positions.c
    wanted = (columns.topic, columns.partition, columns.next_offset)
    return select(*wanted).where(columns.consumer == bindparam("of_consumer"))
