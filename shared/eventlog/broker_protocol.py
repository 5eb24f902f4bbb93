"""What requests to a broker, and its answers, are made of: Kafka's protocol in the older form, which counts in whole bytes."""

import struct
from collections.abc import Iterator, Mapping, Sequence, Sized
from itertools import chain
from typing import NamedTuple, TypeAlias

Place: TypeAlias = tuple[str, int]
"""A topic, by its name on the broker, and the number of a partition."""

FORBIDDEN = frozenset({29, 30, 31})
"""Numbers of errors of somebody who may not do what he asks for."""

_CLIENT = b"andon"
_HEAD = struct.Struct(f">ihhih{len(_CLIENT)}s")
_SIZE_BYTES = 4
_SHORT, _INT, _LONG = struct.Struct(">h"), struct.Struct(">i"), struct.Struct(">q")


class Request(NamedTuple):
    """What is asked for, in which version of that request. Its parts may be megabytes, and are put together once."""

    kind: int
    version: int
    parts: Sequence[bytes]


def numbered(request: Request, number: int) -> bytes:
    """A request as it is sent; the answer bears the same number."""
    size = _HEAD.size - _SIZE_BYTES + sum(map(len, request.parts))
    head = _HEAD.pack(size, request.kind, request.version, number, len(_CLIENT), _CLIENT)
    return b"".join([head, *request.parts])


def text(value: str) -> bytes:
    written = value.encode()
    return _SHORT.pack(len(written)) + written


def size_of(members: Sized) -> bytes:
    """What stands before the members of an array."""
    return _INT.pack(len(members))


def by_topic(said: Mapping[Place, Sequence[bytes]]) -> list[bytes]:
    """What is said of each partition, under the names of their topics; topics and partitions in the order in which they come first."""
    topics: dict[str, list[Sequence[bytes]]] = {}
    for (topic, _), of_partition in said.items():
        topics.setdefault(topic, []).append(of_partition)
    parts = [size_of(topics)]
    for topic, partitions in topics.items():
        parts += (text(topic), size_of(partitions), *chain.from_iterable(partitions))
    return parts


class AnswerParts:
    """An answer, read part by part. Each raises struct.error where the answer ends before it."""

    def __init__(self, answer: memoryview) -> None:
        self._answer = answer
        self._at = 0

    def next_short(self) -> int:
        return self._number(_SHORT)

    def next_int(self) -> int:
        return self._number(_INT)

    def next_long(self) -> int:
        return self._number(_LONG)

    def next_text(self) -> str | None:
        size = self.next_short()
        return None if size < 0 else bytes(self._taken(size)).decode()

    def next_bytes(self) -> memoryview:
        """Where they lie; none and empty is the same here. They may be cut off, as the answer is."""
        return self._taken(max(0, self.next_int()))

    def each(self) -> Iterator[int]:
        """The numbers of an array's members, each of which is read before the next is asked for."""
        return iter(range(self.next_int()))

    def skip(self, size: int) -> None:
        self._at += size

    def _taken(self, size: int) -> memoryview:
        self._at += size
        return self._answer[self._at - size : self._at]

    def _number(self, form: struct.Struct) -> int:
        (number,) = form.unpack_from(self._answer, self._at)
        self._at += form.size
        return int(number)
