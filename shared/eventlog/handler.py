"""What a service's consumer is to its pump: the handler of its records, and how it is to be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.eventlog.port import Partition, Record


class Busy(Exception):
    """The handler cannot take these records now, and has changed nothing. Keep them, leave `partition` alone for a while."""

    def __init__(self, partition: Partition, retry_after: timedelta) -> None:
        super().__init__(f"{partition.topic}/{partition.number} waits {retry_after.total_seconds():g} s")
        self.partition = partition
        self.retry_after = retry_after


class Unprocessable(Exception):
    """One record of the batch cannot be handled, and nothing of the batch was.

    Args:
        reason: kebab-case, from a closed list; a metric label.
        record: which one it is.
    """

    def __init__(self, reason: str, record: Record, detail: str = "") -> None:
        super().__init__(f"{record.partition.topic}/{record.partition.number} at {record.offset}: {reason}: {detail}")
        self.reason = reason
        self.record = record
        self.detail = detail


class Handler(Protocol):
    """A service's consumer, as its pump sees it. Called by one thread. It never sleeps."""

    def assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Where each is to be read from, by the handler's own database; one left out starts at its beginning."""
        ...

    def revoked(self, partitions: Sequence[Partition]) -> None:
        """Drop what is cached of these partitions. They may be assigned again."""
        ...

    def handle(self, records: Sequence[Record], now: datetime) -> Mapping[Partition, int]:
        """Apply a batch and move the stored offsets, all or nothing; returns the next offset of each partition in it.

        Raises:
            Busy: not now. Unprocessable: one record is at fault. LostPartition: a stored offset has moved.
        """
        ...

    def skip(self, record: Record, now: datetime) -> Mapping[Partition, int]:
        """Move the stored offset past a record that has gone to the dead letters. May raise LostPartition."""
        ...

    def idle(self, now: datetime) -> bool:
        """There is nothing to read: do what waits for that. Says whether more of it waits. May raise LostPartition."""
        ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a pump reads, and how."""

    name: str
    """Of the activity, `<service>.<activity>`; unique in the process."""
    group: str
    topics: Sequence[str]
    wait: timedelta = timedelta(milliseconds=100)
    """A step blocks so long at most when there is nothing to read."""
    max_records: int = 500
    gather: timedelta = timedelta(0)
    """After a batch, records are left to come together for so long, so that a busy topic is worked off in larger batches; after a
    large one for three times as long. The first record after a quiet time does not wait, nor does what remains of a backlog.
    """
    side_by_side: bool = False
    """Whether the partitions of a topic are worked off at one pace of time, for handlers that order by time across them."""
    attempts: int = 3
    """A record that fails so often is put with the dead letters."""
    retry_on: tuple[type[Exception], ...] = ()
    """Expected trouble of the handler besides LogUnavailable, such as a database that is away: tried again, no alarm."""
