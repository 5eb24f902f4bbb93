"""A consumer that remembers what happened to it, for tests of the event log."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from shared.eventlog.port import EventLog, Partition, Record

PATIENCE_SECONDS = 30.0


class Reader:
    """One member of a group. `starts` is what it answers when it wins partitions; `remembers` keeps it up to date."""

    def __init__(
        self,
        log: EventLog,
        topics: Sequence[str],
        *,
        group: str = "readers",
        starts: Mapping[Partition, int] | None = None,
    ) -> None:
        self.starts = dict(starts or {})
        self.remembers = False
        self.won: list[Partition] = []
        self.lost: list[Partition] = []
        self.held: set[Partition] = set()
        self.records: list[Record] = []
        self.fails_on_assigned: Exception | None = None
        self.fails_on_revoked: Exception | None = None
        self.consumer = log.consumer(
            group=group, topics=topics, on_assigned=self.on_assigned, on_revoked=self.on_revoked
        )

    def on_assigned(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        if self.fails_on_assigned is not None:
            raise self.fails_on_assigned
        assert partitions
        assert not self.held & set(partitions), "won what it had not lost"
        self.won.extend(partitions)
        self.held.update(partitions)
        return {partition: self.starts[partition] for partition in partitions if partition in self.starts}

    def on_revoked(self, partitions: Sequence[Partition]) -> None:
        assert partitions
        self.lost.extend(partitions)
        self.held.difference_update(partitions)
        if self.fails_on_revoked is not None:
            raise self.fails_on_revoked

    def poll(self, wait: timedelta = timedelta(seconds=0.05), max_records: int = 1000) -> Sequence[Record]:
        found = self.consumer.poll(wait, max_records)
        for record in found:
            assert record.partition in self.held, "read what it does not hold"
            if self.remembers:
                self.starts[record.partition] = record.offset + 1
        self.records.extend(found)
        return found

    def read(self, count: int) -> Sequence[Record]:
        """Poll until `count` further records are there."""
        found: list[Record] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(found) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} records after {PATIENCE_SECONDS} s"
            found.extend(self.poll())
        return found

    def read_nothing_more(self, polls: int = 5) -> None:
        for _ in range(polls):
            assert list(self.poll(timedelta(seconds=0.1))) == []

    def values(self) -> list[bytes]:
        return [record.value for record in self.records]


def poll_until_shared(readers: Sequence[Reader], partitions: int) -> None:
    """Poll all members in turn until each holds something, and all partitions are held."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (all(reader.held for reader in readers) and sum(len(reader.held) for reader in readers) == partitions):
        assert time.monotonic() < deadline, [sorted(reader.held) for reader in readers]
        for reader in readers:
            reader.poll()
