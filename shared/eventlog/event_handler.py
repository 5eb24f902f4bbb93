"""A pump's handler for topics that carry CloudEvents: offsets in, incoming events and progress out.

The service's consumer translates incoming events into commands and runs its use case; effect, inbox and progress are one
transaction of its own. A crash before the commit: the records are read again. After it: they are not, because the position
has moved.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.eventlog.delivery import delivery_of
from shared.eventlog.port import Partition, Record
from shared.eventlog.record_runs import next_offsets
from shared.runtime.progress import Delivery, Progress

StartingOffsets = Callable[[str, Sequence[Partition]], Mapping[Partition, int]]
"""(consumer, partitions) → stored offsets: `shared.database.positions.Positions.starting_offsets`."""


BURIED = b'{"type":"dead-letter"}'
"""Stands for a record that could not be read: an event of a type that every consumer passes over."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record as a consumer gets it. `delivery` is None for a record that no relay appended."""

    record: Record
    delivery: Delivery | None


Apply = Callable[[Sequence[Incoming], Sequence[Progress], datetime], None]
"""(incoming, progress, now): apply all of them and advance all positions, in one transaction, or raise and change nothing."""


ApplyRecords = Callable[[Sequence[Record], Sequence[Progress], datetime], None]
"""The same for records as they are read."""


class RecordHandler:
    """Keeps the expected offsets of one consumer between batches."""

    def __init__(self, *, consumer: str, starting_offsets: StartingOffsets, apply: ApplyRecords) -> None:
        self.consumer = consumer
        self._starting_offsets = starting_offsets
        self._apply = apply
        self._expected: dict[Partition, int] = {}

    def assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Where to read from: the offsets in the service's database."""
        offsets = self._starting_offsets(self.consumer, partitions)
        self._expected.update(offsets)
        return offsets

    def revoked(self, partitions: Sequence[Partition]) -> None:
        """Forget the offsets of lost partitions."""
        for partition in partitions:
            self._expected.pop(partition, None)

    def handle(self, records: Sequence[Record], now: datetime) -> Mapping[Partition, int]:
        """Apply a batch, all or nothing; returns the next offset of each partition in it."""
        return self._move(next_offsets(records, self._expected), records, now)

    def skip(self, record: Record, now: datetime) -> Mapping[Partition, int]:
        """Pass over a record that has gone to the dead letters: nothing of it is applied."""
        return self._move(next_offsets([record], self._expected), (), now)

    def idle(self, now: datetime) -> bool:  # noqa: ARG002 - nothing to do between events
        """Nothing waits here when the topic is empty."""
        return False

    def _move(self, reached: dict[Partition, int], records: Sequence[Record], now: datetime) -> Mapping[Partition, int]:
        progress = [
            Progress(
                consumer=self.consumer,
                topic=partition.topic,
                partition=partition.number,
                expected_offset=self._expected[partition],
                next_offset=next_offset,
            )
            for partition, next_offset in reached.items()
        ]
        self._apply(records, progress, now)
        self._expected.update(reached)
        return reached


class EventHandler(RecordHandler):
    """Of a topic whose records a relay has numbered."""

    def __init__(self, *, consumer: str, starting_offsets: StartingOffsets, apply: Apply) -> None:
        def apply_numbered(records: Sequence[Record], progress: Sequence[Progress], now: datetime) -> None:
            apply([Incoming(record, delivery_of(record)) for record in records], progress, now)

        super().__init__(consumer=consumer, starting_offsets=starting_offsets, apply=apply_numbered)

    def skip(self, record: Record, now: datetime) -> Mapping[Partition, int]:
        """Pass over a record that has gone to the dead letters: its number is accepted, what it said is not applied."""
        return self.handle([record._replace(value=BURIED)], now)
