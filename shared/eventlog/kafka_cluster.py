"""What brokers say of themselves: who leads a partition, and by which number a producer is known. Asked over short connections."""

import struct
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TypeVar

from shared.eventlog.broker_connection import BrokerConnection
from shared.eventlog.broker_protocol import FORBIDDEN, Place, Request
from shared.eventlog.metadata_protocol import Address, metadata, metadata_request
from shared.eventlog.port import EventLogError, LogUnavailable
from shared.eventlog.produce_protocol import Producer, given_producer, producer_request

_ANSWER_SECONDS = 2.0
_USUAL_PORT = 9092

Said = TypeVar("Said")


class KafkaCluster:
    """Used by one thread at a time.

    Args:
        bootstrap: brokers that can be asked before others are known, and when no other can be reached.
    """

    def __init__(self, bootstrap: Sequence[Address]) -> None:
        self._bootstrap = tuple(bootstrap)
        self._brokers: tuple[Address, ...] = ()
        self._leaders: dict[Place, Address] = {}
        self._topics: set[str] = set()

    def leader(self, place: Place) -> Address | None:
        """None if there is none now. Blocks for a topic of which was not asked before. Raises LogUnavailable."""
        topic, _ = place
        if topic not in self._topics:
            self._topics.add(topic)
            self.refresh()
        return self._leaders.get(place)

    def refresh(self) -> None:
        """Ask anew: what is known seems to be wrong. Blocks. Raises LogUnavailable."""
        found = self._asked(metadata_request(sorted(self._topics)), metadata)
        self._brokers, self._leaders = tuple(found.brokers), found.leaders

    def new_producer(self) -> Producer:
        """Blocks. Raises EventLogError."""
        error, producer = self._asked(producer_request(), given_producer)
        if error in FORBIDDEN:
            raise EventLogError("Kafka refuses: no permission to write with idempotence")
        if error:
            raise LogUnavailable(f"Kafka: error {error} asking for a producer's number")
        return producer

    def _asked(self, request: Request, read: Callable[[memoryview], Said]) -> Said:
        """What the first broker that can be reached answers."""
        trouble: Exception | None = None
        for address in dict.fromkeys((*self._brokers, *self._bootstrap)):
            try:
                with closing(BrokerConnection[bool](*address)) as broker:
                    broker.ask(request, about=True, now=time.monotonic())
                    return read(broker.answer(_ANSWER_SECONDS))
            except (OSError, struct.error) as error:
                trouble = error
        raise LogUnavailable(f"Kafka: no broker answers, {trouble!r}") from trouble


def addresses(bootstrap_servers: str) -> list[Address]:
    """Hosts and ports of `host:port,[::1]:port`; the port may be left out."""
    return [_address(server.strip()) for server in bootstrap_servers.split(",")]


def _address(server: str) -> Address:
    host, colon, port = server.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = server, str(_USUAL_PORT)
    return host.removeprefix("[").removesuffix("]"), int(port)
