"""Small Arrow blocks made one, without decoding each: those whose batches are laid out alike differ only in what stands in them.

A batch says in its head, a flatbuffer, where its buffers lie. Blocks with equal heads are rows of a table of bytes, of which some columns
are the first buffer of all of them, some the second, and so on; the head of one of them, with other numbers in it, is that of the whole.
The forms are those of Apache Arrow's "Serialization and Interprocess Communication", with Message.fbs and Schema.fbs.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Rows: TypeAlias = NDArray[np.uint8]
"""A row for each block, or of each the bytes of one buffer."""

MESSAGE = b"\xff\xff\xff\xff"
END = MESSAGE + b"\0\0\0\0"
"""Of an Arrow IPC stream: each message begins with a mark and a length, and one of no length is the end."""

_NUMBER = struct.Struct("<q")
_ALIGNED = 64
_LONGEST_INLINE = 12
"""Bytes of a text that stands in its view; of a longer one a buffer and a place in it do."""


def message_size(block: bytes, at: int) -> int:
    """Of the message that begins there, without its body."""
    return 8 + int.from_bytes(block[at + 4 : at + 8], "little")


def head_size(block: bytes) -> int:
    """What comes before the body of its first batch: the schema, and the batch's head."""
    schema = message_size(block, 0)
    return schema + message_size(block, schema)


def as_one(blocks: Rows, types: Sequence[pl.DataType]) -> bytes | None:
    """A block with the rows of all, in their order.

    Args:
        blocks: of one length, each with one batch; the first of them can be decoded.
        types: of its columns.

    Returns:
        None where they are not laid out alike, are compressed, or have columns of other types than numbers, times, texts and truths.
    """
    first = blocks[0].tobytes()
    schema, begin = message_size(first, 0), head_size(first)
    if not ((blocks[:, :begin] == blocks[0, :begin]).all() and (blocks[:, -len(END) :] == list(END)).all()):
        return None
    try:
        head = _head(first[schema + 8 : begin])
    except (struct.error, IndexError):  # there is no batch
        return None
    if head is None or not _is_known(head, types) or begin + head.body_size + len(END) != len(first):
        return None
    said, body = _written(head, list(_buffers(blocks[:, begin:], head, types)), len(blocks))
    return b"".join((first[: schema + 8], said, body, END))


class _Buffer(NamedTuple):
    """Where it lies in the body, in bytes, and where the head says so."""

    begin: int
    size: int
    said_at: int


@dataclass(frozen=True, slots=True)
class _Head:
    """Of a batch. `nodes_at`: where it says of each column how many rows and nulls there are."""

    data: bytes
    body_size: int
    body_size_at: int
    rows: int
    rows_at: int
    nodes_at: Sequence[int]
    buffers: Sequence[_Buffer]
    long_texts: Sequence[int]
    """Of each column of texts: in how many buffers the long ones stand."""


def _head(data: bytes) -> _Head | None:
    """None of a message that is no plain batch."""
    message = _fields(data, _followed(data, 0))
    batch = _fields(data, _followed(data, message[2]))
    rows_at, nodes, buffers, compression, *more = [*batch, 0][:5]
    if compression:
        return None
    return _Head(
        data=data,
        body_size=_number(data, message[3]),
        body_size_at=message[3],
        rows=_number(data, rows_at),
        rows_at=rows_at,
        nodes_at=_places(data, nodes, 16),
        buffers=[_Buffer(_number(data, at), _number(data, at + 8), at) for at in _places(data, buffers, 16)],
        long_texts=[_number(data, at) for at in _places(data, more[0], 8)],
    )


def _is_known(head: _Head, types: Sequence[pl.DataType]) -> bool:
    """Whether each column has a buffer that tells nulls, and one of numbers, truths, or views of texts."""
    texts = sum(_is_text(one) for one in types)
    others = sum(one.is_numeric() or one.is_temporal() or one == pl.Boolean for one in types)
    is_all = texts + others == len(types) == len(head.nodes_at)
    return is_all and len(head.long_texts) == texts and len(head.buffers) == 2 * len(types) + sum(head.long_texts)


def _is_text(one: pl.DataType) -> bool:
    return one in {pl.String, pl.Binary}


def _buffers(bodies: Rows, head: _Head, types: Sequence[pl.DataType]) -> Iterator[Rows]:
    """What each buffer of the whole holds."""
    buffers, long_texts = iter(head.buffers), iter(head.long_texts)
    for one in types:
        yield _bits(bodies, next(buffers), head.rows)
        if _is_text(one):
            views, *long = islice(buffers, 1 + next(long_texts))
            yield _views(bodies, views, long)
            yield from (_cut(bodies, buffer) for buffer in long)
        elif one == pl.Boolean:
            yield _bits(bodies, next(buffers), head.rows)
        else:
            yield _cut(bodies, next(buffers))


def _cut(bodies: Rows, buffer: _Buffer) -> Rows:
    return bodies[:, buffer.begin : buffer.begin + buffer.size]


def _bits(bodies: Rows, buffer: _Buffer, rows: int) -> Rows:
    """One for each row; none at all where nothing is null."""
    if not buffer.size:
        return _cut(bodies, buffer)
    bits = np.unpackbits(_cut(bodies, buffer), axis=1, bitorder="little")[:, :rows]
    return np.packbits(bits, bitorder="little")


def _views(bodies: Rows, buffer: _Buffer, long: Sequence[_Buffer]) -> Rows:
    """Views of texts, where long ones stand moved on by what those of the blocks before take."""
    views = np.ascontiguousarray(_cut(bodies, buffer)).view("<u4").reshape(len(bodies), -1, 4)
    if long:
        sizes = np.array([one.size for one in long], dtype=np.uint32)
        length, of_buffer, place = views[..., 0], views[..., 2], views[..., 3]
        is_long = length > _LONGEST_INLINE
        before = np.arange(len(bodies), dtype=np.uint32)[:, np.newaxis] * sizes[np.where(is_long, of_buffer, 0)]
        place[is_long] += before[is_long]
    return views.view(np.uint8)


def _written(head: _Head, buffers: Sequence[Rows], blocks: int) -> tuple[bytes, bytes]:
    """The head of the whole, and its body."""
    said, body, at = bytearray(head.data), [], 0
    for buffer, found in zip(head.buffers, buffers, strict=True):
        _NUMBER.pack_into(said, buffer.said_at, at)
        _NUMBER.pack_into(said, buffer.said_at + 8, found.size)
        body.append(found.tobytes() + bytes(-found.size % _ALIGNED))
        at += len(body[-1])
    _NUMBER.pack_into(said, head.body_size_at, at)
    counts_at = [head.rows_at, *head.nodes_at, *(at + 8 for at in head.nodes_at)]
    for place in counts_at:
        _NUMBER.pack_into(said, place, blocks * _number(head.data, place))
    return bytes(said), b"".join(body)


def _fields(data: bytes, table: int) -> list[int]:
    """Where the fields of a table stand; 0 for one that is not there."""
    positions = table - struct.unpack_from("<i", data, table)[0]
    count = struct.unpack_from("<H", data, positions)[0] // 2 - 2
    offsets = struct.unpack_from(f"<{count}H", data, positions + 4)
    return [table + offset if offset else 0 for offset in offsets]


def _followed(data: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", data, at)[0])


def _places(data: bytes, vector: int, size: int) -> list[int]:
    """Where the items of a vector stand."""
    if not vector:
        return []
    at = _followed(data, vector)
    count = struct.unpack_from("<I", data, at)[0]
    return [at + 4 + size * number for number in range(count)]


def _number(data: bytes, at: int) -> int:
    return int(_NUMBER.unpack_from(data, at)[0])
