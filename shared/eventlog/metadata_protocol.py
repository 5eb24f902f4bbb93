"""The request Metadata of Kafka's protocol and its answer, in version 4: the first that does not make topics by asking for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.eventlog.broker_protocol import AnswerParts, Place, Request, size_of, text

Address = tuple[str, int]
"""Host and port of a broker."""

_METADATA, _VERSION = 3, 4
_MAKE_NO_TOPICS = b"\0"
_TIME_BYTES, _BROKER_BYTES, _FLAG_BYTES = 4, 4, 1


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a broker knows.

    Attributes:
        brokers: that can be reached now.
        leaders: of the topics that were asked about; without those partitions that have none now.
    """

    brokers: frozenset[Address]
    leaders: dict[Place, Address]


def metadata_request(topics: Sequence[str]) -> Request:
    return Request(_METADATA, _VERSION, [size_of(topics), *map(text, topics), _MAKE_NO_TOPICS])


def metadata(answer: memoryview) -> Metadata:
    """Raises struct.error if it is no answer."""
    parts = AnswerParts(answer)
    parts.skip(_TIME_BYTES)
    brokers = {}
    for _ in parts.each():
        number, host, port = parts.next_int(), parts.next_text() or "", parts.next_int()
        parts.next_text()  # the rack
        brokers[number] = host, port
    parts.next_text()  # the cluster
    parts.skip(_BROKER_BYTES)  # the controller
    leading = {place: leader for _ in parts.each() for place, leader in _leading(parts).items()}
    leaders = {place: brokers[leader] for place, leader in leading.items() if leader in brokers}
    return Metadata(frozenset(brokers.values()), leaders)


def _leading(parts: AnswerParts) -> dict[Place, int]:
    """Who leads each partition of the topic that comes next; -1 for nobody."""
    parts.next_short()  # an error, with which no partitions come
    topic = parts.next_text() or ""
    parts.skip(_FLAG_BYTES)  # whether it is the brokers' own
    leading = {}
    for _ in parts.each():
        parts.next_short()  # an error: that there is no leader, or too few replicas
        number, leader = parts.next_int(), parts.next_int()
        for _ in ("replicas", "those in sync"):
            for _ in parts.each():
                parts.next_int()
        leading[topic, number] = leader
    return leading
