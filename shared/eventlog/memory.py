"""The event log in memory, for tests: the whole contract, no disk. Lost with the process."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.eventlog.groups import Group
from shared.eventlog.limits import check_sizes
from shared.eventlog.local_consumer import LocalConsumer, Signal
from shared.eventlog.placement import Placement
from shared.eventlog.port import (
    Assigned,
    Consumer,
    LogUnavailable,
    NewRecord,
    OffsetOutOfRange,
    Partition,
    Record,
    Revoked,
    TopicSpec,
)
from shared.eventlog.topic_table import TopicTable
from shared.runtime.clock import Clock
from shared.runtime.identifiers import IdSource


@dataclass
class _Held:
    """The records of one partition that are still there, the first of them at offset `first`."""

    first: int = 0
    records: list[Record] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.first + len(self.records)

    def add(self, partition: Partition, record: NewRecord, now: datetime) -> int:
        offset = self.end
        self.records.append(Record(partition, offset, record.key, record.value, record.headers, now))
        return offset


class MemoryLog:
    """`shared.eventlog.port.EventLog` without a disk."""

    def __init__(self, *, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._identity = ids.next()
        self._topics = TopicTable()
        self._placement = Placement(self._topics.partition_count)
        self._held: dict[Partition, _Held] = {}
        self._groups: dict[str, Group] = {}
        self._lock = threading.Lock()
        self._signal = Signal()
        self._closed = False

    def identity(self) -> str:
        return self._identity

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        with self._lock:
            for spec in topics:
                self._topics.add(spec)
            partitions = self._topics.partitions()
            for partition in partitions:
                self._held.setdefault(partition, _Held())
            for group in self._groups.values():
                group.extend(partitions)
        self._signal.raise_()

    def topics(self) -> Sequence[str]:
        return self._topics.names()

    def check(self) -> None:
        """Memory always takes records."""

    def partition_count(self, topic: str) -> int:
        return self._topics.partition_count(topic)

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        check_sizes(records)
        with self._lock:
            if self._closed:
                raise LogUnavailable("the event log is closed")
            now = self._clock.now()
            placed = zip(self._placement.places(records), records, strict=True)
            places = [(partition, self._held[partition].add(partition, record, now)) for partition, record in placed]
        self._signal.appended({partition.topic for partition, _ in places})
        return places

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        with self._lock:
            joined = self._groups.setdefault(group, Group(self._topics.partitions()))
        return LocalConsumer(
            records=self,
            group=joined,
            signal=self._signal,
            topics=topics,
            on_assigned=on_assigned,
            on_revoked=on_revoked,
        )

    def bounds(self, partition: Partition) -> tuple[int, int]:
        with self._lock:
            held = self._held[partition]
            return held.first, held.end

    def read(self, partition: Partition, offset: int, *, max_records: int, max_bytes: int) -> Sequence[Record]:
        with self._lock:
            held = self._held[partition]
            start = offset - held.first
            found: list[Record] = []
            for record in held.records[start : start + max_records]:
                found.append(record)
                max_bytes -= len(record.value)
                if max_bytes <= 0:
                    break
            return found

    def offsets(self, partition: Partition) -> tuple[int, int]:
        self._placement.check(partition)
        return self.bounds(partition)

    def ends(self, topic: str) -> Mapping[int, int]:
        count = self.partition_count(topic)
        with self._lock:
            return {number: self._held[Partition(topic, number)].end for number in range(count)}

    def committed(self, group: str, partition: Partition) -> int | None:
        self._placement.check(partition)
        joined = self._groups.get(group)
        return None if joined is None else joined.committed.get(partition)

    def delete_before(self, partition: Partition, offset: int) -> None:
        self._placement.check(partition)
        with self._lock:
            held = self._held[partition]
            if offset > held.end:
                raise OffsetOutOfRange(f"{partition.topic}/{partition.number} ends at {held.end}, before {offset}")
            if offset > held.first:
                del held.records[: offset - held.first]
                held.first = offset

    def close(self) -> None:
        self._closed = True
        self._signal.raise_()
