"""Which numbered records a consumer has applied: exactly the next one, never one twice, never past a gap."""

from sqlalchemy import ColumnElement, insert, select, update

from shared.database.delivery_tables import DeliveryTables
from shared.database.engine import WriteConnection
from shared.runtime.progress import Delivery

_Stream = tuple[str, str, int]
"""Producer, topic and partition."""


class DeliveryGap(Exception):
    """A numbered record is missing on the log. The consumer stops: going on would lose what the record said."""


class Inbox:
    """The inbox of one consumer, for the length of one transaction."""

    def __init__(self, connection: WriteConnection, tables: DeliveryTables, consumer: str) -> None:
        self._connection = connection
        self._inbox = tables.inbox
        self._consumer = consumer
        self._stored: dict[_Stream, int | None] = {}
        self._last: dict[_Stream, int | None] = {}

    def accept(self, delivery: Delivery) -> bool:
        """Whether this record is to be applied now; False for one applied before. `save` marks it as applied.

        The first record ever seen of a producer is accepted whatever its number: older ones may have been deleted.

        Raises:
            DeliveryGap: a number was left out.
        """
        key = (delivery.producer, delivery.topic, delivery.partition)
        last = self._last_sequence(key)
        if last is not None and delivery.sequence <= last:
            return False
        if last is not None and delivery.sequence != last + 1:
            raise DeliveryGap(
                f"{self._consumer} expected record {last + 1} of {delivery.producer} on "
                f"{delivery.topic}/{delivery.partition} and met {delivery.sequence}"
            )
        self._last[key] = delivery.sequence
        return True

    def save(self) -> None:
        """Mark as applied what was accepted: one statement for each producer and partition, however many records there were."""
        for key, sequence in self._last.items():
            stored = self._stored[key]
            if sequence is not None and sequence != stored:
                self._store(key, sequence, known=stored is not None)
                self._stored[key] = sequence

    def _last_sequence(self, key: _Stream) -> int | None:
        if key not in self._last:
            statement = select(self._inbox.c.last_sequence).where(*self._is(key))
            self._last[key] = self._stored[key] = self._connection.execute(statement).scalar_one_or_none()
        return self._last[key]

    def _store(self, key: _Stream, sequence: int, *, known: bool) -> None:
        if known:
            self._connection.execute(update(self._inbox).where(*self._is(key)).values(last_sequence=sequence))
            return
        producer, topic, partition = key
        values = {"consumer": self._consumer, "producer": producer, "topic": topic, "partition": partition}
        self._connection.execute(insert(self._inbox).values(**values, last_sequence=sequence))

    def _is(self, key: _Stream) -> tuple[ColumnElement[bool], ...]:
        producer, topic, partition = key
        columns = self._inbox.c
        return (
            columns.consumer == self._consumer,
            columns.producer == producer,
            columns.topic == topic,
            columns.partition == partition,
        )
