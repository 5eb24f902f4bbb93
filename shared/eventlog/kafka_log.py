"""The event log on Kafka: appending (`appending.py`), reading (`kafka_consumer.py`), and questions (`kafka_admin.py`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.eventlog.appending import Appending
from shared.eventlog.broker_protocol import Place
from shared.eventlog.kafka_admin import KafkaAdmin
from shared.eventlog.kafka_cluster import KafkaCluster, addresses
from shared.eventlog.kafka_consumer import join_group
from shared.eventlog.kafka_member import KafkaMember
from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.limits import check_sizes
from shared.eventlog.placement import Placement
from shared.eventlog.port import Assigned, Consumer, NewRecord, Partition, Revoked, TopicSpec, UnknownTopic
from shared.runtime.clock import Clock


class KafkaLog:
    """`shared.eventlog.port.EventLog`. Making one does no I/O: a broker that is away is no error here."""

    def __init__(self, options: KafkaOptions, clock: Clock) -> None:
        self._options = options
        self._admin = KafkaAdmin(options)
        self._counts: dict[str, int] = {}
        self._placement = Placement(self.partition_count)
        self._identity: str | None = None
        cluster = KafkaCluster(addresses(options.bootstrap_servers))
        seconds = options.append_timeout.total_seconds()
        self._appending = Appending(cluster, seconds, lambda: round(1000 * clock.now().timestamp()))

    def identity(self) -> str:
        if self._identity is None:
            self._identity = self._options.identity(self._admin.cluster_id())
        return self._identity

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        self._admin.ensure([replace(spec, name=self._options.outer(spec.name)) for spec in topics])

    def topics(self) -> Sequence[str]:
        return sorted(name for name in map(self._options.inner, self._admin.topics()) if name is not None)

    def check(self) -> None:
        self.topics()

    def partition_count(self, topic: str) -> int:
        if topic not in self._counts:
            count = self._admin.partition_count(self._options.outer(topic))
            if not count:
                raise UnknownTopic(f"there is no topic {topic}")
            self._counts[topic] = count
        return self._counts[topic]

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        check_sizes(records)
        partitions = self._placement.places(records)
        places = {partition: self._place(partition) for partition in set(partitions)}
        offsets = self._appending.append(records, [places[partition] for partition in partitions])
        return list(zip(partitions, offsets, strict=True))

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        member = KafkaMember(
            first_offset=lambda partition: self.offsets(partition)[0], on_assigned=on_assigned, on_revoked=on_revoked
        )
        join_group(self._options, member, group=group, topics=topics)
        return member

    def offsets(self, partition: Partition) -> tuple[int, int]:
        self._placement.check(partition)
        place = self._place(partition)
        return self._admin.first_offsets([place])[place], self._admin.ends([place])[place]

    def ends(self, topic: str) -> Mapping[int, int]:
        places = [self._place(Partition(topic, number)) for number in range(self.partition_count(topic))]
        return {number: end for (_, number), end in self._admin.ends(places).items()}

    def committed(self, group: str, partition: Partition) -> int | None:
        self._placement.check(partition)
        return self._admin.committed(self._options.outer(group), self._place(partition))

    def delete_before(self, partition: Partition, offset: int) -> None:
        self._placement.check(partition)
        self._admin.delete_before(self._place(partition), offset)

    def close(self) -> None:
        self._appending.close()
        self._admin.close()

    def _place(self, partition: Partition) -> Place:
        return self._options.outer(partition.topic), partition.number
