"""The event log on Kafka through the package confluent-kafka (librdkafka): an optional extra, for high volume."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]  # by its own docs

from shared.eventlog.appending import Appending
from shared.eventlog.kafka_cluster import KafkaCluster, addresses
from shared.eventlog.kafka_consumer import join_group
from shared.eventlog.kafka_member import KafkaMember
from shared.eventlog.kafka_options import KafkaOptions, topic_settings
from shared.eventlog.librdkafka_errors import translated
from shared.eventlog.librdkafka_settings import connection_settings
from shared.eventlog.limits import check_sizes
from shared.eventlog.placement import Placement
from shared.eventlog.port import (
    Assigned,
    Consumer,
    LogUnavailable,
    NewRecord,
    Partition,
    Revoked,
    TopicSpec,
    UnknownTopic,
)
from shared.runtime.clock import Clock

_LOGGER = logging.getLogger("librdkafka")
_ASK_AGAIN_SECONDS = 0.05


class LibrdkafkaLog:
    """`shared.eventlog.port.EventLog`. Clients connect in the background; a broker that is away is no error here."""

    def __init__(self, options: KafkaOptions, clock: Clock) -> None:
        self._options = options
        self._seconds = options.append_timeout.total_seconds()
        self._counts: dict[str, int] = {}
        self._placement = Placement(self.partition_count)
        self._identity: str | None = None
        self._admin = AdminClient(connection_settings(options), logger=_LOGGER)
        cluster = KafkaCluster(addresses(options.bootstrap_servers))
        self._appending = Appending(cluster, self._seconds, lambda: round(1000 * clock.now().timestamp()))

    def identity(self) -> str:
        if self._identity is None:
            cluster = self._ask(lambda: self._admin.describe_cluster(request_timeout=self._seconds))
            self._identity = self._options.identity(cluster.cluster_id)
        return self._identity

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        existing = self._ask(lambda: self._admin.list_topics(timeout=self._seconds).topics)
        missing = [self._new_topic(spec) for spec in topics if self._options.outer(spec.name) not in existing]
        if missing:
            self._ask(lambda: self._create(missing))
        deadline = time.monotonic() + self._seconds
        while not all(self._is_ready(spec.name) for spec in topics):
            if time.monotonic() > deadline:
                raise LogUnavailable("Kafka: new topics have no leader yet")
            time.sleep(_ASK_AGAIN_SECONDS)

    def topics(self) -> Sequence[str]:
        names = self._ask(lambda: self._admin.list_topics(timeout=self._seconds).topics)
        return sorted(name for name in map(self._options.inner, names) if name is not None)

    def check(self) -> None:
        self.topics()

    def partition_count(self, topic: str) -> int:
        if topic not in self._counts:
            partitions = self._describe(topic)
            if not partitions:
                raise UnknownTopic(f"there is no topic {topic}")
            self._counts[topic] = len(partitions)
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
        earliest, latest = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]
        first, end = (self._listed(partition.topic, [partition.number], which) for which in (earliest, latest))
        return first[partition.number], end[partition.number]

    def ends(self, topic: str) -> Mapping[int, int]:
        return self._listed(topic, range(self.partition_count(topic)), OffsetSpec.latest())  # type: ignore[no-untyped-call]

    def committed(self, group: str, partition: Partition) -> int | None:
        self._placement.check(partition)
        name, outer = self._options.outer(group), self._options.outer(partition.topic)
        wanted = [ConsumerGroupTopicPartitions(name, [TopicPartition(outer, partition.number)])]
        found = self._ask(lambda: self._admin.list_consumer_group_offsets(wanted, request_timeout=self._seconds)[name])
        (place,) = found.topic_partitions
        return int(place.offset) if place.offset >= 0 else None

    def delete_before(self, partition: Partition, offset: int) -> None:
        self._placement.check(partition)
        outer = TopicPartition(self._options.outer(partition.topic), partition.number, offset)
        self._ask(lambda: self._admin.delete_records([outer], request_timeout=self._seconds)[outer])

    def close(self) -> None:
        self._appending.close()

    def _ask(self, question: Callable[[], Any]) -> Any:
        """Put a question to the admin client until it is answered; a partition that is new may have no leader yet."""
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                with translated():
                    answer = question()
                    return answer.result() if isinstance(answer, Future) else answer
            except LogUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_ASK_AGAIN_SECONDS)

    def _create(self, missing: list[NewTopic]) -> None:
        for created in self._admin.create_topics(missing, request_timeout=self._seconds).values():
            try:
                created.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # else another process was faster
                    raise

    def _new_topic(self, spec: TopicSpec) -> NewTopic:
        return NewTopic(self._options.outer(spec.name), spec.partitions, config=topic_settings(spec))

    def _describe(self, topic: str) -> Mapping[int, Any]:
        outer = self._options.outer(topic)
        found = self._ask(lambda: self._admin.list_topics(topic=outer, timeout=self._seconds).topics.get(outer))
        return {} if found is None or found.error is not None else found.partitions

    def _is_ready(self, topic: str) -> bool:
        partitions = self._describe(topic)
        return bool(partitions) and all(partition.leader >= 0 for partition in partitions.values())

    def _listed(self, topic: str, numbers: Sequence[int], which: OffsetSpec) -> Mapping[int, int]:
        wanted = {TopicPartition(self._options.outer(topic), number): which for number in numbers}

        def question() -> Mapping[int, int]:
            asked = self._admin.list_offsets(wanted, request_timeout=self._seconds)
            return {outer.partition: int(answer.result().offset) for outer, answer in asked.items()}

        return dict(self._ask(question))
