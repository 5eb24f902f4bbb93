"""A consumer as it lies below others: partitions with records at stated seconds, and a broker that may say little."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from shared.eventlog.port import Assigned, Partition, Record, Revoked

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOW = timedelta(0)


class Below:
    """`shared.eventlog.port.Consumer` that never waits, and reads the same number of records of each partition, as Kafka's do."""

    def __init__(self, seconds: Mapping[Partition, Sequence[float]]) -> None:
        self.records = {partition: self._made(partition, times) for partition, times in seconds.items()}
        self.positions: dict[Partition, int] = {}
        self.paused: set[Partition] = set()
        self.silent: set[Partition] = set()
        """Of these nothing comes, for now."""
        self.said: dict[Partition, int | None] = {}
        """What it says of the lag instead of the truth."""
        self.waits: list[timedelta] = []
        self.pauses = 0
        self.committed: dict[Partition, int] = {}
        self._unsettled = list(self.records)

    def join(self, *, on_assigned: Assigned, on_revoked: Revoked) -> "Below":
        self._on_assigned, self._on_revoked = on_assigned, on_revoked
        return self

    def append(self, partition: Partition, *seconds: float) -> None:
        old = self.records[partition]
        self.records[partition] = self._made(partition, [*map(_second_of, old), *seconds])

    def rebalance(self) -> None:
        """At the next poll all partitions are lost and won again."""
        self._unsettled = list(self.records)

    def poll(self, wait: timedelta, max_records: int) -> Sequence[Record]:
        self.waits.append(wait)
        self._settle()
        found: list[Record] = []
        open_ones = [one for one in self.positions if one not in self.paused | self.silent and self._left(one)]
        for index, partition in enumerate(open_ones):
            some = -(-(max_records - len(found)) // (len(open_ones) - index))
            start = self.positions[partition]
            run = self.records[partition][start : start + some]
            self.positions[partition] += len(run)
            found += run
        return found

    def seek(self, partition: Partition, offset: int) -> None:
        if partition not in self.positions:
            raise ValueError("not assigned")
        self.positions[partition] = offset

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        self.committed.update(offsets)

    def pause(self, partitions: Sequence[Partition]) -> None:
        self.pauses += 1
        self.paused.update(partitions)

    def resume(self, partitions: Sequence[Partition]) -> None:
        self.paused.difference_update(partitions)

    def lag(self, partition: Partition) -> int | None:
        if partition in self.said or partition not in self.positions:
            return self.said.get(partition)
        return self._left(partition)

    def close(self) -> None:
        self._let_go()

    def _settle(self) -> None:
        if self._unsettled:
            self._let_go()
            starts = self._on_assigned(self._unsettled)
            self.positions.update({partition: starts.get(partition, 0) for partition in self._unsettled})
            self._unsettled = []

    def _let_go(self) -> None:
        lost = list(self.positions)
        self.positions.clear()
        self.paused.clear()
        if lost:
            self._on_revoked(lost)

    def _left(self, partition: Partition) -> int:
        return len(self.records[partition]) - self.positions[partition]

    @staticmethod
    def _made(partition: Partition, seconds: Sequence[float]) -> list[Record]:
        return [
            Record(partition, offset, None, b"%d" % offset, (), BEGINNING + second * SECOND)
            for offset, second in enumerate(seconds)
        ]


def _second_of(record: Record) -> float:
    return (record.appended_at - BEGINNING) / SECOND
