"""Readings to the log: a block per version of a reading type, promise and partition, one append for the whole batch."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from services.ingest.domain.batch import TypedReadings
from services.ingest.domain.source import Promise
from shared.eventlog.port import MAX_RECORD_BYTES, EventLog, Headers, NewRecord, TopicSpec
from shared.events.blocks import BLOCK_CONTENT_TYPE, encode_block
from shared.events.readings import (
    CADENCE_HEADER,
    EVENT_ID,
    FIXED_COLUMNS,
    ID_HASH,
    ON_TIME_WITHIN_HEADER,
    READING_TYPE_HEADER,
    READING_TYPE_VERSION_HEADER,
    identity_hashes,
)
from shared.events.topics import RAW_PARTITIONS, RAW_RETENTION, READINGS, raw_topic

_READINGS_PER_BLOCK = 20_000
_LARGEST_BLOCK = MAX_RECORD_BYTES // 2


class LogReadingsPublisher:
    """`services.ingest.ports.ReadingsPublisher`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._partitions: int | None = None

    def publish(self, batches: Sequence[TypedReadings]) -> None:
        if self._partitions is None:
            self._partitions = self._log.partition_count(READINGS)
        self._log.append(list(_records(batches, self._partitions)))


class LogSourceTopics:
    """`services.ingest.ports.SourceTopics`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def make(self, source: str) -> None:
        self._log.ensure_topics([TopicSpec(raw_topic(source), RAW_PARTITIONS, RAW_RETENTION)])


def _records(batches: Sequence[TypedReadings], partitions: int) -> Iterator[NewRecord]:
    typed: defaultdict[tuple[str, int, Promise, tuple[str, ...]], list[pl.DataFrame]] = defaultdict(list)
    for batch in batches:
        readings = _with_identity(batch)
        typed[batch.reading_type, batch.version, batch.promise, tuple(readings.columns)].append(readings)
    for (reading_type, version, promise, _), frames in typed.items():
        headers = (
            ("content-type", BLOCK_CONTENT_TYPE.encode()),
            (READING_TYPE_HEADER, reading_type.encode()),
            (READING_TYPE_VERSION_HEADER, str(version).encode()),
            *_promised(promise),
        )
        whole = frames[0] if len(frames) == 1 else pl.concat(frames)
        for number, part in _by_partition(whole, partitions):
            yield from _blocks(part, number, headers)


def _promised(promise: Promise) -> Iterator[tuple[str, bytes]]:
    for header, length in ((ON_TIME_WITHIN_HEADER, promise.on_time_within), (CADENCE_HEADER, promise.cadence)):
        if length is not None:
            yield header, str(int(length.total_seconds())).encode()


def _by_partition(readings: pl.DataFrame, partitions: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """What belongs to each partition, in the order of the events. One sort and slices cost half of polars' `partition_by`; numbers of
    16 bits and less numpy sorts in a tenth of the time. What is asked of a whole frame waits for the engine's own thread, which on
    a busy machine comes late: columns are put in order one by one.
    """
    numbers = (readings[ID_HASH].to_numpy() % np.uint64(partitions)).astype(np.min_scalar_type(partitions))
    ends = np.cumsum(np.bincount(numbers, minlength=partitions)).tolist()
    order = pl.Series(np.argsort(numbers, kind="stable").astype(np.uint32))
    ordered = pl.DataFrame([column[order] for column in readings])
    for number, (begins, ends_at) in enumerate(pairwise([0, *ends])):
        if begins < ends_at:
            yield number, ordered[begins:ends_at]


def _with_identity(batch: TypedReadings) -> pl.DataFrame:
    """Add the hash of (source, id), which says the partition; the columns in the order of the contract."""
    columns = {column.name: column for column in batch.readings}
    columns[ID_HASH] = pl.Series(ID_HASH, identity_hashes(batch.source, batch.readings[EVENT_ID]))
    rest = [name for name in columns if name not in FIXED_COLUMNS]
    ordered = [columns[name] for name in (*FIXED_COLUMNS.names(), *rest)]
    return pl.DataFrame(ordered)


def _blocks(readings: pl.DataFrame, partition: int, headers: Headers) -> Iterator[NewRecord]:
    """One record, or several where long texts would make one that the log does not take."""
    block = encode_block(readings) if readings.height <= _READINGS_PER_BLOCK else b""
    if block and (len(block) <= _LARGEST_BLOCK or readings.height == 1):
        yield NewRecord(READINGS, block, partition=partition, headers=headers)
        return
    half = readings.height // 2
    yield from _blocks(readings[:half], partition, headers)
    yield from _blocks(readings[half:], partition, headers)
