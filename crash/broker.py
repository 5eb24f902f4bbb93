"""A producer of raw topics, such as a system of the plant would have; it knows nothing of Andon but the topics' names."""

import json
import time
from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, Message, Producer

from crash.stream import Event

_PATIENCE_SECONDS = 240
_HEADERS: list[tuple[str, str | bytes | None]] = [("content-type", b"application/cloudevents+json")]


Delivered = Callable[[KafkaError | None, Message], None]


class NotDelivered(Exception):
    """The broker did not take events within the patience."""


class RawTopics:
    """One record per event, acknowledged by the broker; what is in doubt is sent again, so a record may be there twice."""

    def __init__(self, bootstrap_servers: str, prefix: str) -> None:
        self._prefix = prefix
        self._producer = Producer(
            {"bootstrap.servers": bootstrap_servers, "message.timeout.ms": 5000, "log_level": 0, "acks": "all"}
        )

    def deliver(self, events: Sequence[Event]) -> None:
        """Blocks until the broker has all of them."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        waiting = dict(enumerate(events))
        while waiting:
            if time.monotonic() > deadline:
                raise NotDelivered(f"{len(waiting)} events in {_PATIENCE_SECONDS} s")
            done: list[int] = []
            for number, event in waiting.items():
                self._produce(event, on_delivery=_note(number, done))
            self._producer.flush(10)
            for number in done:
                waiting.pop(number, None)

    def put_garbage(self, topic: str, partitions: int) -> None:
        """A record that no consumer can read, on each partition of a topic."""
        for partition in range(partitions):
            self._producer.produce(f"{self._prefix}{topic}", value=b"\x00 not an event", partition=partition)
        self._producer.flush(10)

    def _produce(self, event: Event, *, on_delivery: Delivered) -> None:
        topic, value = f"{self._prefix}raw.{event['source']}", json.dumps(event).encode()
        self._producer.produce(topic, value=value, headers=_HEADERS, on_delivery=on_delivery)


def _note(number: int, done: list[int]) -> Delivered:
    def delivered(error: KafkaError | None, _message: Message) -> None:
        if error is None:
            done.append(number)

    return delivered
