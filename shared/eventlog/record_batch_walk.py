"""Where the parts of records lie in the bytes of record batches: loops over bytes, to be run as machine code.

The form is that of "Record" in the guide to Kafka's protocol, message format 2: numbers in seven bits a byte, the lowest first, zigzag.
Nothing is read outside a batch, whatever its bytes say. Everything that the code depends on is in this file, by which the compiled
code that is kept on disk is known to be current.
"""

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from shared.runtime.compilation import compiled, inlined

Bytes: TypeAlias = NDArray[np.uint8]
Numbers: TypeAlias = NDArray[np.int64]

BEGIN, END, RECORDS, FIRST_OFFSET, FIRST_TIME, HAS_TIMES = range(6)
"""Columns of a batch: where its records lie, how many there are, what offsets and times are counted from, and whether records have times."""

OFFSET, TAKEN, KEY, KEY_SIZE, VALUE, VALUE_SIZE, HEADERS, HEADER_COUNT, RECORD_END = range(9)
"""Rows of what is found of records: where parts begin, and their sizes. The size of a key or value that is not there is -1."""

NAME, NAME_SIZE, CONTENT, CONTENT_SIZE = range(4)
"""Rows of what is found of headers."""

_MORE = 128
_MOST_BITS = 64
_NEWLINE = 10
_unsigned = np.uint64


def number_at(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """The number that begins there, and where it ends: behind the end, if there is no whole number before it."""
    written, bits = 0, 0
    while at < end and bits < _MOST_BITS:
        byte = int(data[at])
        at += 1
        written |= (byte % _MORE) << bits
        bits += 7
        if byte < _MORE:
            return (written >> 1) ^ -(written & 1), at
    return 0, end + 1


def find_records(data: Bytes, batches: Numbers, found: Numbers) -> bool:
    """Where the parts of each record are; False if one does not end where it or its batch says.

    Args:
        batches: a row for each.
        found: gets a column for each record.
    """
    place = 0
    for batch in range(len(batches)):
        at, end = batches[batch, BEGIN], batches[batch, END]
        for _ in range(batches[batch, RECORDS]):
            size, at = number_at(data, at, end)
            record_end = at + size
            if size < 1 or record_end > end:
                return False
            time, at = number_at(data, at + 1, record_end)  # behind a byte of attributes, which has no meaning
            offset, at = number_at(data, at, record_end)
            found[OFFSET, place] = batches[batch, FIRST_OFFSET] + offset
            found[TAKEN, place] = batches[batch, FIRST_TIME] + time * batches[batch, HAS_TIMES]
            for part in (KEY, VALUE):
                size, at = number_at(data, at, record_end)
                found[part, place], found[part + 1, place] = at, size
                at += max(0, size)
            count, at = number_at(data, at, record_end)
            if at > record_end or count < 0 or (count == 0 and at != record_end):
                return False
            found[HEADERS, place], found[HEADER_COUNT, place], found[RECORD_END, place] = at, count, record_end
            at = record_end
            place += 1
        if at != end:
            return False
    return True


def find_headers(data: Bytes, records: Numbers, found: Numbers) -> bool:
    """Where the parts of each header are; False if those of a record do not end where it does.

    Args:
        records: as `find_records` has found them.
        found: gets a column for each header.
    """
    place = 0
    for record in range(records.shape[1]):
        at, end = records[HEADERS, record], records[RECORD_END, record]
        for _ in range(records[HEADER_COUNT, record]):
            for part in (NAME, CONTENT):
                size, at = number_at(data, at, end)
                found[part, place], found[part + 1, place] = at, size
                at += max(0, size)
            place += 1
        if at != end:
            return False
    return True


def copy_texts(data: Bytes, begins: Numbers, sizes: Numbers, memory: Bytes) -> None:  # noqa: PLR0917 - compiled code takes no keywords
    """Copy texts one after the other, each with a newline after it. One that is not there is empty.

    Positions are unsigned: of signed ones the compiler asks at each byte whether they count from the end, and copies byte by byte.
    """
    to = _unsigned(0)
    for number in range(len(begins)):
        begin, size = _unsigned(begins[number]), _unsigned(max(0, sizes[number]))
        for place in range(size):
            memory[to + place] = data[begin + place]
        memory[to + size] = _NEWLINE
        to += size + _unsigned(1)


class Walk(NamedTuple):
    """The functions above, compiled."""

    find_records: Callable[[Bytes, Numbers, Numbers], bool]
    find_headers: Callable[[Bytes, Numbers, Numbers], bool]
    copy_texts: Callable[[Bytes, Numbers, Numbers, Bytes], None]


@cache
def compile_walk() -> Walk:
    """Compile, or load what an earlier process has compiled; once in a process. Raises ModuleNotFoundError without Numba."""
    names = dict(globals())
    names["number_at"] = inlined(cast("FunctionType", number_at), names)
    walk = Walk(*(compiled(cast("FunctionType", names[name]), names) for name in Walk._fields))
    _once(walk)
    return walk


def _once(walk: Walk) -> None:
    """Call each, upon which it is compiled for the arrays that it will get; the bytes are read-only."""
    data, memory = np.frombuffer(b"", dtype=np.uint8), np.zeros(0, dtype=np.uint8)
    records = np.zeros((RECORD_END + 1, 0), dtype=np.int64)
    walk.find_records(data, np.zeros((0, HAS_TIMES + 1), dtype=np.int64), records)
    walk.find_headers(data, records, np.zeros((CONTENT_SIZE + 1, 0), dtype=np.int64))
    walk.copy_texts(data, records[VALUE], records[VALUE_SIZE], memory)
