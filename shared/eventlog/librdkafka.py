"""Questions to Kafka through the package confluent-kafka (librdkafka): an optional extra."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]  # by its own docs

from shared.eventlog.broker_protocol import Place
from shared.eventlog.kafka_options import KafkaOptions, topic_settings
from shared.eventlog.librdkafka_errors import translated
from shared.eventlog.port import LogUnavailable, TopicSpec

_LOGGER = logging.getLogger("librdkafka")
_ASK_AGAIN_SECONDS = 0.05


class LibrdkafkaAdmin:
    """`shared.eventlog.kafka_log.KafkaAdmin`."""

    def __init__(self, options: KafkaOptions) -> None:
        self._seconds = options.append_timeout.total_seconds()
        servers = options.bootstrap_servers
        self._client = AdminClient({"bootstrap.servers": servers, "reconnect.backoff.max.ms": 1000}, logger=_LOGGER)

    def cluster_id(self) -> str:
        return str(self._ask(lambda: self._client.describe_cluster(request_timeout=self._seconds)).cluster_id)

    def topics(self) -> Sequence[str]:
        return list(self._ask(lambda: self._client.list_topics(timeout=self._seconds).topics))

    def ensure(self, topics: Sequence[TopicSpec]) -> None:
        existing = set(self.topics())
        missing = [_new_topic(spec) for spec in topics if spec.name not in existing]
        if missing:
            self._ask(lambda: self._create(missing))
        deadline = time.monotonic() + self._seconds
        while not all(self._is_ready(spec.name) for spec in topics):
            if time.monotonic() > deadline:
                raise LogUnavailable("Kafka: new topics have no leader yet")
            time.sleep(_ASK_AGAIN_SECONDS)

    def partition_count(self, topic: str) -> int:
        return len(self._describe(topic))

    def first_offsets(self, places: Sequence[Place]) -> Mapping[Place, int]:
        return self._offsets(places, OffsetSpec.earliest())  # type: ignore[no-untyped-call]

    def ends(self, places: Sequence[Place]) -> Mapping[Place, int]:
        return self._offsets(places, OffsetSpec.latest())  # type: ignore[no-untyped-call]

    def committed(self, group: str, place: Place) -> int | None:
        wanted = [ConsumerGroupTopicPartitions(group, [TopicPartition(*place)])]
        found = self._ask(
            lambda: self._client.list_consumer_group_offsets(wanted, request_timeout=self._seconds)[group]
        )
        (outer,) = found.topic_partitions
        return int(outer.offset) if outer.offset >= 0 else None

    def delete_before(self, place: Place, offset: int) -> None:
        outer = TopicPartition(*place, offset)
        self._ask(lambda: self._client.delete_records([outer], request_timeout=self._seconds)[outer])

    def close(self) -> None:
        """The client ends with its last reference."""

    def _offsets(self, places: Sequence[Place], which: OffsetSpec) -> Mapping[Place, int]:
        wanted = {TopicPartition(*place): which for place in places}

        def question() -> Mapping[Place, int]:
            asked = self._client.list_offsets(wanted, request_timeout=self._seconds)
            return {(outer.topic, outer.partition): int(answer.result().offset) for outer, answer in asked.items()}

        return dict(self._ask(question))

    def _create(self, missing: list[NewTopic]) -> None:
        for created in self._client.create_topics(missing, request_timeout=self._seconds).values():
            try:
                created.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # else another process was faster
                    raise

    def _describe(self, topic: str) -> Mapping[int, Any]:
        found = self._ask(lambda: self._client.list_topics(topic=topic, timeout=self._seconds).topics.get(topic))
        return {} if found is None or found.error is not None else found.partitions

    def _is_ready(self, topic: str) -> bool:
        partitions = self._describe(topic)
        return bool(partitions) and all(partition.leader >= 0 for partition in partitions.values())

    def _ask(self, question: Callable[[], Any]) -> Any:
        """Put a question to the client until it is answered; a partition that is new may have no leader yet."""
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


def _new_topic(spec: TopicSpec) -> NewTopic:
    return NewTopic(spec.name, spec.partitions, config=topic_settings(spec))
