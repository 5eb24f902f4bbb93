"""What a row of the outbox holds: many records of one topic, packed.

In one of two forms, told apart by their first byte. Sundry records are written one after the other. Records that are alike, as
thousands of values are, are written by columns and compressed, to a twentieth: SQLite writes each page of a row twice, copies it
once, and does so again when the row gets its numbers.
"""

import zlib
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple, TypeAlias

import msgspec

from shared.eventlog.port import Headers, NewRecord

_RECORDS_PER_ROW = 500
_BYTES_PER_ROW = 4 * 1024 * 1024
_FASTEST = 1
_BARE = -15
"""Neither a header nor a checksum, over the largest window: the database answers for its bytes, and both would cost a fifth more."""
_COMPRESSED = b"\xc1"
"""With which nothing in MessagePack begins."""

Waiting: TypeAlias = tuple[bytes | None, int | None, Headers, bytes]
"""A record that waits: key, partition, headers, value."""


class AlikeRecords(NamedTuple):
    """Records of one topic that differ in key and value only; the key chooses the partition."""

    headers: Headers
    keys: Sequence[bytes]
    values: Sequence[bytes]


class Unpacked(NamedTuple):
    """Attributes:
    size: in bytes, of all of them together.
    """

    records: list[Waiting]
    size: int


_SUNDRY = msgspec.msgpack.Decoder(list[Waiting])
_ALIKE = msgspec.msgpack.Decoder(AlikeRecords)


def packed(records: Sequence[NewRecord]) -> Iterator[bytes]:
    """Records of one topic as rows."""
    for part in _portions([record.value for record in records]):
        yield msgspec.msgpack.encode([(one.key, one.partition, one.headers, one.value) for one in records[part]])


def packed_alike(records: AlikeRecords) -> Iterator[bytes]:
    for part in _portions(records.values):
        row = AlikeRecords(records.headers, records.keys[part], records.values[part])
        yield _COMPRESSED + zlib.compress(msgspec.msgpack.encode(row), _FASTEST, _BARE)


def unpacked(row: bytes) -> Unpacked:
    """The records of a row, in their order."""
    if not row.startswith(_COMPRESSED):
        return Unpacked(_SUNDRY.decode(row), len(row))
    plain = zlib.decompress(memoryview(row)[len(_COMPRESSED) :], _BARE)
    headers, keys, values = _ALIKE.decode(plain)
    return Unpacked(list(zip(keys, repeat(None), repeat(headers), values, strict=False)), len(plain))


def _portions(values: Sequence[bytes]) -> Iterator[slice]:
    """What one row holds: neither many records nor, unless a single one is large, many bytes."""
    begin = 0
    while begin < len(values):
        count = _RECORDS_PER_ROW
        while count > 1 and sum(map(len, values[begin : begin + count])) > _BYTES_PER_ROW:
            count //= 2
        yield slice(begin, begin + count)
        begin += count
