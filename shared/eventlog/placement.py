"""Which partition each new record goes to, chosen alike by every adapter."""

import functools
import itertools
from collections.abc import Callable, Sequence

from shared.eventlog.partitioner import partition_of
from shared.eventlog.port import NewRecord, Partition, UnknownTopic


class Placement:
    """For the topics of one log. Safe to use from many threads.

    Args:
        partition_count: of a topic; raises UnknownTopic.
    """

    def __init__(self, partition_count: Callable[[str], int]) -> None:
        self._partition_count = partition_count
        self._turns = itertools.count()
        self._partition = functools.cache(Partition)  # one object for each that is there, not one for each record

    def places(self, records: Sequence[NewRecord]) -> list[Partition]:
        """For each record the partition it names, else that of its key, else the next in turn. Raises UnknownTopic."""
        places = [
            self._partition(record.topic, self._chosen(record) if record.partition is None else record.partition)
            for record in records
        ]
        for place in set(places):
            self.check(place)
        return places

    def check(self, partition: Partition) -> None:
        """Raises UnknownTopic for a partition that does not exist."""
        count = self._partition_count(partition.topic)
        if not 0 <= partition.number < count:
            raise UnknownTopic(f"topic {partition.topic} has partitions 0 to {count - 1}, not {partition.number}")

    def _chosen(self, record: NewRecord) -> int:
        count = self._partition_count(record.topic)
        return next(self._turns) % count if record.key is None else partition_of(record.key, count)
