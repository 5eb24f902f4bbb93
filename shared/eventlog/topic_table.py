"""The topics of a log that lives in this process."""

from collections.abc import Sequence

from shared.eventlog.port import Partition, TopicSpec, UnknownTopic


class TopicTable:
    """Specifications by name. Adding and reading may happen on different threads; topics are never removed."""

    def __init__(self) -> None:
        self._specs: dict[str, TopicSpec] = {}

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
