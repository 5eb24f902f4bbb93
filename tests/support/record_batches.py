"""Record batches as a broker keeps them, made by the package kafka-python."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from kafka.record.util import calc_crc32c

LOG_APPEND_TIME, TRANSACTIONAL = 8, 16
_MOST_BYTES = 1 << 26
_HEAD = DefaultRecordBatch.HEADER_STRUCT


class BatchRecord(NamedTuple):
    """A record that is to stand in a batch."""

    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()
    timestamp: int = 1_700_000_000_000


def batch(first_offset: int, records: Sequence[BatchRecord], attributes: int = 0, producer: int = -1) -> bytes:
    """A batch of these, in offset order without gaps."""
    builder = DefaultRecordBatchBuilder(2, attributes & 7, 0, -1, -1, -1, _MOST_BYTES)
    for place, record in enumerate(records):
        builder.append(place, record.timestamp, record.key, record.value, list(record.headers))
    data = bytearray(builder.build())
    head = list(_HEAD.unpack_from(data))
    head[0], head[5], head[9] = first_offset, head[5] | attributes, producer
    return summed(_HEAD.pack(*head) + bytes(data[_HEAD.size :]))


def summed(data: bytes) -> bytes:
    """The batch with the sum that it must have."""
    written = bytearray(data)
    struct.pack_into(">I", written, 17, calc_crc32c(memoryview(written)[DefaultRecordBatch.ATTRIBUTES_OFFSET :]))
    return bytes(written)
