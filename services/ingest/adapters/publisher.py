"""Readings to the log: a block per reading type and partition, one append for the whole batch."""

from collections.abc import Iterator, Sequence

import polars as pl

from services.ingest.domain.batch import TypedReadings
from shared.eventlog.port import EventLog, NewRecord, TopicSpec
from shared.events.blocks import BLOCK_CONTENT_TYPE, encode_block
from shared.events.readings import (
    EVENT_ID,
    FIXED_COLUMNS,
    ID_HASH,
    READING_TYPE_HEADER,
    READING_TYPE_VERSION_HEADER,
    identity_hash,
)
from shared.events.topics import RAW_PARTITIONS, RAW_RETENTION, READINGS, raw_topic

_READINGS_PER_BLOCK = 20_000
"""So that a block stays well below the largest record."""


class LogReadingsPublisher:
    """`services.ingest.ports.ReadingsPublisher`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._partitions: int | None = None

    def publish(self, batches: Sequence[TypedReadings]) -> None:
        if self._partitions is None:
            self._partitions = self._log.partition_count(READINGS)
        self._log.append([record for batch in batches for record in _records(batch, self._partitions)])


class LogSourceTopics:
    """`services.ingest.ports.SourceTopics`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def make(self, source: str) -> None:
        self._log.ensure_topics([TopicSpec(raw_topic(source), RAW_PARTITIONS, RAW_RETENTION)])


def _records(batch: TypedReadings, partitions: int) -> Iterator[NewRecord]:
    readings = _with_identity(batch.mapped.readings)
    headers = (
        ("content-type", BLOCK_CONTENT_TYPE.encode()),
        (READING_TYPE_HEADER, batch.reading_type.encode()),
        (READING_TYPE_VERSION_HEADER, str(batch.version).encode()),
    )
    for number in range(partitions):
        part = readings.filter(pl.col(ID_HASH) % partitions == number)
        for start in range(0, part.height, _READINGS_PER_BLOCK):
            block = encode_block(part.slice(start, _READINGS_PER_BLOCK))
            yield NewRecord(READINGS, block, partition=number, headers=headers)


def _with_identity(readings: pl.DataFrame) -> pl.DataFrame:
    """Add the hash of (source, id), and put the columns in the order of the contract."""
    source = readings["source"][0]
    hashes = [identity_hash(source, event_id) for event_id in readings[EVENT_ID]]
    with_hash = readings.with_columns(pl.Series(ID_HASH, hashes, dtype=pl.UInt64))
    rest = [name for name in with_hash.columns if name not in FIXED_COLUMNS]
    return with_hash.select(*FIXED_COLUMNS.names(), *rest)
