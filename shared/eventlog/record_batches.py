"""Record batches, as a broker sends them, as columns of messages: without an object of each record.

The head of a batch (format 2, 61 bytes) is read by itself; the records of all batches are walked together.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from kafka.record.util import calc_crc32c

from shared.eventlog.message_columns import HeaderColumn, KeyColumn, MessageColumns
from shared.eventlog.port import LogUnavailable
from shared.eventlog.record_batch_walk import (
    CONTENT,
    CONTENT_SIZE,
    HAS_TIMES,
    HEADER_COUNT,
    KEY,
    KEY_SIZE,
    NAME,
    NAME_SIZE,
    OFFSET,
    RECORD_END,
    RECORDS,
    TAKEN,
    VALUE,
    VALUE_SIZE,
    Bytes,
    Numbers,
    Walk,
)
from shared.runtime.joined_texts import JoinedTexts

_HEAD = struct.Struct(">qiibIhiqqqhii")
_LENGTH_COUNTS_FROM = 12
_SUM_COUNTS_FROM = 21
_FORMAT = 2
_TAKEN_BY_LOG = 8
"""The only attribute of a plain batch: its time is the log's, and that of all its records."""


@dataclass(frozen=True, slots=True)
class PlainBatches:
    """Whole batches, neither compressed nor of a transaction.

    Attributes:
        rows: of each batch what `record_batch_walk.find_records` wants.
        next_offset: behind the last of them; None if there is none.
    """

    data: memoryview
    rows: Numbers
    next_offset: int | None

    @property
    def records(self) -> int:
        return int(self.rows[:, RECORDS].sum())


def plain_batches(data: memoryview) -> PlainBatches | None:
    """The batches of one partition; the last one may have been cut off on its way, and is left out then.

    Returns:
        None if there are others among them.

    Raises:
        LogUnavailable: one has another sum than it says; it may be right when it is fetched again.
    """
    rows: list[tuple[int, ...]] = []
    begin, next_offset = 0, None
    while begin + _HEAD.size <= len(data):
        first, length, _, form, said, attributes, last, first_time, last_time, *_, count = _HEAD.unpack_from(
            data, begin
        )
        if form != _FORMAT or attributes & ~_TAKEN_BY_LOG:
            return None
        end = begin + _LENGTH_COUNTS_FROM + length
        if end > len(data):
            break
        if end < begin + _HEAD.size or calc_crc32c(data[begin + _SUM_COUNTS_FROM : end]) != said:
            raise LogUnavailable(f"Kafka: the batch at offset {first} does not have the sum that it says")
        times = (last_time, 0) if attributes else (first_time, 1)
        rows.append((begin + _HEAD.size, end, count, first, *times))
        begin, next_offset = end, first + last + 1
    return PlainBatches(data, np.array(rows, dtype=np.int64).reshape(-1, HAS_TIMES + 1), next_offset)


def message_columns(batches: PlainBatches, walk: Walk, moments: Mapping[int, datetime]) -> MessageColumns:
    """All their records, copied. Raises LogUnavailable if one is not where it should be."""
    copying = _Copying(np.frombuffer(batches.data, dtype=np.uint8), walk)
    found = np.empty((RECORD_END + 1, batches.records), dtype=np.int64)
    if not walk.find_records(copying.data, batches.rows, found):
        raise LogUnavailable("Kafka: a record does not end where its batch says")
    return MessageColumns(
        found[OFFSET],
        found[TAKEN],
        moments,
        copying.texts(found[VALUE], found[VALUE_SIZE]),
        copying.keys(found[KEY], found[KEY_SIZE]),
        copying.headers(found),
    )


@dataclass(frozen=True, slots=True)
class _Copying:
    """From the bytes of batches to columns."""

    data: Bytes
    walk: Walk

    def texts(self, begins: Numbers, sizes: Numbers) -> JoinedTexts:
        lengths = np.maximum(sizes, 0)
        memory = np.empty(int(lengths.sum()) + len(lengths), dtype=np.uint8)
        self.walk.copy_texts(self.data, begins, sizes, memory)
        return JoinedTexts(memory.data, lengths)

    def keys(self, begins: Numbers, sizes: Numbers) -> KeyColumn | None:
        are_there = sizes >= 0
        return KeyColumn(self.texts(begins, sizes), are_there) if are_there.any() else None

    def headers(self, records: Numbers) -> HeaderColumn | None:
        counts = records[HEADER_COUNT]
        if not counts.any():
            return None
        found = np.empty((CONTENT_SIZE + 1, int(counts.sum())), dtype=np.int64)
        if not self.walk.find_headers(self.data, records, found):
            raise LogUnavailable("Kafka: a header does not end where its record says")
        borders = np.cumsum(np.concatenate([np.zeros(1, dtype=np.int64), counts]))
        names = self.texts(found[NAME], found[NAME_SIZE])
        return HeaderColumn(borders, names, self.texts(found[CONTENT], found[CONTENT_SIZE]))
