"""From librdkafka's messages to arrays: loops over pointers, which run as they stand or compiled (`compile_walk`).

Addresses are integers, and what is read of or written to them goes through functions: those of the library and of C, called by
`ctypes` or by machine code. Numbers are made `int` for them, which `ctypes` asks for and compiled code has no use for.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shared.eventlog.librdkafka_library import LIBRARY
from shared.runtime.compilation import compiled, external

Numbers: TypeAlias = NDArray[np.int64]

MESSAGE = np.dtype(
    [
        ("error", np.int32),
        ("topic", np.int64),
        ("partition", np.int32),
        ("value", np.int64),
        ("value_size", np.int64),
        ("key", np.int64),
        ("key_size", np.int64),
        ("offset", np.int64),
        ("private", np.int64),
    ],
    align=True,
)
"""`rd_kafka_message_t`, where addresses have 64 bits."""
_MESSAGE_SIZE = MESSAGE.itemsize

TAKEN, HEADERS, COUNT = range(3)
"""What else is read of a message."""

_ADDRESS = ctypes.c_void_p
copy_bytes = ctypes.CFUNCTYPE(_ADDRESS, _ADDRESS, _ADDRESS, ctypes.c_size_t)(("memmove", ctypes.CDLL(None)))
text_size = ctypes.CFUNCTYPE(ctypes.c_size_t, _ADDRESS)(("strlen", ctypes.CDLL(None)))
message_timestamp = LIBRARY.rd_kafka_message_timestamp
message_headers = LIBRARY.rd_kafka_message_headers
message_destroy = LIBRARY.rd_kafka_message_destroy
header_count = LIBRARY.rd_kafka_header_cnt
header_get_all = LIBRARY.rd_kafka_header_get_all
_OUTSIDE = (
    "copy_bytes",
    "text_size",
    "message_timestamp",
    "message_headers",
    "message_destroy",
    "header_count",
    "header_get_all",
)


def read_messages(pointers: Numbers, at: int) -> None:
    """Copy the structures of messages to an address."""
    for number in range(len(pointers)):
        copy_bytes(at + number * _MESSAGE_SIZE, int(pointers[number]), _MESSAGE_SIZE)


def read_times_and_headers(pointers: Numbers, found: Numbers, at: int) -> None:
    """When the log took each message, where its headers are, and how many there are.

    Args:
        found: gets these three numbers of each message; has one row more.
        at: the address of `found`.
    """
    for number in range(len(pointers)):
        message, row = int(pointers[number]), at + 24 * number
        found[number, TAKEN] = message_timestamp(message, at + 24 * len(pointers))
        has_some = message_headers(message, row + 8 * HEADERS) == 0
        found[number, COUNT] = header_count(int(found[number, HEADERS])) if has_some else 0


def read_headers(messages: Numbers, found: Numbers, at: int) -> None:
    """Where the name and the value of each header are, and how long both.

    Args:
        messages: what `read_times_and_headers` has found.
        found: gets these four numbers of each header.
        at: the address of `found`.
    """
    place = 0
    for number in range(len(messages)):
        for which in range(int(messages[number, COUNT])):
            row = at + 32 * place
            header_get_all(int(messages[number, HEADERS]), which, row, row + 8, row + 16)
            found[place, 3] = text_size(int(found[place, 0]))
            place += 1


def copy_texts(addresses: Numbers, sizes: Numbers, to: int) -> None:
    """Copy texts one after the other to an address, with room for one byte after each."""
    for number in range(len(addresses)):
        size = int(sizes[number])
        if size > 0:
            copy_bytes(to, int(addresses[number]), size)
        to += size + 1


def destroy_messages(pointers: Numbers) -> None:
    """Give them back to the library."""
    for number in range(len(pointers)):
        message_destroy(int(pointers[number]))


class Walk(NamedTuple):
    """The functions above, in one way to run them."""

    read_messages: Callable[[Numbers, int], None]
    read_times_and_headers: Callable[[Numbers, Numbers, int], None]
    read_headers: Callable[[Numbers, Numbers, int], None]
    copy_texts: Callable[[Numbers, Numbers, int], None]
    destroy_messages: Callable[[Numbers], None]


AS_IT_STANDS = Walk(read_messages, read_times_and_headers, read_headers, copy_texts, destroy_messages)


@cache
def compile_walk() -> Walk:
    """Compile, or load what an earlier process has compiled; once in a process. Raises ModuleNotFoundError without Numba."""
    names: dict[str, Any] = dict(globals())
    names.update({name: external(f"andon_{name}", names[name]) for name in _OUTSIDE})
    functions: list[FunctionType] = [names[name] for name in Walk._fields]
    walk = Walk(*(compiled(function, names) for function in functions))
    _once(walk)
    return walk


def _once(walk: Walk) -> None:
    """Call each, upon which it is compiled for the arrays that it will get: whatever fails must do so before messages are in hand."""
    pointers, messages, found = (
        np.zeros(0, dtype=np.int64),
        np.zeros((1, 3), dtype=np.int64),
        np.zeros(0, dtype=MESSAGE),
    )
    at = messages.ctypes.data
    walk.read_messages(pointers, at)
    walk.read_times_and_headers(pointers, messages, at)
    walk.read_headers(messages, np.zeros((0, 4), dtype=np.int64), at)
    walk.copy_texts(found["value"], found["value_size"], at)
    walk.destroy_messages(pointers)
