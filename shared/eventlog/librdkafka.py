"""The event log on Kafka through the package confluent-kafka (librdkafka): an optional extra, for high volume."""

import functools
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]  # by its own docs

from shared.eventlog.delivery_reports import Delivery
from shared.eventlog.kafka_member import KafkaMember, MemberEvents
from shared.eventlog.kafka_options import KafkaOptions, topic_settings
from shared.eventlog.librdkafka_messages import Messages
from shared.eventlog.librdkafka_settings import connection_settings, consuming_settings, producing_settings
from shared.eventlog.limits import check_sizes
from shared.eventlog.placement import Placement
from shared.eventlog.port import (
    Assigned,
    Consumer,
    EventLogError,
    LogUnavailable,
    NewRecord,
    OffsetOutOfRange,
    Partition,
    RecordTooLarge,
    Revoked,
    TopicSpec,
    UnknownTopic,
)
from shared.eventlog.record_runs import Run

_LOGGER = logging.getLogger("librdkafka")
_CLOSE_SECONDS = 5
_PROBE_SECONDS = 0.2
_ASK_AGAIN_SECONDS = 0.05
_CONSUME_AT_MOST = 1_000_000
_TOO_LARGE = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE}
_UNKNOWN = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001
_OUT_OF_RANGE = {KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET}  # noqa: SLF001
_FORBIDDEN = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}


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
        with _translated():
            self._produce(records, places, delivery)
        self._serve(delivery)
        if delivery.error is not None:
            raise _port_error(delivery.error)
        offsets = {place: iter(of_place) for place, of_place in delivery.offsets.items()}
        return [(place, next(offsets[place])) for place in places]

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        member = KafkaMember(
            first_offset=lambda partition: self.offsets(partition)[0], on_assigned=on_assigned, on_revoked=on_revoked
        )
        member.attach(_RdkafkaDriver(self._options, member, (group, topics)))
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
                with _translated():
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


class _RdkafkaDriver:
    """`shared.eventlog.kafka_member.Driver` over a confluent-kafka Consumer."""

    def __init__(self, options: KafkaOptions, events: MemberEvents, subscription: tuple[str, Sequence[str]]) -> None:
        group, topics = subscription
        self._options = options
        self._events = events
        self._messages = Messages(options, Message)
        self._down = False
        self._client = KafkaConsumer({**consuming_settings(options, group), "error_cb": self._on_error}, logger=_LOGGER)
        self._client.subscribe(
            [options.topic_regex(topic) for topic in topics], on_assign=self._on_assign, on_revoke=self._on_revoke
        )

    def fetch(self, wait_seconds: float, max_records: int) -> Sequence[Run]:
        with _translated():
            first = self._client.poll(wait_seconds)
            if first is None:
                return []
            rest = min(max_records, _CONSUME_AT_MOST) - 1
            messages = [first, *(self._client.consume(rest, timeout=0) if rest else ())]
        return self._messages.runs(_without_news(messages))

    def read_from(
        self,
        changed: Mapping[Partition, int],  # noqa: ARG002 - assigning anew is the only way to move that works at any time
        positions: Mapping[Partition, int],
        paused: Sequence[Partition],
    ) -> None:
        with _translated():
            self._client.assign([self._outer(partition, offset) for partition, offset in positions.items()])
            self._client.resume([self._outer(partition) for partition in positions if partition not in paused])
            self.pause(paused)

    def pause(self, partitions: Sequence[Partition]) -> None:
        self._client.pause([self._outer(partition) for partition in partitions])

    def resume(self, partitions: Sequence[Partition]) -> None:
        self._client.resume([self._outer(partition) for partition in partitions])

    def end(self, partition: Partition) -> int | None:
        _, end = self._client.get_watermark_offsets(self._outer(partition), cached=True)
        return None if end < 0 else int(end)

    def is_away(self) -> bool:
        """Once all brokers were down, ask one before saying that they are back."""
        if self._down:
            try:
                self._client.list_topics(timeout=_PROBE_SECONDS)
            except KafkaException:
                return True
            self._down = False
        return False

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._client.commit(
            offsets=[self._outer(partition, offset) for partition, offset in offsets.items()], asynchronous=True
        )

    def close(self) -> None:
        with _translated():
            self._client.close()

    def _on_assign(self, client: Any, partitions: Sequence[TopicPartition]) -> None:
        client.assign([])  # nothing is fetched before the member says from where
        self._events.won(sorted(self._messages.names[partition.topic, partition.partition] for partition in partitions))

    def _on_revoke(self, client: Any, partitions: Sequence[TopicPartition]) -> None:  # noqa: ARG002 - eager: always all
        self._events.lost()
        client.unassign()

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001
            self._down = True

    def _outer(self, partition: Partition, offset: int = 0) -> TopicPartition:
        return TopicPartition(self._options.outer(partition.topic), partition.number, offset)


def _without_news(messages: Sequence[Message]) -> Sequence[Message]:
    """The messages that are records. Errors come as messages too; what the client mends itself is only news."""
    errors = [error for error in map(Message.error, messages) if error is not None]
    for error in errors:
        if error.fatal() or error.code() in _OUT_OF_RANGE | _FORBIDDEN:
            raise _port_error(error)
    return [message for message in messages if message.error() is None] if errors else messages


def _port_error(error: KafkaError) -> EventLogError:
    """The client's error as the port's. What is neither permanent nor understood may be retried."""
    code = error.code()
    if code in _TOO_LARGE:
        return RecordTooLarge(error.str())
    if code in _UNKNOWN:
        return UnknownTopic(error.str())
    if code in _OUT_OF_RANGE:
        return OffsetOutOfRange(error.str())
    if code in _FORBIDDEN:
        return EventLogError(f"Kafka refuses: {error.str()}")
    return LogUnavailable(f"Kafka: {error.str()}")


@contextmanager
def _translated() -> Iterator[None]:
    """What the client raises in the block, as the port's errors."""
    try:
        yield
    except KafkaException as error:
        raise _port_error(error.args[0]) from error
