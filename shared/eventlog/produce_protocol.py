"""The requests Produce (version 3) and InitProducerId (version 0) of Kafka's protocol, and their answers: the oldest that Kafka 4 takes,
and known since 0.11.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.eventlog.broker_protocol import AnswerParts, Place, Request, by_topic

TOO_LARGE = frozenset({10, 18})
INVALID = frozenset({17, 32, 35, 42, 76, 87})
"""Numbers of errors that the same batch would meet again."""
MAY_PASS = frozenset({2, 3, 5, 6, 7, 8, 9, 13, 14, 15, 19, 20, 56, 74, 75, 78, 89})
"""Numbers of errors after which the same batch is sent again: it was damaged on its way, its partition has another leader, there are too few
replicas, or it has not been copied to them in time.
"""

_PRODUCE, _PRODUCE_VERSION, _NO_TRANSACTION, _ALL_IN_SYNC = 0, 3, -1, -1
_INIT_PRODUCER_ID, _INIT_VERSION = 22, 0
_TERMS = struct.Struct(">hhi")
_PARTITION = struct.Struct(">ii")
_NO_TRANSACTION_OF = struct.Struct(">hi").pack(_NO_TRANSACTION, 0)
_TIME_BYTES, _TAKEN_BYTES = 4, 8


class Producer(NamedTuple):
    """The number by which brokers know who appends."""

    id: int
    epoch: int


class Appended(NamedTuple):
    """What a broker says of one partition: 0 or the number of an error, and the offset of the batch's first record."""

    place: Place
    error: int
    first_offset: int


def produce_request(batches: Mapping[Place, Sequence[bytes]], patience_ms: int) -> Request:
    """A batch, in parts, for each partition, to be acknowledged once all in-sync replicas have it, within so many milliseconds."""
    terms = _TERMS.pack(_NO_TRANSACTION, _ALL_IN_SYNC, patience_ms)
    written = {place: [_PARTITION.pack(place[1], sum(map(len, parts))), *parts] for place, parts in batches.items()}
    return Request(_PRODUCE, _PRODUCE_VERSION, [terms, *by_topic(written)])


def appended(answer: memoryview) -> Iterator[Appended]:
    """What the answer says of each partition. Raises struct.error if it is none."""
    parts = AnswerParts(answer)
    for _ in parts.each():
        topic = parts.next_text() or ""
        for _ in parts.each():
            number, error, first_offset = parts.next_int(), parts.next_short(), parts.next_long()
            parts.skip(_TAKEN_BYTES)
            yield Appended((topic, number), error, first_offset)


def producer_request() -> Request:
    """Ask for a number that nobody else has."""
    return Request(_INIT_PRODUCER_ID, _INIT_VERSION, [_NO_TRANSACTION_OF])


def given_producer(answer: memoryview) -> tuple[int, Producer]:
    """0 or the number of an error, and who one is. Raises struct.error if it is no answer."""
    parts = AnswerParts(answer)
    parts.skip(_TIME_BYTES)
    return parts.next_short(), Producer(parts.next_long(), parts.next_short())
