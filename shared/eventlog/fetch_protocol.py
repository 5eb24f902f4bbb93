"""The request Fetch of Kafka's protocol and its answer, in version 4: the oldest that Kafka 4 takes, and known since 0.11.

A newer version adds sessions, epochs of leaders and replicas near by, of which nothing is used here.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Place: TypeAlias = tuple[str, int]
"""A topic, by its name on the broker, and the number of a partition."""

OFFSET_OUT_OF_RANGE = 1
FORBIDDEN = frozenset({29, 30})
MAY_PASS = frozenset({3, 5, 6, 7, 9, 56, 78})
"""Numbers of errors that come and go as topics are made and partitions change their leader."""

FETCH_BYTES = 16 * 1024 * 1024
"""What one answer, and so about what one consumer, holds in memory of each broker."""

PARTITION_FETCH_BYTES = 1024 * 1024
"""What one answer holds of one partition. Those of a source are read side by side, and who is ahead of the others by much has
windows closed before the others' readings are there.
"""

WAIT_MS = 250
"""How long a broker keeps a request that finds nothing. A partition that is resumed meanwhile waits for the next one; each costs the
reader a third of a millisecond of CPU."""

_FETCH, _VERSION, _NO_REPLICA, _AT_LEAST, _COMMITTED_ONLY = 1, 4, -1, 1, 1
_CLIENT = b"andon"
_HEAD = struct.Struct(f">hhih{len(_CLIENT)}s")
_LIMITS = struct.Struct(">iiiib")
_SIZE = struct.Struct(">i")
_TEXT_SIZE = struct.Struct(">h")
_WANTED = struct.Struct(">iqi")
_FOUND = struct.Struct(">ihqqi")
_ABORTED = struct.Struct(">qq")
_TOPICS_BEGIN = 8  # behind the number of the request and a time to wait that only quotas set


class Aborted(NamedTuple):
    """A transaction whose records are not to be read."""

    producer_id: int
    first_offset: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a broker says of one partition.

    Attributes:
        error: 0, or the number of one.
        end: the offset behind the last record that may be read.
        batches: record batches; the last one may be cut off. Valid until the next answer of that broker is read.
    """

    place: Place
    error: int
    end: int
    aborted: tuple[Aborted, ...]
    batches: memoryview


def fetch_request(number: int, offsets: Mapping[Place, int]) -> bytes:
    """A request for what comes from these offsets on; earlier partitions go first where not all fit into an answer."""
    topics: dict[str, list[bytes]] = {}
    for (topic, partition), offset in offsets.items():
        topics.setdefault(topic, []).append(_WANTED.pack(partition, offset, PARTITION_FETCH_BYTES))
    parts = [
        _HEAD.pack(_FETCH, _VERSION, number, len(_CLIENT), _CLIENT),
        _LIMITS.pack(_NO_REPLICA, WAIT_MS, _AT_LEAST, FETCH_BYTES, _COMMITTED_ONLY),
        _SIZE.pack(len(topics)),
    ]
    for topic, wanted in topics.items():
        name = topic.encode()
        parts += [_TEXT_SIZE.pack(len(name)), name, _SIZE.pack(len(wanted)), *wanted]
    body = b"".join(parts)
    return _SIZE.pack(len(body)) + body


def answers(answer: memoryview) -> Iterator[Answer]:
    """What an answer, without its size, says of each partition. Raises struct.error if it is none."""
    at = _TOPICS_BEGIN
    (topics,) = _SIZE.unpack_from(answer, at)
    at += _SIZE.size
    for _ in range(topics):
        (size,) = _TEXT_SIZE.unpack_from(answer, at)
        at += _TEXT_SIZE.size
        topic = bytes(answer[at : at + size]).decode()
        (partitions,) = _SIZE.unpack_from(answer, at + size)
        at += size + _SIZE.size
        for _ in range(partitions):
            number, error, _, end, transactions = _FOUND.unpack_from(answer, at)
            at += _FOUND.size
            aborted = tuple(
                Aborted(*_ABORTED.unpack_from(answer, at + _ABORTED.size * place)) for place in range(transactions)
            )
            at += _ABORTED.size * len(aborted)
            (size,) = _SIZE.unpack_from(answer, at)
            at += _SIZE.size
            yield Answer((topic, number), error, end, aborted, answer[at : at + max(0, size)])
            at += max(0, size)
