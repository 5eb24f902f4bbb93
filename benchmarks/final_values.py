"""Waits until a contender's last result is on the log, and checks that every event was counted once."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from confluent_kafka import Consumer, TopicPartition

from benchmarks.broker import PARTITIONS, Broker
from benchmarks.event_set import EventSet

_POLL_SECONDS = 0.25
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Counted:
    """One final result as a contender published it: so many events of one subject in one window."""

    subject: str
    starts: datetime
    count: int


Read = Callable[[bytes], Counted | None]
"""From a record to a final result; None for what is not final."""


class Incomplete(Exception):
    """The contender ended, or took too long, before every event was counted; the message says how far it came."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How the results came.

    Attributes:
        results: final results, each counted once.
        replaced: results that were published again with another count (restated).
    """

    results: int
    replaced: int


def wait_for_all(
    broker: Broker, topic: str, *, events: EventSet, read: Read, alive: Callable[[], bool], patience_seconds: float
) -> Seen:
    """Read a contender's topic until its results of all full hours count every event.

    Raises:
        Incomplete: the contender ended or is late; or an event was counted twice.
    """
    counts: dict[tuple[str, datetime], int] = {}
    total = replaced = 0
    deadline = time.monotonic() + patience_seconds
    consumer = _reader(broker, topic)
    try:
        while total != events.events:
            _check(alive, deadline, f"{topic}: {total:,} of {events.events:,} events in {len(counts):,} results")
            for record in consumer.consume(_MOST, _POLL_SECONDS):
                found = read(record.value() or b"") if record.error() is None else None
                if found is None or found.starts >= events.ends:
                    continue
                key = found.subject, found.starts
                replaced += key in counts
                total += found.count - counts.get(key, 0)
                counts[key] = found.count
    finally:
        consumer.close()
    return Seen(len(counts), replaced)


def json_reader(kind: type[Any], to_counted: Callable[[Any], Counted | None]) -> Read:
    """Reads records of JSON by a msgspec structure."""
    decoder = msgspec.json.Decoder(kind)

    def read(value: bytes) -> Counted | None:
        return to_counted(decoder.decode(value))

    return read


def _reader(broker: Broker, topic: str) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "group.id": "benchmarks.final-values",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "allow.auto.create.topics": False,
        }
    )
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    return consumer


def _check(alive: Callable[[], bool], deadline: float, so_far: str) -> None:
    if not alive():
        raise Incomplete(f"it ended; {so_far}")
    if time.monotonic() > deadline:
        raise Incomplete(f"it took too long; {so_far}")
