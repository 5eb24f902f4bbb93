"""The one loop of every consumer: poll, handle, and after trouble read again from where the handler's database stands.

What a handler may do with a batch, and what becomes of it:

* return: effect and offsets are in its database; the broker is told, for lag figures only.
* raise `Busy`: nothing happened. The batch is read again once the time it asks for has passed.
* raise `Unprocessable`: nothing happened, and one record can never be handled. The records before it are handled, it goes to
  the dead letters, the handler skips it. A topic without dead letters stops its consumer instead.
* raise `LostPartition`: another process has moved the position. Caches are dropped and positions read again.
* raise anything else: caches are dropped and positions read again at the next step, if there is one: the supervisor retries
  what is expected trouble and stops the consumer for the rest.

The pump never sleeps; a step blocks for one poll's wait and for the handler.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.eventlog.dead_letters import DeadLetters
from shared.eventlog.port import Consumer, EventLog, LostPartition, Partition, Record


class Busy(Exception):
    """The handler cannot take the batch now; it wants it again after `retry_after`."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"busy for {retry_after}")
        self.retry_after = retry_after


class Unprocessable(Exception):
    """One record can never be handled; `reason` is from a closed list of the handler's."""

    def __init__(self, record: Record, reason: str) -> None:
        place = f"{record.partition.topic}/{record.partition.number} at {record.offset}"
        super().__init__(f"{place} cannot be handled: {reason}")
        self.record = record
        self.reason = reason


class Handler(Protocol):
    """What a consumer does with its records. Called by one thread at a time."""

    @property
    def consumer(self) -> str:
        """The group's name, and the name its positions are stored under."""
        ...

    def assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Where each partition is to be read from, by the handler's own database. Fills caches."""
        ...

    def revoked(self, partitions: Sequence[Partition]) -> None:
        """Drop every cache of these partitions."""
        ...

    def handle(self, records: Sequence[Record], now: datetime) -> Mapping[Partition, int]:
        """Apply all of them in one transaction with the new positions, or raise; returns the next offset of each partition."""
        ...

    def skip(self, record: Record, now: datetime) -> Mapping[Partition, int]:
        """Move the position past a record that has gone to the dead letters."""
        ...

    def idle(self, now: datetime) -> bool:
        """Nothing is there to read: flush, close windows, …; says whether more such work waits."""
        ...


class LagObserver(Protocol):
    """Told after each poll how far behind a consumer is."""

    def lag(self, consumer: str, *, records: int, seconds: float) -> None: ...


class NullLagObserver:
    """For whoever does not measure."""

    def lag(self, consumer: str, *, records: int, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Intake:
    """What a pump reads, and how much at a time."""

    topics: Sequence[str]
    wait: timedelta
    max_records: int = 500


class Pump:
    """A stepper that feeds one handler. Joins its group at the first step."""

    def __init__(
        self,
        *,
        log: EventLog,
        handler: Handler,
        intake: Intake,
        dead_letters: DeadLetters | None = None,
        observer: LagObserver | None = None,
    ) -> None:
        self.name = f"{handler.consumer}.consumer"
        self._log = log
        self._handler = handler
        self._intake = intake
        self._dead_letters = dead_letters
        self._observer = observer or NullLagObserver()
        self._consumer: Consumer | None = None
        self._assigned: list[Partition] = []
        self._resume_at: datetime | None = None
        self._stale = False

    def step(self, now: datetime) -> bool:
        """Read and handle one batch; says whether there may be more."""
        consumer = self._joined()
        if self._stale:
            self._read_positions_again(consumer)
        if self._resume_at is not None and now >= self._resume_at:
            consumer.resume(self._assigned)
            self._resume_at = None
        records = consumer.poll(self._intake.wait, self._intake.max_records)
        self._observe(consumer, records, now)
        if not records:
            return self._guarded_idle(now)
        self._handle(consumer, records, now)
        return True

    def close(self) -> None:
        """Leave the group."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def lag(self, partition: Partition) -> int | None:
        """How many records of an assigned partition have not been polled, as of the last poll; None while unknown."""
        return None if self._consumer is None else self._consumer.lag(partition)

    def _joined(self) -> Consumer:
        if self._consumer is None:
            self._consumer = self._log.consumer(
                group=self._handler.consumer,
                topics=self._intake.topics,
                on_assigned=self._on_assigned,
                on_revoked=self._on_revoked,
            )
        return self._consumer

    def _on_assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        offsets = self._handler.assigned(partitions)
        self._assigned.extend(partition for partition in partitions if partition not in self._assigned)
        return offsets

    def _on_revoked(self, partitions: Sequence[Partition]) -> None:
        self._handler.revoked(partitions)
        self._assigned = [partition for partition in self._assigned if partition not in partitions]

    def _read_positions_again(self, consumer: Consumer) -> None:
        """Nothing is known of the last transaction: believe the database alone."""
        partitions = list(self._assigned)
        self._handler.revoked(partitions)
        for partition, offset in self._handler.assigned(partitions).items():
            consumer.seek(partition, offset)
        self._stale = False

    def _guarded_idle(self, now: datetime) -> bool:
        try:
            return self._handler.idle(now)
        except LostPartition:
            self._stale = True
            return True
        except BaseException:
            self._stale = True
            raise

    def _handle(self, consumer: Consumer, records: Sequence[Record], now: datetime) -> None:
        try:
            consumer.commit(self._handler.handle(records, now))
        except Busy as busy:
            for partition, offset in _first_offsets(records).items():
                consumer.seek(partition, offset)
            consumer.pause(self._assigned)
            self._resume_at = now + busy.retry_after
        except Unprocessable as unprocessable:
            self._go_around(records, unprocessable, now)
        except LostPartition:
            self._stale = True
        except BaseException:
            self._stale = True
            raise

    def _go_around(self, records: Sequence[Record], unprocessable: Unprocessable, now: datetime) -> None:
        """Handle what stands before the record, bury it, and read on behind it.

        Crash before the burial: it is met again. Between burial and skip: it is buried twice, with the same origin.
        """
        self._stale = True  # what follows is read again from the position that the skip leaves behind
        if self._dead_letters is None:
            raise unprocessable
        bad = unprocessable.record
        before = [record for record in records if record.partition == bad.partition and record.offset < bad.offset]
        if before:
            self._handler.handle(before, now)
        self._dead_letters.bury(bad, consumer=self._handler.consumer, reason=unprocessable.reason, now=now)
        self._handler.skip(bad, now)

    def _observe(self, consumer: Consumer, records: Sequence[Record], now: datetime) -> None:
        waiting = sum(consumer.lag(partition) or 0 for partition in self._assigned) + len(records)
        age = (now - min(record.appended_at for record in records)).total_seconds() if records else 0.0
        self._observer.lag(self._handler.consumer, records=waiting, seconds=max(0.0, age))


def _first_offsets(records: Sequence[Record]) -> dict[Partition, int]:
    first: dict[Partition, int] = {}
    for record in records:
        first.setdefault(record.partition, record.offset)
    return first
