"""Records as one batch, as a broker keeps it: message format 2 in the guide to Kafka's protocol."""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from kafka.record.util import calc_crc32c

from shared.eventlog.port import NewRecord
from shared.eventlog.produce_protocol import Producer

MOST_BATCH_BYTES = 900 * 1024
"""A broker takes so much into a topic that was not made by Andon, unless it is set up otherwise."""

_HEAD = struct.Struct(">qiibI")
_SUMMED_HEAD = struct.Struct(">hiqqqhii")
_SIZE_BEGINS = 12
_NO_LEADER_EPOCH, _FORMAT, _PLAIN = -1, 2, 0
_NONE = b"\1"
_NO_ATTRIBUTES_NOR_TIME = b"\0\0"


class WrittenBatch(NamedTuple):
    """A batch in parts that follow each other, how large it is, and how many records are in it."""

    parts: tuple[bytes, bytes]
    size: int
    records: int


def written_batch(
    records: Sequence[NewRecord], begin: int, *, producer: Producer, sequence: int, taken_ms: int
) -> WrittenBatch:
    """As many records from `begin` on as fit into a batch; one, however large it is.

    Args:
        sequence: of its producer's records on the partition, which one the first is; below 2 ** 31.
        taken_ms: milliseconds since 1970 in UTC, of all records, where the broker does not set its own.
    """
    written: list[bytes] = [b""]
    size, count = 0, 0
    for place in range(begin, len(records)):
        record = _written(records[place], count)
        size += len(record)
        if size > MOST_BATCH_BYTES and count:
            break
        written.append(record)
        count += 1
    written[0] = _SUMMED_HEAD.pack(_PLAIN, count - 1, taken_ms, taken_ms, *producer, sequence, count)
    summed = b"".join(written)
    length = _HEAD.size - _SIZE_BEGINS + len(summed)
    head = _HEAD.pack(0, length, _NO_LEADER_EPOCH, _FORMAT, calc_crc32c(summed))
    return WrittenBatch((head, summed), _SIZE_BEGINS + length, count)


def _written(record: NewRecord, number: int) -> bytes:
    _, value, key, _, headers = record
    parts = [_NO_ATTRIBUTES_NOR_TIME, _number(number)]
    parts += (_NONE,) if key is None else (_number(len(key)), key)
    parts += (_number(len(value)), value, _number(len(headers)))
    for name, content in headers:
        parts += (_name(name), _number(len(content)), content)
    written = b"".join(parts)
    return _number(len(written)) + written


def _computed(number: int) -> bytes:
    """In seven bits a byte, the lowest first, zigzag: no number here is negative."""
    rest = number << 1
    written = bytearray()
    while rest >= 128:
        written.append(rest & 127 | 128)
        rest >>= 7
    written.append(rest)
    return bytes(written)


_SMALL = tuple(_computed(number) for number in range(4096))


def _number(number: int) -> bytes:
    return _SMALL[number] if number < len(_SMALL) else _computed(number)


@lru_cache
def _name(name: str) -> bytes:
    written = name.encode()
    return _computed(len(written)) + written
