"""The event log on Kafka through the package confluent-kafka (librdkafka): an optional extra, for high volume."""

import functools
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]  # by its own docs

from shared.eventlog.delivery_reports import Delivery
from shared.eventlog.kafka_consumer import join_group
from shared.eventlog.kafka_member import KafkaMember
from shared.eventlog.kafka_options import KafkaOptions, topic_settings
from shared.eventlog.librdkafka_errors import port_error, translated
from shared.eventlog.librdkafka_settings import connection_settings, producing_settings
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

_LOGGER = logging.getLogger("librdkafka")
_CLOSE_SECONDS = 5
_ASK_AGAIN_SECONDS = 0.05


class LibrdkafkaLog:
    """`shared.eventlog.port.EventLog`. Clients connect in the background; a broker that is away is no error here."""

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._seconds = options.append_timeout.total_seconds()
        self._counts: dict[str, int] = {}
        self._placement = Placement(self.partition_count)
        self._identity: str | None = None
        self._serving = threading.Lock()
        self._closed = False
        self._admin = AdminClient(connection_settings(options), logger=_LOGGER)
        self._producer = Producer(producing_settings(options), logger=_LOGGER)

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
        if self._closed:
            raise LogUnavailable("the event log is closed")
        check_sizes(records)
        places = self._placement.places(records)
        delivery = Delivery(len(records))
        with translated():
            self._produce(records, places, delivery)
        self._serve(delivery)
        if delivery.error is not None:
            raise port_error(delivery.error.code(), delivery.error.str())
        offsets = {place: iter(of_place) for place, of_place in delivery.offsets.items()}
        return [(place, next(offsets[place])) for place in places]

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
        if not self._closed:
            self._closed = True
            self._producer.flush(_CLOSE_SECONDS)

    def _produce(self, records: Sequence[NewRecord], places: Sequence[Partition], delivery: Delivery) -> None:
        """Hand over one by one: the client's batch call knows no headers, and what Andon appends has some."""
        reported = {place: functools.partial(delivery.reported, place) for place in set(places)}
        outer = {place: self._options.outer(place.topic) for place in reported}
        taken, refused_at, deadline = 0, -1, 0.0
        while taken < len(records):
            try:
                for record, place in zip(records[taken:], places[taken:], strict=True):
                    self._producer.produce(
                        outer[place],
                        record.value,
                        record.key,
                        place.number,
                        on_delivery=reported[place],
                        headers=list(record.headers),
                    )
                    taken += 1
            except BufferError:
                if taken > refused_at:
                    refused_at, deadline = taken, time.monotonic() + self._seconds
                self._make_room(deadline)

    def _make_room(self, deadline: float) -> None:
        """The client's queue is full: let it send."""
        if time.monotonic() > deadline:
            raise LogUnavailable("Kafka: the broker does not take records fast enough")
        with self._serving:
            self._producer.poll(0.05)

    def _serve(self, delivery: Delivery) -> None:
        """Wait for the broker's answers. One caller at a time takes them in, for all; the others wait for their turn.

        Who has waited too long takes back everything that is under way, of all callers: were single records given up,
        later ones of the same partition might still be appended, and leave a gap.
        """
        deadline = time.monotonic() + self._seconds
        while not delivery.done:
            with self._serving:
                while not delivery.done:
                    self._producer.poll(0.05)
                    if time.monotonic() > deadline:
                        self._producer.purge()

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
