"""The event log as the services see it, and the contract every adapter keeps (tests/contract/event_log_contract.py).

* A topic has a fixed number of partitions. A partition is a sequence of records, numbered by **offset**, without end.
* An offset that is stored, sought or committed names the **next** record to read, never the last one read.
* Order holds within a partition only. Records with the same key land on the same partition (murmur2 as Kafka's own
  clients), unless the record names its partition.
* `append` returns when the records are durable: on disk (embedded) or acknowledged by all in-sync replicas (Kafka).
  If it raises, any of them may or may not be on the log; of one partition, only a beginning of them can be.
* Delivery is at least once. A consumer starts where `on_assigned` told it to. What exactly-once needs beyond that is the
  caller's: it keeps the offset in the transaction of its own state (`shared.database.positions`).
* Rebalance: partitions are lost and won inside `poll` only. `on_revoked` is called before another member may read them
  (as far as the broker can tell), `on_assigned` before the first record is returned. After `on_revoked` the caller must
  drop what it holds of these partitions; the compare-and-set on its stored offset refuses what it writes all the same.
* Topics are named without the installation's prefix; the adapter adds and strips it.

Errors: `LogUnavailable` may be retried, after it nothing is known of the call's effect. `RecordTooLarge` and
`UnknownTopic` may not. Everything else is a fault of the program.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

MAX_RECORD_BYTES = 8 * 1024 * 1024
"""The largest value any adapter takes; topics on Kafka are created with it."""


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


Headers = tuple[tuple[str, bytes], ...]


class NewRecord(NamedTuple):
    """A record to append. Without `partition` the key chooses it; without both, any partition may. A tuple, as `Record` is."""

    topic: str
    value: bytes
    key: bytes | None = None
    partition: int | None = None
    headers: Headers = ()


class Record(NamedTuple):
    """A record as read. `appended_at` is when the log took it, UTC."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes
    headers: Headers
    appended_at: datetime


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What a topic must be like. `retention` is None for topics whose records Andon deletes itself."""

    name: str
    partitions: int
    retention: timedelta | None = None


class EventLogError(Exception):
    """The event log refused or failed.

    EventLogError
    ├── LogUnavailable     the broker or disk is away; the outcome of the call is unknown, retry
    ├── RecordTooLarge     a value above MAX_RECORD_BYTES; do not retry
    ├── UnknownTopic       no such topic or partition; do not retry
    ├── OffsetOutOfRange   a stored offset is no longer, or not yet, on the log; a person must decide
    ├── LogInUse           another process has the embedded log open; do not retry
    └── LostPartition      another process has moved the stored position; drop cached state and read it again
    """


class LogUnavailable(EventLogError):
    """The event log cannot be reached now; whether the call had its effect is unknown."""


class RecordTooLarge(EventLogError):
    """A record exceeds the largest size the log takes."""


class UnknownTopic(EventLogError):
    """There is no such topic or partition."""


class OffsetOutOfRange(EventLogError):
    """The offset to read from is not on the log: deleted, or from another log."""


class LogInUse(EventLogError):
    """The embedded log belongs to one process, and another one has it open."""


class LostPartition(EventLogError):
    """The stored position of a partition was moved by somebody else: this process is no longer its owner."""


Assigned = Callable[[Sequence[Partition]], Mapping[Partition, int]]
"""Told which partitions were won; answers where each is to be read from. A partition left out starts at its beginning."""

Revoked = Callable[[Sequence[Partition]], None]
"""Told which partitions were lost."""


class Consumer(Protocol):
    """One member of a consumer group. Used by one thread at a time."""

    def poll(self, wait: timedelta, max_records: int) -> Sequence[Record]:
        """Up to `max_records` records, in offset order per partition; blocks up to `wait` when there are none.

        What `on_assigned` or `on_revoked` raises is raised here. After a failed `on_assigned` nothing is read; the next
        poll asks it again.

        Raises:
            OffsetOutOfRange: the position of an assigned partition is not on the log.
            LogUnavailable: the broker has been away longer than `wait`; polling again is safe.
        """
        ...

    def seek(self, partition: Partition, offset: int) -> None:
        """Read `partition` from `offset` at the next poll. Does not block. ValueError if it is not assigned."""
        ...

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Tell the log how far the group has come. Only lag figures read it; failure is not an error. Does not block."""
        ...

    def pause(self, partitions: Sequence[Partition]) -> None:
        """Return no records of these partitions, and keep membership, until `resume`. Undone by a rebalance."""
        ...

    def resume(self, partitions: Sequence[Partition]) -> None:
        """Undo `pause`."""
        ...

    def lag(self, partition: Partition) -> int | None:
        """How many records lie after the position, as of the last poll that asked; None while unknown."""
        ...

    def close(self) -> None:
        """Leave the group. `on_revoked` is called for what was assigned. Closing twice changes nothing."""
        ...


class EventLog(Protocol):
    """One log: appends, topics, consumers. Safe to use from many threads."""

    def identity(self) -> str:
        """A name that differs between two logs: Kafka's cluster id plus prefix, or the embedded log's own id."""
        ...

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        """Create what is missing; a topic that exists is left as it is. Blocks until they can be used."""
        ...

    def topics(self) -> Sequence[str]:
        """Names of all topics of this installation."""
        ...

    def check(self) -> None:
        """Whether the log takes records, as far as can be told without appending any. Blocks for a round trip.

        Raises:
            LogUnavailable: it does not; the message says why.
        """
        ...

    def partition_count(self, topic: str) -> int:
        """Raises UnknownTopic."""
        ...

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        """Append, and return each record's place once all are durable. Blocks; calls from many threads share a commit.

        Records of one call keep their order within a partition.
        """
        ...

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        """Join `group`. A name that ends in `*` stands for every topic with that beginning, also ones made later
        (noticed within a few seconds). With several members each partition is read by one of them.
        """
        ...

    def offsets(self, partition: Partition) -> tuple[int, int]:
        """(first offset still held, offset the next append gets). Blocks for a round trip."""
        ...

    def ends(self, topic: str) -> Mapping[int, int]:
        """Partition number → the offset its next append gets, of all partitions, after this was called.

        What one `append` has put on several partitions shows on all of them or on none; on Kafka it may show on some, because
        a broker takes partition by partition. Blocks for a round trip.
        """
        ...

    def committed(self, group: str, partition: Partition) -> int | None:
        """What a group has last said with `commit`; None when it has said nothing (of a local log: since it was opened).

        For watching only: where a consumer stands is known to its own database. Blocks for a round trip.
        """
        ...

    def delete_before(self, partition: Partition, offset: int) -> None:
        """Give up records below `offset`. Deleting what is gone changes nothing.

        Raises:
            OffsetOutOfRange: `offset` lies beyond the end.
        """
        ...

    def close(self) -> None:
        """Flush and release. Closing twice changes nothing."""
        ...
