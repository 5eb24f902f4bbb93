"""The event log on Kafka through the package kafka-python: the default driver there, pure Python."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, TopicPartition, errors
from kafka.admin import OffsetSpec

from shared.eventlog.appending import Appending
from shared.eventlog.kafka_cluster import KafkaCluster, addresses
from shared.eventlog.kafka_consumer import join_group
from shared.eventlog.kafka_member import KafkaMember
from shared.eventlog.kafka_options import (
    KafkaOptions,
    milliseconds,
    topic_settings,
)
from shared.eventlog.kafka_python_client import made, translated
from shared.eventlog.kafka_python_settings import connection_settings
from shared.eventlog.lazy_client import LazyClient
from shared.eventlog.limits import check_sizes
from shared.eventlog.placement import Placement
from shared.eventlog.port import (
    Assigned,
    Consumer,
    NewRecord,
    Partition,
    Revoked,
    TopicSpec,
    UnknownTopic,
)
from shared.runtime.clock import Clock

_ASK_AGAIN_SECONDS = 0.05


class KafkaPythonLog:
    """`shared.eventlog.port.EventLog`. Clients are made when they are first needed; making it does no I/O."""

    def __init__(self, options: KafkaOptions, clock: Clock) -> None:
        self._options = options
        self._timeout_ms = milliseconds(options.append_timeout)
        self._counts: dict[str, int] = {}
        self._placement = Placement(self.partition_count)
        self._identity: str | None = None
        self._admin = LazyClient(self._make_admin)
        cluster = KafkaCluster(addresses(options.bootstrap_servers))
        seconds = options.append_timeout.total_seconds()
        self._appending = Appending(cluster, seconds, lambda: round(1000 * clock.now().timestamp()))

    def identity(self) -> str:
        if self._identity is None:
            with translated():
                cluster = self._ask(lambda admin: admin.describe_cluster())
            self._identity = self._options.identity(cluster["cluster_id"])
        return self._identity

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        with translated():
            existing = set(self._ask(lambda admin: admin.list_topics()))
            for spec in topics:
                if self._options.outer(spec.name) not in existing:
                    self._create(spec)
            names = [self._options.outer(spec.name) for spec in topics]
            self._ask(lambda admin: admin.wait_for_topics(names, timeout_ms=self._timeout_ms))

    def topics(self) -> Sequence[str]:
        with translated():
            names = self._ask(lambda admin: admin.list_topics())
        return sorted(name for name in map(self._options.inner, names) if name is not None)

    def check(self) -> None:
        self.topics()

    def partition_count(self, topic: str) -> int:
        if topic not in self._counts:
            with translated():
                (found,) = self._ask(lambda admin: admin.describe_topics([self._options.outer(topic)]))
            if found["error_code"] != 0 or not found["partitions"]:
                raise UnknownTopic(f"there is no topic {topic}")
            self._counts[topic] = len(found["partitions"])
        return self._counts[topic]

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        check_sizes(records)
        places = self._placement.places(records)
        outer = {place: (self._options.outer(place.topic), place.number) for place in set(places)}
        offsets = self._appending.append(records, [outer[place] for place in places])
        return list(zip(places, offsets, strict=True))

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        member = KafkaMember(
            first_offset=lambda partition: self.offsets(partition)[0], on_assigned=on_assigned, on_revoked=on_revoked
        )
        join_group(self._options, member, group=group, topics=topics)
        return member

    def offsets(self, partition: Partition) -> tuple[int, int]:
        self._placement.check(partition)
        with translated():
            return self._offset(partition, OffsetSpec.EARLIEST), self._offset(partition, OffsetSpec.LATEST)

    def ends(self, topic: str) -> Mapping[int, int]:
        count = self.partition_count(topic)
        latest = {self._outer(Partition(topic, number)): OffsetSpec.LATEST for number in range(count)}
        with translated():
            found = self._ask(lambda admin: admin.list_partition_offsets(latest, timeout_ms=self._timeout_ms))
        return {outer.partition: int(found[outer].offset) for outer in latest}

    def committed(self, group: str, partition: Partition) -> int | None:
        self._placement.check(partition)
        outer, name = self._outer(partition), self._options.outer(group)
        with translated():
            found = self._ask(lambda admin: admin.list_group_offsets({name: [outer]}))
        place = found.get(name, {}).get(outer)
        return None if place is None or place.offset < 0 else int(place.offset)

    def delete_before(self, partition: Partition, offset: int) -> None:
        self._placement.check(partition)
        with translated():
            first = {self._outer(partition): offset}
            self._ask(lambda admin: admin.delete_records(first, timeout_ms=self._timeout_ms))

    def close(self) -> None:
        self._appending.close()
        self._admin.close(lambda admin: admin.close())

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        """Put a question to the admin client until it is answered; one that is connecting fails where it could wait."""
        deadline = time.monotonic() + self._options.append_timeout.total_seconds()
        while True:
            try:
                return question(self._admin.get())
            except errors.RetriableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_ASK_AGAIN_SECONDS)

    def _create(self, spec: TopicSpec) -> None:
        settings = {"num_partitions": spec.partitions, "replication_factor": -1, "configs": topic_settings(spec)}
        try:
            topics = {self._options.outer(spec.name): settings}
            self._ask(lambda admin: admin.create_topics(topics, timeout_ms=self._timeout_ms))
        except errors.TopicAlreadyExistsError:
            return  # another process was faster

    def _offset(self, partition: Partition, which: OffsetSpec) -> int:
        outer = self._outer(partition)
        found = self._ask(lambda admin: admin.list_partition_offsets({outer: which}, timeout_ms=self._timeout_ms))
        return int(found[outer].offset)

    def _outer(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._options.outer(partition.topic), partition.number)

    def _make_admin(self) -> KafkaAdminClient:
        return made(KafkaAdminClient, **connection_settings(self._options))
