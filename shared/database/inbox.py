"""Which numbered records a consumer has applied: exactly the next one, never one twice, never past a gap."""

import functools

from sqlalchemy import ColumnElement, Select, Table, Update, bindparam, insert, select, update

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
            found = self._connection.execute(_last_sequence(self._inbox), self._named(key)).scalar_one_or_none()
            self._last[key] = self._stored[key] = found
        return self._last[key]

    def _store(self, key: _Stream, sequence: int, *, known: bool) -> None:
        if known:
            self._connection.execute(_move(self._inbox), {**self._named(key), "to_sequence": sequence})
            return
        producer, topic, partition = key
        row = {"consumer": self._consumer, "producer": producer, "topic": topic, "partition": partition}
        self._connection.execute(insert(self._inbox), {**row, "last_sequence": sequence})

    def _named(self, key: _Stream) -> dict[str, str | int]:
        producer, topic, partition = key
        return {"of_consumer": self._consumer, "of_producer": producer, "of_topic": topic, "of_partition": partition}


@functools.cache
def _last_sequence(inbox: Table) -> Select[tuple[int]]:
    """Written once, as the next: every transaction of a consumer begins and ends with them."""
    return select(inbox.c.last_sequence).where(*_is(inbox))


@functools.cache
def _move(inbox: Table) -> Update:
    return update(inbox).where(*_is(inbox)).values(last_sequence=bindparam("to_sequence"))


def _is(inbox: Table) -> tuple[ColumnElement[bool], ...]:
    return tuple(inbox.c[name] == bindparam(f"of_{name}") for name in ("consumer", "producer", "topic", "partition"))
