"""A member of a group on Kafka, the same for both drivers: the package kafka-python keeps its membership, and `fetching.py` reads.

The package's consumer has every partition paused, so that it fetches none itself.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.cluster import ClusterMetadata
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.abstract import ConsumerProtocolAssignment
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.future import Future
from kafka.structs import OffsetAndMetadata

from shared.eventlog.broker_protocol import Place
from shared.eventlog.fetched_messages import FetchedMessages
from shared.eventlog.fetching import Fetching
from shared.eventlog.groups import Member, round_robin
from shared.eventlog.kafka_member import KafkaMember, MemberEvents
from shared.eventlog.kafka_options import KafkaOptions, needs_regex
from shared.eventlog.kafka_python_client import made, translated
from shared.eventlog.kafka_python_settings import consuming_settings
from shared.eventlog.port import Partition
from shared.eventlog.record_runs import Run

_CLOSE_SECONDS = 5
_REBALANCE_MS = 60
"""A poll during a rebalance takes so long at least: the client asks for metadata in each, and waits `RETRY_MS` in between."""

_POLL_SECONDS = 0.5
"""While nothing happens in the group, the client is polled so often: for its coordinator, answers to commits, and being thought alive."""


def join_group(options: KafkaOptions, member: KafkaMember, *, group: str, topics: Sequence[str]) -> None:
    """Give the member its driver. Raises LogUnavailable if no broker can be reached."""
    with translated():
        member.attach(_Driver(options, member, group=group, topics=topics))


class _Driver:
    """`shared.eventlog.kafka_member.Driver`."""

    def __init__(self, options: KafkaOptions, events: MemberEvents, *, group: str, topics: Sequence[str]) -> None:
        self._options = options
        self._names: dict[Place, Partition] = {}
        self._next_poll = 0.0
        settings = consuming_settings(options, group)
        self._client = made(KafkaConsumer, **settings, partition_assignment_strategy=(_RoundRobin,))
        self._connections = _metric(self._client, "connection-count")
        leaders = _Leaders(self._client._manager.cluster)  # noqa: SLF001
        self._fetching = Fetching(leaders, FetchedMessages().read, options.append_timeout.total_seconds())
        listener = _Listener(self._client, events, self._inner, forget=self._fetching.forget)
        if needs_regex(topics):
            pattern = "|".join(options.topic_regex(topic) for topic in topics)
            self._client.subscribe(pattern=pattern, listener=listener)
        else:
            self._client.subscribe(topics=[options.outer(topic) for topic in topics], listener=listener)

    def fetch(self, wait_seconds: float, max_records: int) -> Sequence[Run]:
        is_rebalancing = self._is_rebalancing()
        if is_rebalancing or time.monotonic() >= self._next_poll:
            with translated():
                self._client.poll(timeout_ms=_REBALANCE_MS if is_rebalancing else 0)
            self._next_poll = time.monotonic() + _POLL_SECONDS
        fetched = self._fetching.fetch(wait_seconds, max_records)
        return [Run(self._inner(place), messages) for place, messages in fetched]

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
        positions: Mapping[Partition, int],  # noqa: ARG002 - what has not changed is read on
        paused: Sequence[Partition],
    ) -> None:
        self._fetching.read_from(
            {self._place(partition): offset for partition, offset in changed.items()}, map(self._place, paused)
        )

    def pause(self, partitions: Sequence[Partition]) -> None:
        self._fetching.pause(map(self._place, partitions))

    def resume(self, partitions: Sequence[Partition]) -> None:
        self._fetching.resume(map(self._place, partitions))

    def end(self, partition: Partition) -> int | None:
        return self._fetching.end(self._place(partition))

    def is_away(self) -> bool:
        return bool(self._connections.value() == 0)

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._client.commit_async(
            {
                TopicPartition(*self._place(partition)): OffsetAndMetadata(offset, "", -1)
                for partition, offset in offsets.items()
            }
        )

    def close(self) -> None:
        self._fetching.close()
        with translated():
            self._client.close(autocommit=False, timeout_ms=_CLOSE_SECONDS * 1000)

    def _place(self, partition: Partition) -> Place:
        return self._options.outer(partition.topic), partition.number

    def _inner(self, place: Place) -> Partition:
        if place not in self._names:
            topic, number = place
            self._names[place] = Partition(self._options.inner(topic) or topic, number)
        return self._names[place]


class _Leaders:
    """`shared.eventlog.fetching.Leaders`, by what the package knows of the cluster; its own thread keeps that current."""

    def __init__(self, cluster: ClusterMetadata) -> None:
        self._cluster = cluster

    def leader(self, place: Place) -> tuple[str, int] | None:
        number = self._cluster.leader_for_partition(TopicPartition(*place))
        broker = None if number is None else self._cluster.broker_metadata(number)
        return None if broker is None else (broker.host, broker.port)

    def refresh(self) -> None:
        self._cluster.request_update()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the package is untyped
    """Called on the client's own thread, while `poll` or `close` waits for it."""

    def __init__(
        self,
        client: KafkaConsumer,
        events: MemberEvents,
        inner: Callable[[TopicPartition], Partition],
        *,
        forget: Callable[[], None],
    ) -> None:
        self._client = client
        self._forget = forget
        self._events = events
        self._inner = inner

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        for partition in assigned:  # paused at a made-up position: nothing is fetched, no committed offset is asked for
            self._client.pause(partition)
            self._client.seek(partition, 0)
        self._events.won(sorted(map(self._inner, assigned)))

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002 - eager: always all
        self._forget()
        self._events.lost()

    def on_partitions_lost(self, lost: set[TopicPartition]) -> None:  # noqa: ARG002 - eager: always all
        self._forget()
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


def _metric(client: KafkaConsumer, name: str) -> Any:
    """One of the client's figures; asked for all of them, it computes for a millisecond."""
    return next(metric for known, metric in client.metrics(raw=True).items() if known.name == name)


def _by_topic(partitions: Sequence[Partition]) -> list[tuple[str, list[int]]]:
    grouped: dict[str, list[int]] = {}
    for partition in partitions:
        grouped.setdefault(partition.topic, []).append(partition.number)
    return sorted(grouped.items())
