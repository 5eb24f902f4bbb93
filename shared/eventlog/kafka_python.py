"""The event log on Kafka through the package kafka-python: the default driver there, pure Python."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition, errors
from kafka.admin import OffsetSpec
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.abstract import ConsumerProtocolAssignment
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.future import Future
from kafka.net.compat import KafkaNetClient
from kafka.structs import OffsetAndMetadata

from shared.eventlog.groups import Member, round_robin
from shared.eventlog.kafka_member import KafkaMember, MemberEvents
from shared.eventlog.kafka_options import (
    KafkaOptions,
    milliseconds,
    needs_regex,
    topic_settings,
)
from shared.eventlog.kafka_python_messages import Messages
from shared.eventlog.kafka_python_settings import connection_settings, consuming_settings, producing_settings
from shared.eventlog.lazy_client import LazyClient
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

_CLOSE_SECONDS = 5
_ASK_AGAIN_SECONDS = 0.05
_REBALANCE_MS = 60
"""A poll during a rebalance takes so long at least: the client asks for metadata in each, and waits `RETRY_MS` in between."""
_PERMANENT = (
    errors.AuthorizationError,
    errors.KafkaConfigurationError,
    errors.UnsupportedCodecError,
    errors.UnsupportedVersionError,
)


class KafkaPythonLog:
    """`shared.eventlog.port.EventLog`. Clients are made when they are first needed; making it does no I/O."""

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._timeout_ms = milliseconds(options.append_timeout)
        self._counts: dict[str, int] = {}
        self._placement = Placement(self.partition_count)
        self._identity: str | None = None
        self._admin = LazyClient(self._make_admin)
        self._producer = LazyClient(self._make_producer)

    def identity(self) -> str:
        if self._identity is None:
            with _translated():
                cluster = self._ask(lambda admin: admin.describe_cluster())
            self._identity = self._options.identity(cluster["cluster_id"])
        return self._identity

    def ensure_topics(self, topics: Sequence[TopicSpec]) -> None:
        with _translated():
            existing = set(self._ask(lambda admin: admin.list_topics()))
            for spec in topics:
                if self._options.outer(spec.name) not in existing:
                    self._create(spec)
            names = [self._options.outer(spec.name) for spec in topics]
            self._ask(lambda admin: admin.wait_for_topics(names, timeout_ms=self._timeout_ms))

    def topics(self) -> Sequence[str]:
        with _translated():
            names = self._ask(lambda admin: admin.list_topics())
        return sorted(name for name in map(self._options.inner, names) if name is not None)

    def check(self) -> None:
        self.topics()

    def partition_count(self, topic: str) -> int:
        if topic not in self._counts:
            with _translated():
                (found,) = self._ask(lambda admin: admin.describe_topics([self._options.outer(topic)]))
            if found["error_code"] != 0 or not found["partitions"]:
                raise UnknownTopic(f"there is no topic {topic}")
            self._counts[topic] = len(found["partitions"])
        return self._counts[topic]

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        check_sizes(records)
        places = self._placement.places(records)
        with _translated():
            producer = self._producer.get()
            sent = [self._send(producer, record, place) for record, place in zip(records, places, strict=True)]
            written = self._wait_for(producer, sent)
        return [(place, answer.offset) for place, answer in zip(places, written, strict=True)]

    def _send(self, producer: Any, record: NewRecord, place: Partition) -> Any:
        return producer.send(
            self._options.outer(record.topic),
            value=record.value,
            key=record.key,
            headers=list(record.headers),
            partition=place.number,
        )

    def _wait_for(self, producer: Any, sent: Sequence[Any]) -> Sequence[Any]:
        """The broker's answers. Who has waited too long gives up the producer with all that is under way, of all callers:
        were single records given up, later ones of the same partition might still be appended, and leave a gap.
        """
        deadline = time.monotonic() + self._options.append_timeout.total_seconds()
        try:
            return [future.get(timeout=max(0.0, deadline - time.monotonic())) for future in sent]
        except errors.KafkaError:
            self._producer.discard(producer, lambda producer: producer.close(timeout=0))
            raise

    def consumer(self, *, group: str, topics: Sequence[str], on_assigned: Assigned, on_revoked: Revoked) -> Consumer:
        member = KafkaMember(
            first_offset=lambda partition: self.offsets(partition)[0], on_assigned=on_assigned, on_revoked=on_revoked
        )
        with _translated():
            member.attach(_PythonDriver(self._options, member, (group, topics)))
        return member

    def offsets(self, partition: Partition) -> tuple[int, int]:
        self._placement.check(partition)
        with _translated():
            return self._offset(partition, OffsetSpec.EARLIEST), self._offset(partition, OffsetSpec.LATEST)

    def ends(self, topic: str) -> Mapping[int, int]:
        count = self.partition_count(topic)
        latest = {self._outer(Partition(topic, number)): OffsetSpec.LATEST for number in range(count)}
        with _translated():
            found = self._ask(lambda admin: admin.list_partition_offsets(latest, timeout_ms=self._timeout_ms))
        return {outer.partition: int(found[outer].offset) for outer in latest}

    def committed(self, group: str, partition: Partition) -> int | None:
        self._placement.check(partition)
        outer, name = self._outer(partition), self._options.outer(group)
        with _translated():
            found = self._ask(lambda admin: admin.list_group_offsets({name: [outer]}))
        place = found.get(name, {}).get(outer)
        return None if place is None or place.offset < 0 else int(place.offset)

    def delete_before(self, partition: Partition, offset: int) -> None:
        self._placement.check(partition)
        with _translated():
            first = {self._outer(partition): offset}
            self._ask(lambda admin: admin.delete_records(first, timeout_ms=self._timeout_ms))

    def close(self) -> None:
        self._producer.close(lambda producer: producer.close(timeout=_CLOSE_SECONDS))
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
        return _made(KafkaAdminClient, **connection_settings(self._options))

    def _make_producer(self) -> KafkaProducer:
        return _made(_Producer, **producing_settings(self._options))


class _Producer(KafkaProducer):  # type: ignore[misc]  # the package is untyped
    """A producer that can be closed while its broker is away; the package's own stops half-way."""

    def flush(self, timeout: float | None = None) -> None:
        with suppress(errors.KafkaTimeoutError):
            super().flush(timeout)


class _PythonDriver:
    """`shared.eventlog.kafka_member.Driver` over a KafkaConsumer."""

    def __init__(self, options: KafkaOptions, events: MemberEvents, subscription: tuple[str, Sequence[str]]) -> None:
        group, topics = subscription
        self._options = options
        self._names: dict[TopicPartition, Partition] = {}
        self._messages = Messages()
        settings = consuming_settings(options, group)
        self._client = _made(KafkaConsumer, **settings, partition_assignment_strategy=(_RoundRobin,))
        listener = _Listener(self._client, events, self._inner)
        if needs_regex(topics):
            pattern = "|".join(options.topic_regex(topic) for topic in topics)
            self._client.subscribe(pattern=pattern, listener=listener)
        else:
            self._client.subscribe(topics=[options.outer(topic) for topic in topics], listener=listener)

    def fetch(self, wait_seconds: float, max_records: int) -> Sequence[Run]:
        wait_ms = round(wait_seconds * 1000)
        if self._is_rebalancing():
            wait_ms = max(wait_ms, _REBALANCE_MS)
        fetcher = self._client._fetcher  # noqa: SLF001
        if not fetcher._next_partition_records:  # noqa: SLF001 - read to its end, but it takes the place of what was paused
            fetcher._next_partition_records = None  # noqa: SLF001
        with _translated():
            polled = self._client.poll(timeout_ms=wait_ms, max_records=max_records)
        return [self._messages.run(self._inner(outer), messages) for outer, messages in polled.items()]

    def _is_rebalancing(self) -> bool:
        """Whether the group is to be joined; hands the client a join that was completed between two polls.

        kafka-python 3.0 joins in the background. When a poll ends before the join does, it may forget that one is under way,
        and be thrown out of the group; or throw away what it got, and join again, which makes the whole group do so.
        The contract tests of two members, which poll for moments only, do not end then.
        """
        coordinator = self._client._coordinator  # noqa: SLF001
        task = coordinator._join_task  # noqa: SLF001
        if task is None:
            return bool(coordinator.need_rejoin())
        coordinator.request_rejoin()
        if task.succeeded():
            coordinator._join_task = _FinishedJoin(task.value)  # noqa: SLF001
        return True

    def read_from(
        self,
        changed: Mapping[Partition, int],
        positions: Mapping[Partition, int],  # noqa: ARG002 - this client seeks partition by partition
        paused: Sequence[Partition],
    ) -> None:
        for partition, offset in changed.items():
            self._client.seek(self._outer(partition), offset)
        self.resume([partition for partition in changed if partition not in paused])

    def pause(self, partitions: Sequence[Partition]) -> None:
        self._client.pause(*map(self._outer, partitions))

    def resume(self, partitions: Sequence[Partition]) -> None:
        self._client.resume(*map(self._outer, partitions))

    def end(self, partition: Partition) -> int | None:
        end = self._client.highwater(self._outer(partition))
        return None if end is None else int(end)

    def is_away(self) -> bool:
        return bool(self._client.metrics()["consumer-metrics"]["connection-count"] == 0)

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._client.commit_async(
            {self._outer(partition): OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}
        )

    def close(self) -> None:
        with _translated():
            self._client.close(autocommit=False, timeout_ms=_CLOSE_SECONDS * 1000)

    def _outer(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._options.outer(partition.topic), partition.number)

    def _inner(self, outer: TopicPartition) -> Partition:
        if outer not in self._names:
            self._names[outer] = Partition(self._options.inner(outer.topic) or outer.topic, outer.partition)
        return self._names[outer]


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the package is untyped
    """Called on the client's own thread, while `poll` or `close` waits for it."""

    def __init__(
        self, client: KafkaConsumer, events: MemberEvents, inner: Callable[[TopicPartition], Partition]
    ) -> None:
        self._client = client
        self._events = events
        self._inner = inner

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        for partition in assigned:  # paused at a made-up position: nothing is fetched, no committed offset is asked for
            self._client.pause(partition)
            self._client.seek(partition, 0)
        self._events.won(sorted(map(self._inner, assigned)))

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002 - eager: always all
        self._events.lost()

    def on_partitions_lost(self, lost: set[TopicPartition]) -> None:  # noqa: ARG002 - eager: always all
        self._events.lost()


class _RoundRobin(RoundRobinPartitionAssignor):  # type: ignore[misc]  # the package is untyped
    """The client's own fails with a KeyError when members subscribe to different topics."""

    @classmethod
    def assign(cls, cluster: Any, members: Sequence[Any]) -> dict[str, ConsumerProtocolAssignment]:
        in_order = sorted(members, key=lambda member: str(member.member_id))
        topics = {topic for member in members for topic in member.metadata.topics}
        partitions = [Partition(topic, n) for topic in topics for n in cluster.partitions_for_topic(topic) or ()]
        hands = round_robin([Member(member.metadata.topics) for member in in_order], partitions)
        return {
            member.member_id: ConsumerProtocolAssignment(cls.version, _by_topic(hand), b"")
            for member, hand in zip(in_order, hands, strict=True)
        }


class _FinishedJoin(Future):  # type: ignore[misc]  # the package is untyped
    """A future that says it is not done and calls back at once, so that the client waits for it, and gets the result."""

    def __init__(self, assignment: bytes) -> None:
        super().__init__()
        self._assignment = assignment

    def add_callback(self, f: Callable[..., None], *args: Any, **kwargs: Any) -> "_FinishedJoin":
        f(*args, self._assignment, **kwargs)
        return self


def _made(kind: Callable[..., Any], **settings: Any) -> Any:
    """A client that has reached a broker. The package leaves sockets and a thread behind when it does not reach one."""
    inner: list[KafkaNetClient] = []

    def make_inner(**inner_settings: Any) -> KafkaNetClient:
        inner.append(KafkaNetClient(**inner_settings))
        return inner[-1]

    try:
        return kind(**settings, kafka_client=make_inner)
    except BaseException:
        for client in inner:
            client.close()
        raise


def _by_topic(partitions: Sequence[Partition]) -> list[tuple[str, list[int]]]:
    grouped: dict[str, list[int]] = {}
    for partition in partitions:
        grouped.setdefault(partition.topic, []).append(partition.number)
    return sorted(grouped.items())


@contextmanager
def _translated() -> Iterator[None]:
    """The client's errors as the port's. What is neither permanent nor understood may be retried."""
    try:
        yield
    except (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError) as error:
        raise RecordTooLarge(str(error)) from error
    except errors.OffsetOutOfRangeError as error:
        raise OffsetOutOfRange(str(error)) from error
    except _PERMANENT as error:
        raise EventLogError(f"Kafka refuses: {error}") from error
    except errors.KafkaError as error:
        raise LogUnavailable(f"Kafka: {error!r}") from error
