"""What both Kafka drivers' member does when a fetch fails."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.eventlog.kafka_member import KafkaMember
from shared.eventlog.port import Partition, Record
from shared.eventlog.record_runs import Listed, Run

ZERO = Partition("raw.erp", 0)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = timedelta(0)


class Client:
    """A driver of one partition of ten records, whose next fetch fails when it is told to, with a record in hand."""

    def __init__(self, member: KafkaMember) -> None:
        self._member = member
        self._next = -1
        self.fails = False

    def fetch(self, wait_seconds: float, max_records: int) -> Sequence[Run]:
        if self._next < 0:
            self._next = 0
            self._member.won([ZERO])
            return []
        record = Record(ZERO, self._next, None, b"x", (), NOW)
        self._next += 1
        if self.fails:
            self.fails = False
            raise MemoryError
        return [Run(ZERO, Listed([record]))]

    def read_from(
        self, changed: Mapping[Partition, int], positions: Mapping[Partition, int], paused: Sequence[Partition]
    ) -> None:
        self._next = changed[ZERO]

    def pause(self, partitions: Sequence[Partition]) -> None: ...

    def resume(self, partitions: Sequence[Partition]) -> None: ...

    def end(self, partition: Partition) -> int | None:
        return 10

    def is_away(self) -> bool:
        return False

    def commit(self, offsets: Mapping[Partition, int]) -> None: ...

    def close(self) -> None: ...


def test_what_a_failed_fetch_had_in_hand_is_read_again() -> None:
    member = KafkaMember(first_offset=lambda _: 0, on_assigned=lambda _: {}, on_revoked=lambda _: None)
    client = Client(member)
    member.attach(client)
    read = [record.offset for _ in range(3) for record in member.poll(AT_ONCE, 1)]
    client.fails = True
    with pytest.raises(MemoryError):
        member.poll(AT_ONCE, 1)
    read += [record.offset for _ in range(2) for record in member.poll(AT_ONCE, 1)]
    assert read == list(range(len(read)))
    assert len(read) >= 4
