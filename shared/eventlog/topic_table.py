"""The topics of a log that lives in this process, and the partition each new record goes to."""

import itertools
from collections.abc import Sequence

from shared.eventlog.partitioner import partition_of
from shared.eventlog.port import NewRecord, Partition, TopicSpec, UnknownTopic


class TopicTable:
    """Specifications by name. Adding and reading may happen on different threads; topics are never removed."""

    def __init__(self) -> None:
        self._specs: dict[str, TopicSpec] = {}
        self._turns = itertools.count()

    def add(self, spec: TopicSpec) -> bool:
        """Take a topic in; False when one of that name exists already, which is then left as it is."""
        if spec.partitions < 1:
            raise ValueError(f"topic {spec.name} needs at least one partition")
        return self._specs.setdefault(spec.name, spec) is spec

    def specs(self) -> Sequence[TopicSpec]:
        """All topics, in the order of their names."""
        return [self._specs[name] for name in self.names()]

    def names(self) -> Sequence[str]:
        return sorted(self._specs)

    def partitions(self) -> Sequence[Partition]:
        """Every partition of every topic."""
        return [Partition(spec.name, number) for spec in self.specs() for number in range(spec.partitions)]

    def partition_count(self, topic: str) -> int:
        """Raises UnknownTopic."""
        spec = self._specs.get(topic)
        if spec is None:
            raise UnknownTopic(f"there is no topic {topic}")
        return spec.partitions

    def check(self, partition: Partition) -> None:
        """Raises UnknownTopic for a partition that does not exist."""
        count = self.partition_count(partition.topic)
        if not 0 <= partition.number < count:
            raise UnknownTopic(f"topic {partition.topic} has partitions 0 to {count - 1}, not {partition.number}")

    def place(self, record: NewRecord) -> Partition:
        """The partition a record names, else the one of its key, else the next in turn. Raises UnknownTopic."""
        if record.partition is not None:
            named = Partition(record.topic, record.partition)
            self.check(named)
            return named
        count = self.partition_count(record.topic)
        number = next(self._turns) % count if record.key is None else partition_of(record.key, count)
        return Partition(record.topic, number)
