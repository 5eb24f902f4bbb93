"""Questions to Kafka about topics, offsets and groups, through the package kafka-python."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, TopicPartition, errors
from kafka.admin import OffsetSpec

from shared.eventlog.broker_protocol import Place
from shared.eventlog.kafka_options import KafkaOptions, milliseconds, topic_settings
from shared.eventlog.kafka_python_client import made, translated
from shared.eventlog.kafka_python_settings import connection_settings
from shared.eventlog.lazy_client import LazyClient
from shared.eventlog.port import TopicSpec

_ASK_AGAIN_SECONDS = 0.05


class KafkaAdmin:
    """Topics and groups go by their names on the broker. Everything blocks until a broker has answered, and raises what the port says.

    The client connects when it is first asked.
    """

    def __init__(self, options: KafkaOptions) -> None:
        self._seconds = options.append_timeout.total_seconds()
        self._timeout_ms = milliseconds(options.append_timeout)
        self._client = LazyClient(lambda: made(KafkaAdminClient, **connection_settings(options)))

    def cluster_id(self) -> str:
        return str(self._ask(lambda client: client.describe_cluster())["cluster_id"])

    def topics(self) -> Sequence[str]:
        names: Sequence[str] = self._ask(lambda client: client.list_topics())
        return names

    def ensure(self, topics: Sequence[TopicSpec]) -> None:
        """Create those that are missing, and wait until all have leaders."""
        existing = set(self.topics())
        for spec in topics:
            if spec.name not in existing:
                self._create(spec)
        names = [spec.name for spec in topics]
        self._ask(lambda client: client.wait_for_topics(names, timeout_ms=self._timeout_ms))

    def partition_count(self, topic: str) -> int:
        """0 for a topic that does not exist."""
        (found,) = self._ask(lambda client: client.describe_topics([topic]))
        return len(found["partitions"]) if found["error_code"] == 0 else 0

    def first_offsets(self, places: Sequence[Place]) -> Mapping[Place, int]:
        return self._offsets(places, OffsetSpec.EARLIEST)

    def ends(self, places: Sequence[Place]) -> Mapping[Place, int]:
        return self._offsets(places, OffsetSpec.LATEST)

    def committed(self, group: str, place: Place) -> int | None:
        outer = TopicPartition(*place)
        found = self._ask(lambda client: client.list_group_offsets({group: [outer]})).get(group, {}).get(outer)
        return None if found is None or found.offset < 0 else int(found.offset)

    def delete_before(self, place: Place, offset: int) -> None:
        first = {TopicPartition(*place): offset}
        self._ask(lambda client: client.delete_records(first, timeout_ms=self._timeout_ms))

    def close(self) -> None:
        self._client.close(lambda client: client.close())

    def _offsets(self, places: Sequence[Place], which: OffsetSpec) -> Mapping[Place, int]:
        wanted = {TopicPartition(*place): which for place in places}
        found = self._ask(lambda client: client.list_partition_offsets(wanted, timeout_ms=self._timeout_ms))
        return {(outer.topic, outer.partition): int(found[outer].offset) for outer in wanted}

    def _create(self, spec: TopicSpec) -> None:
        settings = {"num_partitions": spec.partitions, "replication_factor": -1, "configs": topic_settings(spec)}

        def create(client: Any) -> None:
            try:
                client.create_topics({spec.name: settings}, timeout_ms=self._timeout_ms)
            except errors.TopicAlreadyExistsError:
                return  # another process was faster

        self._ask(create)

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        """Put a question to the client until it is answered; one that is connecting fails where it could wait."""
        deadline = time.monotonic() + self._seconds
        with translated():
            while True:
                try:
                    return question(self._client.get())
                except errors.RetriableError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(_ASK_AGAIN_SECONDS)
