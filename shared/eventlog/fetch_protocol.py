"""The request Fetch of Kafka's protocol and its answer, in version 4: the oldest that Kafka 4 takes, and known since 0.11.

A newer version adds sessions, epochs of leaders and replicas near by, of which nothing is used here.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shared.eventlog.broker_protocol import AnswerParts, Place, Request, by_topic

OFFSET_OUT_OF_RANGE = 1
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
_LIMITS = struct.Struct(">iiiib")
_WANTED = struct.Struct(">iqi")
_TIME_BYTES, _END_BYTES = 4, 8


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


def fetch_request(offsets: Mapping[Place, int]) -> Request:
    """A request for what comes from these offsets on; earlier partitions go first where not all fit into an answer."""
    limits = _LIMITS.pack(_NO_REPLICA, WAIT_MS, _AT_LEAST, FETCH_BYTES, _COMMITTED_ONLY)
    wanted = {place: [_WANTED.pack(place[1], offset, PARTITION_FETCH_BYTES)] for place, offset in offsets.items()}
    return Request(_FETCH, _VERSION, [limits, *by_topic(wanted)])


def answers(answer: memoryview) -> Iterator[Answer]:
    """What an answer says of each partition. Raises struct.error if it is none."""
    parts = AnswerParts(answer)
    parts.skip(_TIME_BYTES)  # to wait, which only quotas set
    for _ in parts.each():
        topic = parts.next_text() or ""
        for _ in parts.each():
            number, error = parts.next_int(), parts.next_short()
            parts.skip(_END_BYTES)  # of what is not committed
            end = parts.next_long()
            aborted = tuple([Aborted(parts.next_long(), parts.next_long()) for _ in parts.each()])
            yield Answer((topic, number), error, end, aborted, parts.next_bytes())
